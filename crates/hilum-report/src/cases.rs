//! Slices that a person should look at.

use serde::{Deserialize, Serialize};

use crate::picture::Picture;

/// Slices that a person should look at, as pictures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cases {
    /// Called wrong, the surest first.
    pub confident_mistakes: Vec<Case>,
    /// Called right, the least sure first.
    pub unsure_hits: Vec<Case>,
}

/// A slice, what it is, and what the model made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The slice's file, as `predictions.csv` names it.
    pub name: String,
    /// The class that it is.
    pub truth: String,
    /// The class that it was called.
    pub predicted: String,
    /// The probability of the class that it was called, in `0.0..=1.0`.
    pub probability: f64,
    /// The slice as the model saw it.
    pub slice: Picture,
    /// The slice with its map over it; `None` where none was asked for.
    pub map: Option<Picture>,
}
