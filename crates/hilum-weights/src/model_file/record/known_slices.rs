//! By what a model knows the slices again that made it.

use hilum_imaging::{SliceFingerprint, SliceSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Record as _, first_version};

/// Fingerprints of every slice that a model was made with, its initial weights included.
///
/// About 35 bytes a slice; no picture can be made from them ([`SliceSet`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownSlices {
    /// The version of this record.
    #[serde(default = "first_version")]
    pub version: u32,
    /// What it learned from: a set for each training, the last one first.
    pub learned: Vec<SliceSet>,
    /// What its trainings were watched on: epochs, learning rates and settings are chosen by that.
    pub chosen_by: Vec<SliceSet>,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What a model had to do with a slice before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acquaintance {
    /// It learned from it.
    Learned,
    /// Its training was watched on it.
    ChosenBy,
}

impl KnownSlices {
    /// Of a training from random weights.
    pub fn new(learned: SliceSet, chosen_by: SliceSet) -> Self {
        let some = |set: SliceSet| (!set.is_empty()).then_some(set);
        Self {
            version: Self::VERSION,
            learned: some(learned).into_iter().collect(),
            chosen_by: some(chosen_by).into_iter().collect(),
            other: Map::new(),
        }
    }

    /// The same of a training that began with the weights of a model that knows `earlier`.
    #[must_use]
    pub fn and_those_of(mut self, earlier: Self) -> Self {
        let add = |sets: &mut Vec<SliceSet>, earlier: Vec<SliceSet>| {
            for set in earlier {
                if !sets.contains(&set) {
                    sets.push(set);
                }
            }
        };
        add(&mut self.learned, earlier.learned);
        add(&mut self.chosen_by, earlier.chosen_by);
        self
    }

    /// What the model had to do with `slice`; `None` for a stranger.
    pub fn knows(&self, slice: &SliceFingerprint) -> Option<Acquaintance> {
        let among = |sets: &[SliceSet]| sets.iter().any(|set| set.holds(slice));
        if among(&self.learned) {
            Some(Acquaintance::Learned)
        } else {
            among(&self.chosen_by).then_some(Acquaintance::ChosenBy)
        }
    }
}
