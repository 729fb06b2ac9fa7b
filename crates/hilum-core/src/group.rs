//! What must stay together: slices of one patient.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names the patient, study or scan that a slice belongs to.
///
/// Slices of one group look alike, so a group must never stand on both sides of a split.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub String);

impl fmt::Display for GroupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}
