//! What stays on one side when slices are divided.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What must stay on one side of every fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// Patients that the data names; where it names none, slices that look like one scan: a guess.
    Inferred,
    /// Patients that the data names.
    Given,
    /// Nothing: every slice stands alone.
    None,
}

/// A name that is no grouping.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` groups nothing\nhint: write `inferred`, `given` or `none`")]
pub struct UnknownGrouping {
    /// What was given.
    pub name: String,
}

impl Grouping {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Inferred, Self::Given, Self::None];

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Given => "given",
            Self::None => "none",
        }
    }
}

impl FromStr for Grouping {
    type Err = UnknownGrouping;

    fn from_str(name: &str) -> Result<Self, UnknownGrouping> {
        let known = Self::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or_else(|| UnknownGrouping {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
