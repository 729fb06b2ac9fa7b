//! Whether one of two models is right more often, by the slices on which they part.

use std::collections::BTreeMap;

use crate::paired_counts::PairedCounts;

/// Whole groups can be swapped exactly up to so many steps of arithmetic; about a second.
const MOST_STEPS: u64 = 1 << 30;

/// The p-value of McNemar's exact test, two-sided: how often two models of equal accuracy part as
/// unevenly on as many slices.
///
/// Twice the tail of the binomial distribution with probability one half, at most 1 (McNemar, Note
/// on the sampling error of the difference between correlated proportions, Psychometrika 12, 1947).
/// Same as statsmodels' `mcnemar(exact=True)`.
///
/// Holds where slices are independent; [`group_swap`] does not ask that.
pub fn mcnemar(counts: &PairedCounts) -> f64 {
    let count = counts.discordant();
    let smaller = counts.only_first.min(counts.only_second);
    // ln of C(count, smaller) / 2^count, and from there down to 0.
    let mut term = -(count as f64) * std::f64::consts::LN_2;
    for k in 0..smaller {
        term += ((count - k) as f64).ln() - ((k + 1) as f64).ln();
    }
    let mut tail = 0.0;
    for k in (0..=smaller).rev() {
        tail += term.exp();
        term += (k as f64).ln() - ((count - k + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

/// The same where slices of one group are no independent witnesses: how often groups whose models
/// are swapped, each by the toss of a coin, are as uneven in all.
///
/// `differences` holds a number a group: the slices that the first model alone calls right, less
/// those that the second alone does. Every swap is counted, none is drawn, so the value is exact
/// for any number of groups (Fisher's randomisation of pairs, The design of experiments, 1935,
/// section 21, with groups as pairs). Where every group has one slice it is [`mcnemar`].
///
/// `None` if there are too many groups with too many slices to count.
pub fn group_swap(differences: &[i64]) -> Option<f64> {
    let sizes: Vec<u64> = differences
        .iter()
        .map(|difference| difference.unsigned_abs())
        .filter(|size| *size > 0)
        .collect();
    let observed = differences.iter().sum::<i64>().unsigned_abs();
    if sizes.iter().all(|size| *size == 1) {
        let only_first = u64::midpoint(sizes.len() as u64, observed);
        let only_second = sizes.len() as u64 - only_first;
        return Some(mcnemar(&PairedCounts {
            only_first,
            only_second,
            ..PairedCounts::default()
        }));
    }
    let total: u64 = sizes.iter().sum();
    let steps = total.checked_mul(sizes.len() as u64)?;
    if steps > MOST_STEPS {
        return None;
    }
    // How likely the sum of signed sizes is; at `reach + sum`.
    let mut likely = vec![1.0];
    for size in sizes {
        let size = usize::try_from(size).ok()?;
        let mut next = vec![0.0; likely.len() + 2 * size];
        for (at, chance) in likely.iter().enumerate() {
            next[at] += chance / 2.0;
            next[at + 2 * size] += chance / 2.0;
        }
        likely = next;
    }
    let reach = likely.len() as u64 / 2;
    let is_as_uneven = |at: usize| (at as u64).abs_diff(reach) >= observed;
    let chances = likely.iter().enumerate();
    let tail: f64 = chances
        .filter(|(at, _)| is_as_uneven(*at))
        .map(|(_, chance)| chance)
        .sum();
    Some(tail.min(1.0))
}

/// For [`group_swap`]: a number a group, from what is right by slice and the number of each slice's
/// group.
///
/// # Panics
/// If they differ in length.
pub fn group_differences(first: &[bool], second: &[bool], groups: &[usize]) -> Vec<i64> {
    assert_eq!(first.len(), second.len(), "the same slices");
    assert_eq!(first.len(), groups.len(), "every slice has a group");
    let mut differences: BTreeMap<usize, i64> = BTreeMap::new();
    for ((first, second), group) in first.iter().zip(second).zip(groups) {
        *differences.entry(*group).or_default() += i64::from(*first) - i64::from(*second);
    }
    differences.into_values().collect()
}
