//! Extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006), with classes
//! that weigh the same however large they are.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::table::Table;

/// Trees that vote.
const TREE_COUNT: u64 = 64;
/// Columns that are tried for each cut.
const CANDIDATE_COUNT: usize = 16;
/// A leaf needs this many rows.
const LEAST_LEAF: usize = 2;
/// Cuts in a row, so that no data makes a tree that is as deep as it is long.
const MOST_CUTS: usize = 32;

/// Trees that were grown on some rows of a table.
pub(super) struct Forest {
    trees: Vec<Tree>,
}

impl Forest {
    /// Grows trees on `rows`, of which `classes` (of all rows of the table) are known.
    pub(super) fn fit(
        table: &Table,
        rows: &[usize],
        classes: &[usize],
        class_count: usize,
        seed: u64,
    ) -> Self {
        let mut counts = vec![0.0_f64; class_count];
        for row in rows {
            counts[classes[*row]] += 1.0;
        }
        let weights: Vec<f64> = counts.iter().map(|count| 1.0 / count.max(1.0)).collect();
        let grow = |tree: u64| {
            let mut growth = Growth {
                table,
                classes,
                weights: &weights,
                random: ChaCha8Rng::seed_from_u64(seed * TREE_COUNT + tree),
                order: (0..table.columns.len()).collect(),
                tree: Tree::default(),
            };
            growth.grow(&mut rows.to_vec(), MOST_CUTS);
            growth.tree
        };
        Self {
            trees: (0..TREE_COUNT).into_par_iter().map(grow).collect(),
        }
    }

    /// What share of the trees' votes each class gets for a row.
    pub(super) fn votes(&self, table: &Table, row: usize) -> Vec<f64> {
        let mut votes: Vec<f64> = Vec::new();
        for tree in &self.trees {
            let leaf = tree.leaf(table, row);
            votes.resize(leaf.len(), 0.0);
            for (vote, share) in votes.iter_mut().zip(leaf) {
                *vote += share / self.trees.len() as f64;
            }
        }
        votes
    }

    /// How much purer each column's cuts have made the trees; column and gain.
    pub(super) fn gains(&self) -> impl Iterator<Item = (usize, f64)> {
        self.trees
            .iter()
            .flat_map(|tree| tree.gains.iter().copied())
    }
}

#[derive(Default)]
struct Tree {
    /// The first is the root.
    nodes: Vec<Node>,
    gains: Vec<(usize, f64)>,
}

enum Node {
    /// The share of each class.
    Leaf(Vec<f64>),
    Cut {
        column: usize,
        /// Below goes left.
        threshold: f32,
        left: usize,
        right: usize,
    },
}

impl Tree {
    fn leaf(&self, table: &Table, row: usize) -> &[f64] {
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Node::Leaf(shares) => return shares,
                Node::Cut {
                    column,
                    threshold,
                    left,
                    right,
                } => {
                    let is_left = table.columns[*column].values[row] < *threshold;
                    at = if is_left { *left } else { *right };
                }
            }
        }
    }
}

struct Cut {
    column: usize,
    threshold: f32,
    gain: f64,
}

/// A tree while it grows.
struct Growth<'table> {
    table: &'table Table,
    classes: &'table [usize],
    weights: &'table [f64],
    random: ChaCha8Rng,
    /// The columns, in the order in which they were last drawn.
    order: Vec<usize>,
    tree: Tree,
}

