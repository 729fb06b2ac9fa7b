//! How logits become calibrated probabilities.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::first_version;

/// How logits become calibrated probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRecord {
    /// The version of this record.
    #[serde(default = "first_version")]
    pub version: u32,
    /// What logits are divided by before the softmax; positive (Guo et al., 2017).
    pub temperature: f64,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
