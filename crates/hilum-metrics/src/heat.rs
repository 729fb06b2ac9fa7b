//! Where a model looked, over all slices of an evaluation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a model looked: the figures that show a shortcut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatTable {
    /// How heat was found: `grad-cam`.
    pub method: String,
    /// The layer that was read, if the method reads one.
    pub layer: Option<String>,
    /// Over all slices.
    pub all: HeatShares,
    /// By the class that heat speaks for: each slice's most likely one.
    pub per_class: BTreeMap<String, HeatShares>,
    /// What is to be said of it, if heat is not where a disease of the lungs is.
    pub concern: Option<String>,
}

/// The shares of heat in places, as means over slices, each in `0.0..=1.0`; `None` where no slice has
/// heat, or the place was not found. A share by chance is that of the place in the picture.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HeatShares {
    /// Slices.
    pub count: usize,
    /// Those whose map says nothing.
    pub without_signal: usize,
    /// Inside of the lungs.
    pub inside_lungs: Option<f64>,
    /// What chance puts there.
    pub inside_lungs_by_chance: Option<f64>,
    /// Outside of the body.
    pub outside_body: Option<f64>,
    /// What chance puts there.
    pub outside_body_by_chance: Option<f64>,
}
