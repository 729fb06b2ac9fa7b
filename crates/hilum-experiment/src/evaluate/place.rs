//! Where the results of an evaluation go; never over others unasked.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::ExperimentError;

/// Where the results of an evaluation go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationPlace {
    /// A folder of its own: this one, or, where that is taken, one with a number.
    Fresh(PathBuf),
    /// This folder, which holds no evaluation yet.
    At(PathBuf),
    /// This folder, whatever it holds.
    Over(PathBuf),
}

/// A folder that holds an evaluation.
#[derive(Debug, Error)]
#[error(
    "`{}` holds an evaluation already\nhint: choose another folder with `--out`, or replace it with `--force`",
    path.display()
)]
pub struct EvaluationPlaceError {
    /// The folder.
    path: PathBuf,
}

impl EvaluationPlace {
    /// Refuses a place that is taken, before anything else is done.
    pub(super) fn check(&self) -> Result<(), EvaluationPlaceError> {
        match self {
            Self::At(path) if path.join("metrics.json").exists() => {
                Err(EvaluationPlaceError { path: path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The folder; made, if it has to be a fresh one.
    pub(super) fn folder(&self) -> Result<PathBuf, ExperimentError> {
        let path = match self {
            Self::At(path) | Self::Over(path) => return Ok(path.clone()),
            Self::Fresh(path) => path,
        };
        fresh_folder(path)
    }
}

/// Makes `path`, or `path-2`, `path-3`, ... if that is taken.
pub(crate) fn fresh_folder(path: &Path) -> Result<PathBuf, ExperimentError> {
    if let Some(parent) = path.parent() {
        fs_err::create_dir_all(parent)?;
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    for number in 1_u64.. {
        let candidate = match number {
            1 => path.to_owned(),
            _ => path.with_file_name(format!("{}-{number}", name.to_string_lossy())),
        };
        // Making and asking in one step: two calls that end at once get two folders.
        match fs_err::create_dir(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    unreachable!("a disk holds fewer folders")
}
