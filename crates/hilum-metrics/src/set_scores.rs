//! How often sets of classes hold the truth, and how large they are.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, ClassName, Classes};
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Interval};

/// Sets of classes, judged: whether they hold the truth as often as they say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetScores {
    /// How often they are to hold it.
    pub asked: f64,
    /// How often they do; `None` without slices.
    pub coverage: Option<f64>,
    /// What chance does to that.
    pub interval: Option<Interval>,
    /// How many classes a set has in the mean.
    pub mean_size: Option<f64>,
    /// How many sets are empty: no class is as likely as those of the slices that the model was
    /// calibrated on.
    pub empty: usize,
    /// How often they hold the truth if the most likely class stands in for an empty one.
    pub coverage_filled: Option<f64>,
    /// How many slices were judged.
    pub count: usize,
    /// The same of the slices of each class.
    pub per_class: BTreeMap<ClassName, SetScoresOfClass>,
}

/// Sets of the slices of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetScoresOfClass {
    /// How often they hold it; `None` without slices.
    pub coverage: Option<f64>,
    /// How many classes a set has in the mean.
    pub mean_size: Option<f64>,
    /// How many slices are of the class.
    pub support: usize,
}

/// A slice and the set that a model gives for it.
#[derive(Debug, Clone, Copy)]
pub struct JudgedSet<'a> {
    /// What the slice is.
    pub truth: ClassIndex,
    /// The set, in any order.
    pub set: &'a [ClassIndex],
    /// What the model takes the slice for.
    pub most_likely: ClassIndex,
}

impl JudgedSet<'_> {
    fn holds_truth(&self) -> bool {
        self.set.contains(&self.truth)
    }
}

impl SetScores {
    /// Judges sets that are to hold the truth in `asked` of the slices; intervals come from
    /// drawing whole groups, whose numbers `groups` gives, a slice each.
    ///
    /// # Panics
    /// If there is not one group a slice.
    pub fn compute(
        classes: &Classes,
        slices: &[JudgedSet<'_>],
        groups: &[usize],
        asked: f64,
        bootstrap: &Bootstrap,
    ) -> Self {
        let of_class = |class: ClassIndex| {
            let own: Vec<_> = slices.iter().filter(|one| one.truth == class).collect();
            let scores = SetScoresOfClass {
                coverage: share(own.iter().map(|one| one.holds_truth())),
                mean_size: mean_size(own.iter().map(|one| one.set)),
                support: own.len(),
            };
            (classes.name(class).clone(), scores)
        };
        let holds: Vec<bool> = slices.iter().map(JudgedSet::holds_truth).collect();
        let filled = slices.iter().map(|one| {
            let is_filled = one.set.is_empty() && one.most_likely == one.truth;
            one.holds_truth() || is_filled
        });
        Self {
            asked,
            coverage: share(holds.iter().copied()),
            interval: bootstrap.interval_of_share(&holds, groups),
            mean_size: mean_size(slices.iter().map(|one| one.set)),
            empty: slices.iter().filter(|one| one.set.is_empty()).count(),
            coverage_filled: share(filled),
            count: slices.len(),
            per_class: classes.indices().map(of_class).collect(),
        }
    }
}

fn share(holds: impl ExactSizeIterator<Item = bool>) -> Option<f64> {
    let count = holds.len();
    let held = holds.filter(|holds| *holds).count();
    (count > 0).then(|| held as f64 / count as f64)
}

fn mean_size<'a>(sets: impl ExactSizeIterator<Item = &'a [ClassIndex]>) -> Option<f64> {
    let count = sets.len();
    let sum: usize = sets.map(<[ClassIndex]>::len).sum();
    (count > 0).then(|| sum as f64 / count as f64)
}

/// How often the answer is "I don't know".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Abstained {
    /// How many slices have no answer.
    pub count: usize,
    /// Of all slices; `None` without any.
    pub share: Option<f64>,
    /// How many for each reason.
    pub by_reason: BTreeMap<String, usize>,
    /// The accuracy on the slices that have an answer; `None` if there are none.
    pub accuracy_of_answered: Option<f64>,
}

impl Abstained {
    /// Of slices that are called right or not, each with the reason why it has no answer.
    pub fn compute<'a>(slices: impl IntoIterator<Item = (bool, Option<&'a str>)>) -> Self {
        let mut by_reason: BTreeMap<String, usize> = BTreeMap::new();
        let (mut all, mut answered, mut right) = (0_usize, 0_usize, 0_usize);
        for (is_right, reason) in slices {
            all += 1;
            if let Some(reason) = reason {
                *by_reason.entry(reason.to_owned()).or_default() += 1;
            } else {
                answered += 1;
                right += usize::from(is_right);
            }
        }
        let count = all - answered;
        Self {
            count,
            share: (all > 0).then(|| count as f64 / all as f64),
            by_reason,
            accuracy_of_answered: (answered > 0).then(|| right as f64 / answered as f64),
        }
    }
}
