//! Whether new slices look as if they could stand among the held-out ones: what coverage and
//! calibration rest on.

mod cramer_von_mises;

use std::collections::BTreeMap;

use hilum_core::Probabilities;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::calibration::Scaling;
use crate::held_out::HeldOut;
use cramer_von_mises::Pooled;

/// Fewer new slices are not judged.
const LEAST_NEW: usize = 20;
/// Fewer held-out groups say too little.
const LEAST_HELD_OUT: usize = 20;
/// Permutations that the distance is held against.
const PERMUTATION_COUNT: usize = 1999;
/// Fixes which ones.
const SEED: u64 = 32;
/// The share of exchangeable batches that are alarmed about.
pub const LEVEL: f64 = 0.01;

/// How sure the model was of held-out slices, as it travels in a model file: what of a slice can be
/// known without its class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidences {
    /// The mean over each group of the probability of the most likely class.
    means: Vec<f64>,
}

/// What would be no surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// As sure as of the held-out slices: the model itself judged them.
    AsSure,
    /// Surer: models that had learned from fewer slices judged them, as those of folds have. Only a
    /// model that is less sure is alarmed about.
    Surer,
}

/// Whether a batch of new slices looks like the held-out ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exchangeability {
    /// How often slices that do belong together look as different.
    pub p_value: f64,
    /// New slices.
    pub slices: usize,
    /// Groups of them; a slice of which nothing is known is one.
    pub groups: usize,
    /// How sure the model is of them, in the mean over groups,
    pub confidence: f64,
    /// and how sure it was of the held-out ones.
    pub held_out_confidence: f64,
}

impl Exchangeability {
    /// Whether coverage and calibration should not be believed for these slices.
    pub fn is_alarm(&self) -> bool {
        self.p_value <= LEVEL
    }
}

impl Confidences {
    /// Those of `held_out` under `scaling`.
    pub fn of(held_out: &HeldOut, scaling: &Scaling) -> Self {
        let slices = held_out.slices().iter().map(|slice| {
            let probabilities = scaling.probabilities_of_wide(&slice.logits);
            (confidence(&probabilities), slice.group)
        });
        Self {
            means: means(slices),
        }
    }

    /// Whether they can stand in a model: a damaged file could say anything.
    pub fn are_sound(&self) -> bool {
        self.means
            .iter()
            .all(|mean| (0.0..=1.0 + 1e-9).contains(mean))
    }

    /// Holds new slices, each with the number of its group, against the held-out ones; `None` if
    /// either are too few.
    ///
    /// A permutation test (Lehmann, Romano, Testing statistical hypotheses, 2005, section 15.2) of
    /// the distance of Cramér and von Mises between the distributions of confidence, or, where the
    /// model may be surer, of how much less it is sure in the mean. Whole groups are permuted, one
    /// mean each: the slices of a series are alike, and are one draw.
    pub fn hold_against(
        &self,
        new: &[(f64, usize)],
        expected: Expected,
    ) -> Option<Exchangeability> {
        if new.len() < LEAST_NEW || self.means.len() < LEAST_HELD_OUT {
            return None;
        }
        let new_means = means(new.iter().copied());
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let as_far = match expected {
            Expected::AsSure => as_distant(&self.means, &new_means, &mut random),
            Expected::Surer => as_unsure(&self.means, &new_means, &mut random),
        };
        Some(Exchangeability {
            p_value: (as_far + 1) as f64 / (PERMUTATION_COUNT + 1) as f64,
            slices: new.len(),
            groups: new_means.len(),
            confidence: mean(&new_means),
            held_out_confidence: mean(&self.means),
        })
    }
}

/// How many permutations lie as far apart.
fn as_distant(held_out: &[f64], new: &[f64], random: &mut ChaCha8Rng) -> usize {
    let mut pooled = Pooled::new(held_out, new);
    let observed = pooled.distance();
    let mut is_as_far = |_: &usize| {
        pooled.division().shuffle(random);
        // A rounding makes no difference.
        pooled.distance() >= observed - 1e-12
    };
    (0..PERMUTATION_COUNT).filter(&mut is_as_far).count()
}

/// In how many permutations the new values are as low.
fn as_unsure(held_out: &[f64], new: &[f64], random: &mut ChaCha8Rng) -> usize {
    let observed: f64 = new.iter().sum();
    let mut pooled = [new, held_out].concat();
    let mut is_as_low = |_: &usize| {
        let (drawn, _) = pooled.partial_shuffle(random, new.len());
        drawn.iter().sum::<f64>() <= observed + 1e-12
    };
    (0..PERMUTATION_COUNT).filter(&mut is_as_low).count()
}

/// What of a slice can be held against others without its class.
pub fn confidence(probabilities: &Probabilities) -> f64 {
    probabilities.of(probabilities.most_likely())
}

/// The mean of each group, whatever its number.
fn means(slices: impl IntoIterator<Item = (f64, usize)>) -> Vec<f64> {
    let mut sums = BTreeMap::new();
    for (value, group) in slices {
        let (sum, count) = sums.entry(group).or_insert((0.0, 0.0));
        *sum += value;
        *count += 1.0;
    }
    sums.into_values().map(|(sum, count)| sum / count).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
