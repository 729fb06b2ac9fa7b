//! Everything that decides a training run, as `settings.toml` keeps it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use hilum_core::ValidationRole;
use hilum_graph::{DeviceName, NetworkName};
use hilum_imaging::Recipe;
use hilum_train::Settings;
use serde::{Deserialize, Serialize};

use super::words::Arithmetic;
use crate::weights::StartingWeights;

/// What a run was started with; `--resume` starts with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// The program's version.
    pub hilum_version: String,
    /// What is learnt from.
    pub data: DataSettings,
    /// What learns.
    pub network: NetworkSettings,
    /// What it runs on.
    pub machine: MachineSettings,
    /// How a slice becomes the network's input.
    pub recipe: Recipe,
    /// How it learns.
    pub training: Settings,
}

impl RunSettings {
    /// What the validation split is for in the run.
    pub fn validation_role(&self) -> ValidationRole {
        if self.data.train_on_valid {
            ValidationRole::TrainedOn
        } else {
            ValidationRole::KeptBack(self.training.decided_by_validation())
        }
    }
}

/// Which data, and how it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// A folder or a manifest.
    pub path: PathBuf,
    /// `FROM=TO` entries.
    pub class_map: Vec<String>,
    /// Seed of the split, where the data is not split yet.
    pub split_seed: u64,
    /// Larger images are refused.
    pub max_pixels: u64,
    /// Rules whose findings do not stop the run.
    pub allow: Vec<String>,
    /// Whether copies and contradictions are left in.
    pub as_is: bool,
    /// Whether the validation split is trained on as well.
    #[serde(default)]
    pub train_on_valid: bool,
    /// The folder of a finished cross-validation that the model is calibrated on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrate_on: Option<PathBuf>,
}

/// Which network, and where its weights come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// Its name.
    pub architecture: NetworkName,
    /// What it begins with; random weights if absent.
    pub weights: Option<StartingWeights>,
    /// Whether more than the head may be missing from those weights.
    pub partial_weights: bool,
    /// Dropout before the head; the architecture's own if absent.
    pub dropout: Option<f32>,
}

/// Device and threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineSettings {
    /// `cpu` or a GPU's name.
    pub device: DeviceName,
    /// Threads; results are the same to the bit only for the same count.
    pub threads: NonZeroUsize,
    /// In which numbers is multiplied. Of a run, `bf16` or absent: `f32`.
    #[serde(default, skip_serializing_if = "Arithmetic::is_open")]
    pub precision: Arithmetic,
    /// The engine's description; absent until it is open. A record, not a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}
