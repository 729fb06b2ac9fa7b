//! Within what limits the accuracies of two models differ.

use std::collections::BTreeMap;

use crate::paired_counts::PairedCounts;

/// Halvings of an interval of length 2: to the last bit of a `f64` near 0.
const HALVINGS: usize = 80;

/// The ends of the interval of the first model's accuracy less the second's, of which `level` of
/// such intervals hold the true difference. `None` without slices.
///
/// Tango's score interval (Equivalence test and confidence interval for the difference in
/// proportions for the paired-sample design, Statistics in Medicine 17, 1998): unlike a bootstrap
/// it has a width even where no slice parts the two.
///
/// `design_effect` says how many slices count for one, at least 1 (see [`design_effect`]); counts
/// are divided by it (Rao, Scott, A simple method for the analysis of clustered binary data,
/// Biometrics 48, 1992).
///
/// # Panics
/// If `level` is not inside `0.0..1.0`, or the design effect below 1.
pub fn accuracy_interval(
    counts: &PairedCounts,
    design_effect: f64,
    level: f64,
) -> Option<(f64, f64)> {
    assert!(level > 0.0 && level < 1.0, "a level between 0 and 1");
    assert!(design_effect >= 1.0, "slices count for no more than one");
    if counts.count() == 0 {
        return None;
    }
    let score = Score {
        only_first: counts.only_first as f64 / design_effect,
        only_second: counts.only_second as f64 / design_effect,
        count: counts.count() as f64 / design_effect,
    };
    let limit = normal_quantile(f64::midpoint(level, 1.0));
    let middle = score.difference();
    // The score falls from one end of the range to the other.
    let low = crossing(-1.0, middle, |difference| score.at(difference) > limit);
    let high = crossing(middle, 1.0, |difference| score.at(difference) > -limit);
    Some((low, high))
}

struct Score {
    only_first: f64,
    only_second: f64,
    count: f64,
}

impl Score {
    fn difference(&self) -> f64 {
        (self.only_first - self.only_second) / self.count
    }

    /// Standard deviations between what was found and a true `difference`.
    fn at(&self, difference: f64) -> f64 {
        let Self {
            only_first,
            only_second,
            count,
        } = self;
        // The share of slices that the second alone calls right, most likely under `difference`.
        let a = 2.0 * count;
        let b = (2.0 * count - only_first + only_second) * difference - only_first - only_second;
        let c = -only_second * difference * (1.0 - difference);
        let share = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
        let variance = (2.0 * share + difference * (1.0 - difference)).max(0.0) / count;
        let distance = self.difference() - difference;
        if distance == 0.0 {
            0.0
        } else {
            distance / variance.sqrt()
        }
    }
}

/// Where `is_before` ends between `low` and `high`.
fn crossing(mut low: f64, mut high: f64, is_before: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if is_before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// By how much the variance of the difference in accuracy is larger with groups than if all slices
/// were independent; never below 1.
///
/// The variance of a ratio over groups (Rao, Scott, 1992) by that of paired proportions. Where the
/// models part on no slice there is no variance to go by: then it is what it would be if the slices
/// of a group were all alike.
///
/// # Panics
/// If the slices differ in number.
pub fn design_effect(first: &[bool], second: &[bool], groups: &[usize]) -> f64 {
    let differences = first.iter().zip(second);
    let differences: Vec<f64> = differences
        .map(|(first, second)| f64::from(*first) - f64::from(*second))
        .collect();
    assert_eq!(differences.len(), groups.len(), "every slice has a group");
    // The sum of differences and the slices of each group.
    let mut tallies: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (difference, group) in differences.iter().zip(groups) {
        let tally = tallies.entry(*group).or_default();
        tally.0 += difference;
        tally.1 += 1.0;
    }
    let count = differences.len() as f64;
    let group_count = tallies.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let alone: f64 = differences.iter().map(|one| (one - mean).powi(2)).sum();
    if alone == 0.0 {
        let squares: f64 = tallies.values().map(|(_, size)| size * size).sum();
        return (squares / count).max(1.0);
    }
    if group_count < 2.0 {
        return count;
    }
    let whole: f64 = tallies
        .values()
        .map(|(sum, size)| (sum - size * mean).powi(2))
        .sum();
    let few = group_count / (group_count - 1.0);
    (few * whole / alone).clamp(1.0, count)
}

/// The value below which a standard normal variable lies with `chance`, above one half.
fn normal_quantile(chance: f64) -> f64 {
    let above = |value: f64| libm::erfc(value / std::f64::consts::SQRT_2) / 2.0;
    crossing(0.0, 40.0, |value| above(value) > 1.0 - chance)
}
