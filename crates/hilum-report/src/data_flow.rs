//! How files became the slices of splits, and what was left out on the way.

use serde::{Deserialize, Serialize};

/// How files became the slices of splits, and what was left out on the way and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DataFlow {
    /// From the files that were found to the slices that were divided, in order: what a stage
    /// leaves out is what the next has less.
    pub stages: Vec<FlowStage>,
    /// What the last stage was divided into.
    pub splits: Vec<SplitFlow>,
    /// What a group is (`group`, `patient`); empty where no slices belong together.
    pub group_unit: String,
}

/// A step on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowStage {
    /// What they are: `files found`, `slices read`.
    pub name: String,
    /// How many.
    pub slices: usize,
    /// Of how many groups; `None` where nobody knows yet.
    pub groups: Option<usize>,
    /// What does not go on.
    pub excluded: Vec<Exclusion>,
}

/// What is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Exclusion {
    /// Why, in a few words: `could not be read`, `copy of a slice in train`.
    pub reason: String,
    /// How many.
    pub slices: usize,
    /// Of how many groups; `None` where nobody knows.
    pub groups: Option<usize>,
}

/// One split, and what of it the clean figures leave out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitFlow {
    /// Its name: `train`, `valid`, `test`.
    pub name: String,
    /// All of its slices.
    pub slices: usize,
    /// Of how many groups; `None` where nobody knows.
    pub groups: Option<usize>,
    /// A row a class.
    pub classes: Vec<ClassFlow>,
    /// Whether the figures of the page are of this split.
    pub judged: bool,
    /// What the clean figures leave out, if it is judged: `copies of other splits' images`.
    pub left_out: Vec<Exclusion>,
}

/// The slices of one class in a split.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassFlow {
    /// The class.
    pub name: String,
    /// All of its slices.
    pub slices: usize,
    /// Of how many groups; `None` where nobody knows.
    pub groups: Option<usize>,
    /// Those that the clean figures are of; `None` if the split is not judged.
    pub clean: Option<usize>,
}
