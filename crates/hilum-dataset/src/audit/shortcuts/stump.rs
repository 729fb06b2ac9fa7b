//! A small tree on one number, cross-validated.
//!
//! Classes weigh the same however large they are, so a rare class cannot be ignored.

/// How many parts cross-validation leaves out in turn.
const FOLD_COUNT: u128 = 5;
/// A leaf needs this many images.
const LEAST_LEAF: usize = 3;

/// How well one property tells classes apart on images that it was not fitted to.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::audit) struct CrossValidated {
    /// The share of images whose class is named rightly; in `0.0..=1.0`.
    pub(in crate::audit) accuracy: f64,
    /// The mean of the recalls.
    pub(in crate::audit) balanced_accuracy: f64,
    /// Of each class, the share that is named rightly; `None` for a class without images.
    pub(in crate::audit) recalls: Vec<Option<f64>>,
    /// The share of the largest class: what always naming it achieves.
    pub(in crate::audit) majority: f64,
    /// The first cut, fitted to all images.
    pub(in crate::audit) threshold: f64,
}

impl CrossValidated {
    /// Balanced accuracy, 0 being a guess and 1 always right.
    pub(in crate::audit) fn skill(&self) -> f64 {
        let chance = 1.0 / self.recalls.iter().flatten().count() as f64;
        (self.balanced_accuracy - chance) / (1.0 - chance)
    }
}

/// Fits a tree of `depth` cuts in a row to four fifths and asks it for the last, five times.
///
/// All images of one of `pictures` are in one fold. `None` if the values are all the same.
pub(in crate::audit) fn cross_validate(
    values: &[f64],
    classes: &[usize],
    class_count: usize,
    pictures: &[u128],
    depth: usize,
) -> Option<CrossValidated> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let fit = |fold: Option<u128>| {
        let rows: Vec<(f64, usize)> = order
            .iter()
            .filter(|row| fold != Some(pictures[**row] % FOLD_COUNT))
            .map(|row| (values[*row], classes[*row]))
            .collect();
        Tree::fit(&rows, class_count, depth)
    };
    let Tree::Cut { threshold, .. } = fit(None) else {
        return None;
    };
    let (mut right, mut counts) = (vec![0_usize; class_count], vec![0_usize; class_count]);
    for fold in 0..FOLD_COUNT {
        let tree = fit(Some(fold));
        for row in (0..values.len()).filter(|row| pictures[*row] % FOLD_COUNT == fold) {
            counts[classes[row]] += 1;
            right[classes[row]] += usize::from(tree.class_of(values[row]) == classes[row]);
        }
    }
    let recalls: Vec<Option<f64>> = right
        .iter()
        .zip(&counts)
        .map(|(right, count)| (*count > 0).then(|| *right as f64 / *count as f64))
        .collect();
    let present = recalls.iter().flatten().count() as f64;
    let total = values.len() as f64;
    Some(CrossValidated {
        accuracy: right.iter().sum::<usize>() as f64 / total,
        balanced_accuracy: recalls.iter().flatten().sum::<f64>() / present,
        majority: counts.iter().copied().max().unwrap_or(0) as f64 / total,
        recalls,
        threshold,
    })
}

/// Cuts of one number, chosen to lower the Gini impurity (Breiman et al., 1984).
#[derive(Debug)]
enum Tree {
    Leaf(usize),
    Cut {
        /// Below goes left.
        threshold: f64,
        left: Box<Tree>,
        right: Box<Tree>,
    },
}

impl Tree {
    /// `rows` are sorted by value.
    fn fit(rows: &[(f64, usize)], class_count: usize, depth: usize) -> Self {
        let mut weights = vec![0.0; class_count];
        for (_, class) in rows {
            weights[*class] += 1.0;
        }
        for weight in &mut weights {
            *weight = if *weight > 0.0 { 1.0 / *weight } else { 0.0 };
        }
        Self::grow(rows, &weights, depth)
    }

    fn grow(rows: &[(f64, usize)], weights: &[f64], depth: usize) -> Self {
        match best_cut(rows, weights).filter(|_| depth > 0) {
            Some(place) => Self::Cut {
                threshold: f64::midpoint(rows[place - 1].0, rows[place].0),
                left: Box::new(Self::grow(&rows[..place], weights, depth - 1)),
                right: Box::new(Self::grow(&rows[place..], weights, depth - 1)),
            },
            None => Self::Leaf(heaviest(rows, weights)),
        }
    }

