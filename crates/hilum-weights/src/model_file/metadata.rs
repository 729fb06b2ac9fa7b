//! The text entries of a model file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use hilum_graph::{NetworkName, Parameters};

use super::description::ArchitectureDescription;
use super::error::ModelFileError;
use super::model::ModelFile;
use super::record::Record;

const FORMAT_VERSION: &str = "hilum.format_version";
const ARCHITECTURE: &str = "hilum.architecture";
const GRAPH: &str = "hilum.graph";
const CLASSES: &str = "hilum.classes";
const RECIPE: &str = "hilum.recipe";
const TRAINING: &str = "hilum.training";
const KNOWN_SLICES: &str = "hilum.known_slices";
const AUDIT: &str = "hilum.audit";
const VALIDATION: &str = "hilum.validation";
const CALIBRATION: &str = "hilum.calibration";
const DETECTOR: &str = "hilum.detector";
const ROUNDING: &str = "hilum.bf16";
const LICENCE: &str = "hilum.licence";
const INTENDED_USE: &str = "hilum.intended_use";

/// The version that is written, and the latest that is read.
const VERSION: u32 = 1;

/// Refuses what no later look at the content could explain: other files, and later versions,
/// whose digest may follow other rules.
pub(super) fn check_version(
    path: &Path,
    metadata: &BTreeMap<String, String>,
) -> Result<(), ModelFileError> {
    let path = path.to_owned();
    let key = FORMAT_VERSION;
    let found = metadata.get(key);
    let found = found.ok_or_else(|| lacks(&path, key))?;
    match serde_json::from_str::<u32>(found) {
        Ok(VERSION) => Ok(()),
        Ok(1..) => Err(ModelFileError::NewerFormat {
            path,
            found: found.clone(),
            supported: VERSION,
        }),
        Ok(0) => Err(ModelFileError::Inconsistent {
            path,
            what: "no format has version 0".to_owned(),
        }),
        Err(source) => Err(ModelFileError::Metadata { path, key, source }),
    }
}

fn lacks(path: &Path, key: &str) -> ModelFileError {
    ModelFileError::NotAModel {
        path: path.to_owned(),
        reason: format!("it has no `{key}`"),
    }
}

/// All entries of `model`, as JSON.
pub(super) fn entries(model: &ModelFile) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::from([
        (FORMAT_VERSION.to_owned(), json(&VERSION)),
        (ARCHITECTURE.to_owned(), json(&model.architecture)),
        (CLASSES.to_owned(), json(&model.classes)),
        (RECIPE.to_owned(), json(&model.recipe)),
        (TRAINING.to_owned(), json(&model.training)),
        (AUDIT.to_owned(), json(&model.audit)),
        (VALIDATION.to_owned(), json(&model.validation)),
        (INTENDED_USE.to_owned(), json(&model.intended_use)),
    ]);
    if let Some(graph) = &model.imported {
        entries.insert(GRAPH.to_owned(), json(graph));
    }
    if let Some(calibration) = &model.calibration {
        entries.insert(CALIBRATION.to_owned(), json(calibration));
    }
    if let Some(detector) = &model.detector {
        entries.insert(DETECTOR.to_owned(), json(detector));
    }
    if let Some(rounding) = &model.rounding {
        entries.insert(ROUNDING.to_owned(), json(rounding));
    }
    if let Some(known) = &model.known_slices {
        entries.insert(KNOWN_SLICES.to_owned(), json(known));
    }
    if let Some(licence) = &model.licence {
        entries.insert(LICENCE.to_owned(), json(licence));
    }
    entries
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a model's description always becomes JSON")
}

/// The model that `entries` and `parameters` describe; nothing is checked but each entry.
pub(super) fn model(
    path: &Path,
    entries: &BTreeMap<String, String>,
    parameters: Parameters,
) -> Result<ModelFile, ModelFileError> {
    let entries = Entries { path, entries };
    Ok(ModelFile {
        architecture: entries.architecture()?,
        imported: entries.optional(GRAPH)?,
        classes: entries.required(CLASSES)?,
        recipe: entries.required(RECIPE)?,
        training: entries.required_record(TRAINING)?,
        known_slices: entries.record(KNOWN_SLICES)?,
        audit: entries.required(AUDIT)?,
        validation: entries.record(VALIDATION)?,
        calibration: entries.record(CALIBRATION)?,
        detector: entries.record(DETECTOR)?,
        rounding: entries.record(ROUNDING)?,
        licence: entries.optional(LICENCE)?,
        intended_use: entries.required(INTENDED_USE)?,
        parameters,
    })
}

/// What is looked at first of a record: the rest of a later version may be of other types.
#[derive(Deserialize)]
struct NamedVersion {
    version: Option<u32>,
}

struct Entries<'a> {
    path: &'a Path,
    entries: &'a BTreeMap<String, String>,
}

impl Entries<'_> {
    fn optional<T: DeserializeOwned>(
        &self,
        key: &'static str,
    ) -> Result<Option<T>, ModelFileError> {
        let Some(text) = self.entries.get(key) else {
            return Ok(None);
        };
        let value = serde_json::from_str(text);
        value.map(Some).map_err(|source| ModelFileError::Metadata {
            path: self.path.to_owned(),
            key,
            source,
        })
    }

    fn required<T: DeserializeOwned>(&self, key: &'static str) -> Result<T, ModelFileError> {
        self.optional(key)?.ok_or_else(|| lacks(self.path, key))
    }

    /// A record, if there is one; `null` is none.
    fn record<T: Record>(&self, key: &'static str) -> Result<Option<T>, ModelFileError> {
        let Some(Some(named)) = self.optional::<Option<NamedVersion>>(key)? else {
            return Ok(None);
        };
        match named.version {
            Some(found) if found > T::VERSION => Err(ModelFileError::NewerRecord {
                path: self.path.to_owned(),
                key,
                found,
                supported: T::VERSION,
            }),
            _ => self.optional(key),
        }
    }

    fn required_record<T: Record>(&self, key: &'static str) -> Result<T, ModelFileError> {
        self.record(key)?.ok_or_else(|| lacks(self.path, key))
    }

    /// The name is looked at first: one that is not known deserves more than a JSON error.
    fn architecture(&self) -> Result<ArchitectureDescription, ModelFileError> {
        let json: serde_json::Value = self.required(ARCHITECTURE)?;
        if let Some(name) = json.get("name").and_then(serde_json::Value::as_str) {
            let known = name.parse::<NetworkName>();
            known.map_err(|source| ModelFileError::UnknownArchitecture {
                path: self.path.to_owned(),
                source,
            })?;
        }
        self.required(ARCHITECTURE)
    }
}
