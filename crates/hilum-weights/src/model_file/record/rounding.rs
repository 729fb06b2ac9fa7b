//! Whether a model answers as well with rounded products.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Record as _, first_version};

/// Answers on validation in `bf16`, held against those in `f32`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundingRecord {
    /// The version of this record.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Slices that were asked.
    pub slices: usize,
    /// Those whose likeliest class is the same.
    pub same_class: usize,
    /// The largest difference between two probabilities, in `0.0..=1.0`.
    pub largest_difference: f64,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl RoundingRecord {
    /// Probabilities may differ by so much.
    pub const TOLERANCE: f64 = 0.01;

    /// What was found on so many slices.
    pub fn new(slices: usize, same_class: usize, largest_difference: f64) -> Self {
        Self {
            version: Self::VERSION,
            slices,
            same_class,
            largest_difference,
            other: Map::new(),
        }
    }

    /// Whether answers in `bf16` are as good: the same class everywhere, and probabilities within
    /// [`TOLERANCE`](Self::TOLERANCE).
    pub fn holds(&self) -> bool {
        self.slices > 0
            && self.same_class == self.slices
            && self.largest_difference <= Self::TOLERANCE
    }
}

impl std::fmt::Display for RoundingRecord {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            slices,
            same_class,
            largest_difference,
            ..
        } = self;
        write!(
            formatter,
            "in bf16 {same_class} of {slices} validation slices are of the same class as in f32, \
             probabilities within {largest_difference:.4}"
        )
    }
}