    fn class_of(&self, value: f64) -> usize {
        match self {
            Self::Leaf(class) => *class,
            Self::Cut {
                threshold,
                left,
                right,
            } => {
                if value < *threshold {
                    left.class_of(value)
                } else {
                    right.class_of(value)
                }
            }
        }
    }
}

fn masses(rows: &[(f64, usize)], weights: &[f64]) -> Vec<f64> {
    let mut masses = vec![0.0; weights.len()];
    for (_, class) in rows {
        masses[*class] += weights[*class];
    }
    masses
}

fn heaviest(rows: &[(f64, usize)], weights: &[f64]) -> usize {
    let masses = masses(rows, weights);
    (0..masses.len())
        .max_by(|a, b| masses[*a].total_cmp(&masses[*b]).then(b.cmp(a)))
        .unwrap_or(0)
}

/// Where `rows` fall apart best; `None` if no cut lowers the impurity.
fn best_cut(rows: &[(f64, usize)], weights: &[f64]) -> Option<usize> {
    let total = masses(rows, weights);
    let mut left = vec![0.0; weights.len()];
    let purity = |masses: &[f64]| -> f64 {
        let sum: f64 = masses.iter().sum();
        let squares: f64 = masses.iter().map(|mass| mass * mass).sum();
        if sum > 0.0 { squares / sum } else { 0.0 }
    };
    let mut best = (purity(&total) + 1e-9, None);
    for place in 1..rows.len() {
        let (_, class) = rows[place - 1];
        left[class] += weights[class];
        let is_edge = rows[place - 1].0 < rows[place].0;
        if !is_edge || place < LEAST_LEAF || rows.len() - place < LEAST_LEAF {
            continue;
        }
        let right: Vec<f64> = total
            .iter()
            .zip(&left)
            .map(|(all, left)| all - left)
            .collect();
        let score = purity(&left) + purity(&right);
        if score > best.0 {
            best = (score, Some(place));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(
        values: &[f64],
        classes: &[usize],
        class_count: usize,
        depth: usize,
    ) -> CrossValidated {
        let pictures: Vec<u128> = (0..values.len() as u128).collect();
        cross_validate(values, classes, class_count, &pictures, depth).unwrap()
    }

    #[test]
    fn a_clean_threshold_is_found_and_is_always_right() {
        let classes: Vec<usize> = (0..60).map(|row| usize::from(row >= 20)).collect();
        let values: Vec<f64> = (0..60).map(|row| f64::from(row + row / 20 * 100)).collect();
        let scores = scores(&values, &classes, 2, 1);
        assert_eq!((scores.accuracy, scores.skill()), (1.0, 1.0));
        // Between 19 and 120.
        assert_eq!(scores.threshold, 69.5);
        assert!((scores.majority - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn one_threshold_cannot_tell_a_middle_class_and_a_tree_can() {
        let values: Vec<f64> = (0..90).map(|row| f64::from(row + row / 30 * 100)).collect();
        let classes: Vec<usize> = (0..90).map(|row| row / 30).collect();
        assert_eq!(scores(&values, &classes, 3, 3).accuracy, 1.0);
        assert!(scores(&values, &classes, 3, 1).accuracy < 0.7);
    }

    #[test]
    fn a_property_without_a_connection_has_no_skill() {
        // Multiplication by 7 modulo 101 scatters the rows over both classes.
        let values: Vec<f64> = (0..100).map(|row| f64::from(row * 7 % 101)).collect();
        let classes: Vec<usize> = (0..100).map(|row| row % 2).collect();
        assert!(scores(&values, &classes, 2, 1).skill() < 0.3);
        let constant = vec![1.0; 100];
        let pictures: Vec<u128> = (0..100).collect();
        assert_eq!(cross_validate(&constant, &classes, 2, &pictures, 1), None);
    }

    #[test]
    fn copies_do_not_help_to_remember() {
        // Ten pictures of random class, ten copies of each: no rule, but much to remember.
        let picture = |row: usize| row / 10;
        let values: Vec<f64> = (0..100).map(|row| picture(row) as f64).collect();
        let classes: Vec<usize> = (0..100).map(|row| picture(row) % 2).collect();
        let pictures: Vec<u128> = (0..100).map(|row| picture(row) as u128).collect();
        let scores = cross_validate(&values, &classes, 2, &pictures, 3).unwrap();
        assert!(scores.accuracy < 0.7, "{scores:?}");
    }
}
