//! Where an export goes: never over another file unasked, never under another format's name.

use std::path::{Path, PathBuf};

use hilum_onnx::InexpressibleError;
use hilum_trust::detector::FitError;
use thiserror::Error;

use super::{Export, ExportFormat};

/// Why an export is not written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The name promises another format.
    #[error(
        "`{}` names a file of another format: the model is written as {format}\nhint: give `{}`, or another `--format`",
        path.display(),
        path.with_extension(format).display()
    )]
    Extension {
        /// What was given.
        path: PathBuf,
        /// The format that is written, as files of it end.
        format: &'static str,
    },
    /// There is a file already.
    #[error(
        "`{}` is there already\nhint: choose another name, or replace it with `--force`",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The model is prepared for in a way that the format cannot hold.
    #[error(transparent)]
    Inexpressible(#[from] InexpressibleError),
    /// A detector that was asked for cannot be had.
    #[error(
        "`{}` gives no detector\nhint: give the data that the model was trained on",
        path.display()
    )]
    NoDetector {
        /// What was given.
        path: PathBuf,
        /// Why not.
        #[source]
        source: FitError,
    },
}

/// Looks at every name that `request` gives, before anything is written.
pub(super) fn check(request: &Export) -> Result<(), ExportError> {
    let format = match request.format {
        ExportFormat::Safetensors(_) => "safetensors",
        ExportFormat::Onnx(_) | ExportFormat::BareOnnx => "onnx",
    };
    let extension = request.out.extension();
    if extension.is_some_and(|extension| !extension.eq_ignore_ascii_case(format)) {
        let path = request.out.clone();
        return Err(ExportError::Extension { path, format });
    }
    let card = request.card.as_ref().map(|card| card.path.as_path());
    let names: Vec<&Path> = [request.out.as_path()].into_iter().chain(card).collect();
    match names.into_iter().find(|path| path.exists()) {
        Some(path) if !request.replaces => Err(ExportError::Exists {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}
