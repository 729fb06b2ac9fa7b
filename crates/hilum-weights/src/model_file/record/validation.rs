//! What a model was worth on the slices that were kept back to choose it.

use hilum_core::Split;
use hilum_metrics::SplitRow;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Record as _, first_version};

/// What a model was worth on validation; never on test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationRecord {
    /// The version of this record.
    #[serde(default = "first_version")]
    pub version: u32,
    /// What it was measured on.
    #[serde(default = "valid")]
    pub split: Split,
    /// The epoch whose weights these are, from 1.
    #[serde(default)]
    pub epoch: Option<usize>,
    /// The scores; `None` where a score is undefined or nothing was kept back.
    #[serde(flatten)]
    pub scores: SplitRow,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl ValidationRecord {
    /// The scores on validation after `epoch`.
    pub fn new(epoch: usize, scores: SplitRow) -> Self {
        Self {
            version: Self::VERSION,
            split: valid(),
            epoch: Some(epoch),
            scores,
            other: Map::new(),
        }
    }

    /// Whether any slice was kept back to be measured on.
    pub fn is_measured(&self) -> bool {
        self.scores.accuracy.is_some() || self.scores.loss.is_some()
    }
}

fn valid() -> Split {
    Split::Valid
}
