//! The three parts of a dataset and what each is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Fits the weights.
    Train,
    /// Chooses: early stopping, calibration, thresholds.
    Valid,
    /// Judges, once; read by evaluation and audit only.
    Test,
}

impl Split {
    /// All three, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// `train`, `valid` or `test`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A name that is no split's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is not a split; expected `train`, `valid` or `test`")]
pub struct SplitError {
    /// What was given.
    pub name: String,
}

impl FromStr for Split {
    type Err = SplitError;

    /// Accepts `train`, `training`; `valid`, `val`, `validation`, `dev`, `development`; `test`,
    /// `testing`; and each with `set` or `data` behind it, in any case.
    fn from_str(name: &str) -> Result<Self, SplitError> {
        let lower = name.trim().to_ascii_lowercase();
        let word = ["set", "data"]
            .iter()
            .find_map(|ending| lower.strip_suffix(ending))
            .map_or(lower.as_str(), |word| {
                word.trim_end_matches(['_', '-', ' '])
            });
        match word {
            "train" | "training" => Ok(Self::Train),
            "valid" | "val" | "validation" | "dev" | "development" => Ok(Self::Valid),
            "test" | "testing" => Ok(Self::Test),
            _ => Err(SplitError {
                name: name.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_validation_is_one_split() {
        for name in [
            "valid",
            "val",
            "Validation",
            "dev",
            "Val_Set",
            "validation-data",
        ] {
            assert_eq!(name.parse(), Ok(Split::Valid), "{name}");
        }
        for name in ["Training", "TRAIN", "trainset", "train data"] {
            assert_eq!(name.parse(), Ok(Split::Train), "{name}");
        }
        for name in ["Testing", "test_set"] {
            assert_eq!(name.parse(), Ok(Split::Test), "{name}");
        }
        for name in ["holdout", "normal", "", "set", "data"] {
            assert!(name.parse::<Split>().is_err(), "{name}");
        }
    }
}
