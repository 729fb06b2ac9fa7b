//! Why there is no answer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// The detector says so.
    #[serde(rename = "not like the training data")]
    NotLikeTraining,
    /// The two most likely classes differ by less than the margin.
    #[serde(rename = "two classes are as likely")]
    TwoAsLikely,
    /// The most likely class is less likely than the user asks for.
    #[serde(rename = "below --threshold")]
    BelowThreshold,
}

impl Reason {
    /// Every one, in the order in which they are looked for.
    pub const ALL: [Self; 3] = [
        Self::NotLikeTraining,
        Self::TwoAsLikely,
        Self::BelowThreshold,
    ];

    /// What it is called wherever it is shown.
    pub const fn says(self) -> &'static str {
        match self {
            Self::NotLikeTraining => "not like the training data",
            Self::TwoAsLikely => "two classes are as likely",
            Self::BelowThreshold => "below --threshold",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.says())
    }
}
