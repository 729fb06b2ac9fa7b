//! How ill the truth fits held-out slices, as it travels in a model file.

use hilum_core::ClassIndex;
use serde::{Deserialize, Serialize};

use super::sets::SetMethod;
use crate::calibration::Scaling;
use crate::held_out::HeldOut;

/// So many scores of a class are kept at most; more are thinned to as many quantiles.
const MOST_KEPT: usize = 1000;

/// The scores of the truth of held-out slices, from which sets of any coverage can be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConformalScores {
    /// Of [`SetMethod::Lac`], class by class.
    pub lac: Vec<ClassScores>,
    /// Of [`SetMethod::Aps`], class by class.
    pub aps: Vec<ClassScores>,
}

/// The scores of held-out slices of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// How many slices there were.
    pub slices: usize,
    /// How many groups they were of.
    pub groups: usize,
    /// Their scores, rising: all of them, or as many quantiles as are kept.
    pub scores: Vec<f64>,
}

impl ConformalScores {
    /// The scores that the truth of `held_out` has under `scaling`.
    pub fn of(held_out: &HeldOut, scaling: &Scaling) -> Self {
        let by = |method: SetMethod| -> Vec<ClassScores> {
            let classes = (0..held_out.class_count()).map(ClassIndex::new);
            classes
                .map(|class| ClassScores::of(held_out, scaling, method, class))
                .collect()
        };
        Self {
            lac: by(SetMethod::Lac),
            aps: by(SetMethod::Aps),
        }
    }

    /// Those of a method.
    pub fn by(&self, method: SetMethod) -> &[ClassScores] {
        match method {
            SetMethod::Lac => &self.lac,
            SetMethod::Aps => &self.aps,
        }
    }

    /// Whether they can stand in a model of `class_count` classes: a damaged file could say
    /// anything.
    pub fn fit(&self, class_count: usize) -> bool {
        let fit = |classes: &[ClassScores]| {
            classes.len() == class_count && classes.iter().all(ClassScores::is_sound)
        };
        fit(&self.lac) && fit(&self.aps)
    }
}

impl ClassScores {
    fn of(held_out: &HeldOut, scaling: &Scaling, method: SetMethod, class: ClassIndex) -> Self {
        let slices = held_out.slices().iter();
        let own: Vec<_> = slices.filter(|slice| slice.truth == class).collect();
        let mut groups: Vec<usize> = own.iter().map(|slice| slice.group).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut scores: Vec<f64> = own
            .iter()
            .map(|slice| {
                let probabilities = scaling.probabilities_of_wide(&slice.logits);
                method.score(&probabilities, class)
            })
            .collect();
        scores.sort_by(f64::total_cmp);
        Self {
            slices: own.len(),
            groups: groups.len(),
            scores: thinned(scores),
        }
    }

    /// How many slices the kept score at `index`, and those before it, stand for.
    pub(super) fn rank(&self, index: usize) -> usize {
        rank(index, self.slices, self.scores.len())
    }

    fn is_sound(&self) -> bool {
        let are_finite = self.scores.iter().all(|score| score.is_finite());
        are_finite
            && self.scores.is_sorted()
            && self.groups <= self.slices
            && self.scores.len() <= self.slices
            && self.scores.is_empty() == (self.slices == 0)
    }
}

/// Of `count` values that were thinned to `kept`, how many the one at `index` and those before it
/// stand for: no fewer than they are, so that a quantile is never too low.
fn rank(index: usize, count: usize, kept: usize) -> usize {
    ((index + 1) * count).div_ceil(kept)
}

fn thinned(sorted: Vec<f64>) -> Vec<f64> {
    let count = sorted.len();
    if count <= MOST_KEPT {
        return sorted;
    }
    let kept = 0..MOST_KEPT;
    kept.map(|index| sorted[rank(index, count, MOST_KEPT) - 1])
        .collect()
}

/// The least of the pooled scores of `classes` that `rank` of their slices do not exceed; `None` if
/// that is more than there are.
pub(super) fn pooled_quantile(classes: &[&ClassScores], rank: f64) -> Option<f64> {
    let mut pooled: Vec<(f64, usize)> = Vec::new();
    for class in classes {
        let mut before = 0;
        for (index, score) in class.scores.iter().enumerate() {
            let reached = class.rank(index);
            pooled.push((*score, reached - before));
            before = reached;
        }
    }
    pooled.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut reached = 0;
    let found = pooled.into_iter().find(|(_, slices)| {
        reached += slices;
        // A product such as 0.9 * 10 is 9, whatever it rounds to.
        reached as f64 >= rank - 1e-9
    });
    found.map(|(score, _)| score)
}
