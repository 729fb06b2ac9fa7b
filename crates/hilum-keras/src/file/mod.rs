//! What lies in a Keras file: the configuration as JSON, and weights by layer.

mod archive;
mod hdf5;
mod variables;

use std::path::Path;

use serde_json::Value;

use crate::error::{ContentError, KerasError};
use hdf5::Hdf5;

pub(crate) use variables::{Variable, Variables};

/// The longest configuration that is read; EfficientNet-B0's has 300 kB.
const MAX_CONFIG_BYTES: usize = 8 << 20;

const HDF5_START: &[u8] = b"\x89HDF\r\n\x1a\n";
const OPTIMIZER: &str = "optimizer/vars";
const ZIP_START: &[u8] = b"PK\x03\x04";

/// A Keras file, taken apart.
pub(crate) struct KerasFile {
    /// `"Keras 3.15.1, .keras"`
    pub(crate) written_by: String,
    /// `{"class_name": ..., "config": ...}`
    pub(crate) config: Value,
    /// What `compile` was given; `null` if it was not called.
    pub(crate) compiled: Value,
    pub(crate) variables: Variables,
}

impl KerasFile {
    pub(crate) fn read(path: &Path) -> Result<Self, KerasError> {
        let is_folder = path.is_dir();
        let format = |found| KerasError::Format {
            path: path.to_owned(),
            found,
        };
        if is_folder {
            return Err(format("a folder, as TensorFlow's SavedModel is"));
        }
        let bytes = fs_err::read(path).map_err(|source| KerasError::Read {
            path: path.to_owned(),
            source,
        })?;
        let content = if bytes.starts_with(HDF5_START) {
            legacy(bytes)
        } else if bytes.starts_with(ZIP_START) {
            native(&bytes)
        } else if bytes.is_empty() {
            return Err(format("empty"));
        } else {
            return Err(format("neither HDF5 nor a ZIP archive"));
        };
        content.map_err(|source| KerasError::Content {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }
}

/// `.h5`: the configuration is an attribute, weights lie under their names.
fn legacy(bytes: Vec<u8>) -> Result<KerasFile, ContentError> {
    let file = Hdf5::open(bytes)?;
    let config = file.text("model_config")?;
    let config = config.ok_or(ContentError::WeightsAlone)?;
    if config.len() > MAX_CONFIG_BYTES {
        return Err(ContentError::Part {
            part: "model_config",
            what: "is too large",
        });
    }
    let config = serde_json::from_str(&config)?;
    let compiled = match file.text("training_config") {
        Ok(Some(text)) => serde_json::from_str(&text).unwrap_or_default(),
        _ => Value::Null,
    };
    let version = file.text("keras_version").ok().flatten();
    Ok(KerasFile {
        written_by: written_by(version.as_deref(), ".h5"),
        config,
        compiled,
        variables: Variables::by_name(file),
    })
}

/// `.keras`: the configuration is a part of its own, weights lie under their layers' classes.
fn native(bytes: &[u8]) -> Result<KerasFile, ContentError> {
    let parts = archive::read(bytes)?;
    let config: Value = serde_json::from_slice(&parts.config)?;
    let metadata: Value = parts
        .metadata
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let version = metadata.get("keras_version").and_then(Value::as_str);
    let weights = Hdf5::open(parts.weights)?;
    let mut compiled = config.get("compile_config").cloned().unwrap_or_default();
    // Keras 3 names the optimiser beside its memory alone.
    if let Value::Object(compiled) = &mut compiled
        && !compiled.contains_key("optimizer")
        && weights.has_group(OPTIMIZER)
    {
        let name = weights.text_of_group(OPTIMIZER, "name");
        let name = name.unwrap_or_else(|| "of unknown name".to_owned());
        compiled.insert("optimizer".to_owned(), Value::String(name));
    }
    Ok(KerasFile {
        written_by: written_by(version, ".keras"),
        compiled,
        config,
        variables: Variables::by_class(weights),
    })
}

fn written_by(version: Option<&str>, format: &str) -> String {
    format!(
        "Keras {}, {format}",
        version.unwrap_or("of unknown version")
    )
}