impl Growth<'_> {
    /// Grows a node for `rows`, and returns its place.
    fn grow(&mut self, rows: &mut [usize], cuts_left: usize) -> usize {
        let masses = self.masses(rows);
        let place = self.tree.nodes.len();
        let cut = (cuts_left > 0)
            .then(|| self.best_cut(rows, &masses))
            .flatten();
        let mass: f64 = masses.iter().sum();
        let shares = masses.iter().map(|of_class| of_class / mass).collect();
        self.tree.nodes.push(Node::Leaf(shares));
        let Some(Cut {
            column,
            threshold,
            gain,
        }) = cut
        else {
            return place;
        };
        self.tree.gains.push((column, gain));
        let values = &self.table.columns[column].values;
        rows.sort_by_key(|row| values[*row] >= threshold);
        let middle = rows.partition_point(|row| values[*row] < threshold);
        let (below, above) = rows.split_at_mut(middle);
        let left = self.grow(below, cuts_left - 1);
        let right = self.grow(above, cuts_left - 1);
        self.tree.nodes[place] = Node::Cut {
            column,
            threshold,
            left,
            right,
        };
        place
    }

    fn masses(&self, rows: &[usize]) -> Vec<f64> {
        let mut masses = vec![0.0; self.weights.len()];
        for row in rows {
            let class = self.classes[*row];
            masses[class] += self.weights[class];
        }
        masses
    }

    /// The best of some cuts at random, by the Gini impurity; `None` if none helps.
    fn best_cut(&mut self, rows: &[usize], masses: &[f64]) -> Option<Cut> {
        let is_pure = masses.iter().filter(|mass| **mass > 0.0).count() < 2;
        if is_pure || rows.len() < 2 * LEAST_LEAF {
            return None;
        }
        let whole = purity(masses.iter().copied());
        let mut best: Option<Cut> = None;
        let mut below = vec![0.0; masses.len()];
        let (mut tried, count) = (0, self.order.len());
        for drawn in 0..count {
            if tried == CANDIDATE_COUNT {
                break;
            }
            self.order
                .swap(drawn, self.random.random_range(drawn..count));
            let column = self.order[drawn];
            let values = &self.table.columns[column].values;
            let (least, most) = range(values, rows);
            if least >= most {
                continue;
            }
            tried += 1;
            let threshold = least + (most - least) * self.random.random::<f32>();
            let below_count = self.masses_below(values, threshold, rows, &mut below);
            if below_count < LEAST_LEAF || rows.len() - below_count < LEAST_LEAF {
                continue;
            }
            let above = masses.iter().zip(&below).map(|(all, below)| all - below);
            let gain = purity(below.iter().copied()) + purity(above) - whole;
            if gain > best.as_ref().map_or(1e-9, |best| best.gain) {
                best = Some(Cut {
                    column,
                    threshold,
                    gain,
                });
            }
        }
        best
    }

    /// Writes the masses of the rows below `threshold`, and returns how many these are.
    fn masses_below(
        &self,
        values: &[f32],
        threshold: f32,
        rows: &[usize],
        masses: &mut [f64],
    ) -> usize {
        masses.fill(0.0);
        let mut count = 0;
        for row in rows.iter().filter(|row| values[**row] < threshold) {
            let class = self.classes[*row];
            masses[class] += self.weights[class];
            count += 1;
        }
        count
    }
}

fn range(values: &[f32], rows: &[usize]) -> (f32, f32) {
    let ends = (f32::INFINITY, f32::NEG_INFINITY);
    rows.iter().fold(ends, |(least, most), row| {
        (least.min(values[*row]), most.max(values[*row]))
    })
}

/// The mass, less its Gini impurity.
fn purity(masses: impl Iterator<Item = f64> + Clone) -> f64 {
    let sum: f64 = masses.clone().sum();
    let squares: f64 = masses.map(|mass| mass * mass).sum();
    if sum > 0.0 { squares / sum } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::table::Column;
    use super::*;

    /// Forty columns of numbers without meaning, and one that says whether a row is odd.
    fn table(row_count: usize) -> Table {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut columns: Vec<Column> = (0..40)
            .map(|cell| Column {
                cell,
                values: (0..row_count).map(|_| random.random()).collect(),
            })
            .collect();
        columns.push(Column {
            cell: 40,
            values: (0..row_count).map(|row| (row % 2) as f32).collect(),
        });
        Table { row_count, columns }
    }

    #[test]
    fn one_telling_column_among_many_is_found() {
        let table = table(80);
        let classes: Vec<usize> = (0..80).map(|row| row % 2).collect();
        let rows: Vec<usize> = (0..60).collect();
        let forest = Forest::fit(&table, &rows, &classes, 2, 0);
        for row in 60..80 {
            let votes = forest.votes(&table, row);
            assert!((votes.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(votes[classes[row]] > 0.6, "{votes:?}");
        }
        let of = |wanted| -> f64 {
            let gains = forest.gains().filter(|(column, _)| *column == wanted);
            gains.map(|(_, gain)| gain).sum()
        };
        assert!((0..40).all(|column| of(40) > 5.0 * of(column)));
    }

    /// By hand: where three quarters of the rare class and a third of the common one stand, the
    /// rare one has 3/4 of 3/4 + 1/3, though four of five rows are common.
    #[test]
    fn a_rare_class_weighs_as_much_as_a_common_one() {
        let classes: Vec<usize> = (0..400).map(|row| usize::from(row < 40)).collect();
        let is_there = |row: usize| row < 30 || (40..160).contains(&row);
        let values = (0..400).map(|row| f32::from(u8::from(is_there(row))));
        let table = Table {
            row_count: 400,
            columns: vec![Column {
                cell: 0,
                values: values.collect(),
            }],
        };
        let rows: Vec<usize> = (0..400).collect();
        let votes = Forest::fit(&table, &rows, &classes, 2, 0).votes(&table, 0);
        assert!((votes[1] - 9.0 / 13.0).abs() < 1e-9, "{votes:?}");
    }

    #[test]
    fn the_same_seed_grows_the_same_trees() {
        let table = table(40);
        let classes: Vec<usize> = (0..40).map(|row| row / 3 % 2).collect();
        let rows: Vec<usize> = (0..30).collect();
        let votes = |seed| Forest::fit(&table, &rows, &classes, 2, seed).votes(&table, 35);
        assert_eq!(votes(3), votes(3));
        assert_ne!(votes(3), votes(4));
    }
}
