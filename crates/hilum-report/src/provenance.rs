//! What it takes to make the figures again.

use serde::{Deserialize, Serialize};

/// What it takes to make the figures again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The settings that decided the figures.
    pub settings: Vec<Fact>,
    /// What tells this data and this model from others.
    pub fingerprints: Vec<Fact>,
    /// Of programs and formats.
    pub versions: Vec<Fact>,
    /// The command that makes the evaluation again, as a shell takes it.
    pub command: Option<String>,
}

/// A name and a value, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub value: String,
}

impl Fact {
    /// A fact.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}
