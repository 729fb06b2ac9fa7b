//! What trees say of slices that they were not grown on.

use std::collections::BTreeMap;

use super::forest::Forest;
use super::table::Table;

/// How many parts are left out in turn.
const FOLD_COUNT: usize = 5;

/// The votes for every row, by trees that knew no row of its group.
pub(in crate::audit) struct HeldOut {
    /// In which part each row was left out.
    pub(super) folds: Vec<usize>,
    /// The share of each class, by row.
    pub(in crate::audit) votes: Vec<Vec<f64>>,
    /// How much each cell of the table has told; cell and gain.
    pub(in crate::audit) gains: Vec<(usize, f64)>,
}

impl HeldOut {
    /// Grows trees on four fifths of the groups and asks them for the last, five times.
    pub(in crate::audit) fn new(
        table: &Table,
        groups: &[usize],
        classes: &[usize],
        class_count: usize,
    ) -> Self {
        let folds = deal(groups, classes);
        let mut votes = vec![Vec::new(); table.row_count];
        let mut gains: BTreeMap<usize, f64> = BTreeMap::new();
        for fold in 0..FOLD_COUNT {
            let (asked, known): (Vec<usize>, Vec<usize>) =
                (0..table.row_count).partition(|row| folds[*row] == fold);
            let forest = Forest::fit(table, &known, classes, class_count, fold as u64);
            for row in asked {
                votes[row] = forest.votes(table, row);
            }
            for (column, gain) in forest.gains() {
                *gains.entry(table.columns[column].cell).or_default() += gain;
            }
        }
        Self {
            folds,
            votes,
            gains: gains.into_iter().collect(),
        }
    }

    /// The class of the most votes.
    pub(in crate::audit) fn predicted(&self, row: usize) -> usize {
        let votes = &self.votes[row];
        let by_votes = |a: &usize, b: &usize| votes[*a].total_cmp(&votes[*b]).then(b.cmp(a));
        (0..votes.len()).max_by(by_votes).unwrap_or(0)
    }
}

/// Deals groups to folds, whole, large ones first, each to where its class has had the least.
fn deal(groups: &[usize], classes: &[usize]) -> Vec<usize> {
    let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate() {
        rows_of.entry(*group).or_default().push(row);
    }
    let mut whole: Vec<Vec<usize>> = rows_of.into_values().collect();
    whole.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
    let mut folds = vec![0; groups.len()];
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut totals = [0_usize; FOLD_COUNT];
    for rows in whole {
        let class = classes[rows[0]];
        let had = |fold: usize| counts.get(&(fold, class)).copied().unwrap_or(0);
        let least = (0..FOLD_COUNT).min_by_key(|fold| (had(*fold), totals[*fold]));
        let fold = least.expect("there are folds");
        for row in &rows {
            folds[*row] = fold;
            *counts.entry((fold, classes[*row])).or_default() += 1;
        }
        totals[fold] += rows.len();
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_stay_whole_and_classes_are_spread() {
        // 30 groups of one to three rows, three classes.
        let groups: Vec<usize> = (0..30_usize)
            .flat_map(|group| vec![group; 1 + group % 3])
            .collect();
        let classes: Vec<usize> = groups.iter().map(|group| group / 10).collect();
        let folds = deal(&groups, &classes);
        let count = |fold: usize, class: usize| {
            let rows = 0..groups.len();
            rows.filter(|row| folds[*row] == fold && classes[*row] == class)
                .count()
        };
        for (row, group) in groups.iter().enumerate() {
            let first = groups.iter().position(|one| one == group);
            assert_eq!(folds[row], folds[first.unwrap()]);
        }
        for class in 0..3 {
            // About 20 rows a class, four a fold.
            assert!((0..5).all(|fold| (3..=5).contains(&count(fold, class))));
        }
    }
}
