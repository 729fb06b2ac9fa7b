//! How a model was trained, and on what.

use hilum_core::{ByValidation, Split, ValidationRole};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Record as _, first_version};

/// How a model was trained, and on what.
///
/// The settings are those of the program that trained it: what readers ask of them has a field,
/// everything else is kept as JSON, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// The version of this record.
    #[serde(default = "first_version")]
    pub version: u32,
    /// What the training was started with.
    #[serde(default)]
    pub settings: SettingsRecord,
    /// A digest of the slices that it saw: `blake3:...`.
    #[serde(default)]
    pub data_fingerprint: Option<String>,
    /// Where it comes from, if another program trained it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportRecord>,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The file of another program that a model was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// Its name, without its folder.
    pub file: String,
    /// Which program wrote it, and in which format.
    pub written_by: String,
    /// What of it was left out.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// What a training was started with.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SettingsRecord {
    /// The version of the program that trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hilum_version: Option<String>,
    /// What was learnt from.
    #[serde(default)]
    pub data: DataRecord,
    /// What learnt.
    #[serde(default)]
    pub network: NetworkRecord,
    /// Machine, recipe and training.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What was learnt from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DataRecord {
    /// Where the data lay, how it was split and which findings were allowed.
    #[serde(flatten)]
    pub other: Map<String, Value>,
    /// Whether the validation split was trained on as well.
    #[serde(default)]
    pub train_on_valid: bool,
}

/// What learnt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// The network's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// What it began with; drawn at random if absent.
    #[serde(default)]
    pub weights: Option<InitialWeightsRecord>,
    /// How the weights were applied, and dropout.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The weights that a training began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialWeightsRecord {
    /// As the user named them.
    pub source: String,
    /// SHA-256 of their file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl TrainingRecord {
    /// Takes down `settings`, in whatever the program keeps them, and a digest of the data.
    ///
    /// # Errors
    /// If the settings do not become JSON, or one that has a field here is of another type.
    pub fn new(
        settings: &impl Serialize,
        data_fingerprint: &str,
    ) -> Result<Self, serde_json::Error> {
        serde_json::from_value(json!({
            "version": Self::VERSION,
            "settings": settings,
            "data_fingerprint": data_fingerprint,
        }))
    }

    /// What a model is told that another program trained: nothing is known of its data.
    pub fn imported(hilum_version: &str, source: ImportRecord) -> Self {
        let settings = SettingsRecord {
            hilum_version: Some(hilum_version.to_owned()),
            ..SettingsRecord::default()
        };
        Self {
            version: Self::VERSION,
            settings,
            data_fingerprint: None,
            imported: Some(source),
            other: Map::new(),
        }
    }

    /// Whether another program trained the model.
    pub fn is_imported(&self) -> bool {
        self.imported.is_some()
    }

    /// Whether the model learnt from slices of `split`, of whatever data it was trained on.
    pub fn learnt_from(&self, split: Split) -> bool {
        match split {
            Split::Train => true,
            Split::Valid => self.settings.data.train_on_valid,
            Split::Test => false,
        }
    }

    /// What the validation split was for in the training; `None` if the settings do not say it in
    /// words that are known here.
    pub fn validation_role(&self) -> Option<ValidationRole> {
        if self.learnt_from(Split::Valid) {
            return Some(ValidationRole::TrainedOn);
        }
        let training = self.settings.other.get("training")?;
        let Decisive {
            keep,
            schedule,
            early_stopping,
        } = Decisive::deserialize(training).ok()?;
        let mut decided = Vec::new();
        match keep.as_deref() {
            None | Some("best") => decided.push(ByValidation::Epoch),
            Some("last") => {}
            Some(_) => return None,
        }
        if schedule.kind == "plateau" {
            decided.push(ByValidation::LearningRate);
        }
        if early_stopping.is_some() {
            decided.push(ByValidation::End);
        }
        Some(ValidationRole::KeptBack(decided))
    }
}

/// The settings of a training by which validation decides something.
#[derive(Deserialize)]
struct Decisive {
    /// Absent from files of the time when the best epoch was always kept.
    keep: Option<String>,
    schedule: NamedSchedule,
    early_stopping: Option<Value>,
}

#[derive(Deserialize)]
struct NamedSchedule {
    kind: String,
}
