//! Everything that decides a training run, as `settings.toml` keeps it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use hilum_graph::Architecture;
use hilum_imaging::Recipe;
use hilum_train::Settings;
use serde::{Deserialize, Serialize};

use crate::weights::StartingWeights;

/// What a run was started with; `--resume` starts with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunSettings {
    /// The program's version.
    pub(crate) hilum_version: String,
    /// What is learnt from.
    pub(crate) data: DataSettings,
    /// What learns.
    pub(crate) network: NetworkSettings,
    /// What it runs on.
    pub(crate) machine: MachineSettings,
    /// How a slice becomes the network's input.
    pub(crate) recipe: Recipe,
    /// How it learns.
    pub(crate) training: Settings,
}

/// Which data, and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataSettings {
    /// A folder or a manifest.
    pub(crate) path: PathBuf,
    /// `FROM=TO` entries.
    pub(crate) class_map: Vec<String>,
    /// Seed of the split, where the data is not split yet.
    pub(crate) split_seed: u64,
    /// Larger images are refused.
    pub(crate) max_pixels: u64,
    /// Rules whose findings do not stop the run.
    pub(crate) allow: Vec<String>,
    /// Whether copies and contradictions are left in.
    pub(crate) as_is: bool,
    /// Whether the validation split is trained on as well.
    #[serde(default)]
    pub(crate) train_on_valid: bool,
}

/// Which network, and where its weights come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkSettings {
    /// Its name.
    pub(crate) architecture: Architecture,
    /// What it begins with; random weights if absent.
    pub(crate) weights: Option<StartingWeights>,
    /// Whether more than the head may be missing from those weights.
    pub(crate) partial_weights: bool,
    /// Dropout before the head; the architecture's own if absent.
    pub(crate) dropout: Option<f32>,
}

/// Device and threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MachineSettings {
    /// `cpu` or a GPU's name.
    pub(crate) device: String,
    /// Threads; results are the same to the bit only for the same count.
    pub(crate) threads: NonZeroUsize,
    /// The engine's description; absent until it is open. A record, not a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) engine: Option<String>,
}
