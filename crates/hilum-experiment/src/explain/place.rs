//! Where pictures of heat go; never among others unasked.

use std::path::PathBuf;

use thiserror::Error;

use crate::ExperimentError;
use crate::evaluate::fresh_folder;

/// Where pictures of heat go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeatPlace {
    /// A folder of its own: this one, or, where that is taken, one with a number.
    Fresh(PathBuf),
    /// This folder, which is empty or not there yet.
    At(PathBuf),
    /// This folder, whatever it holds; files of the same names are replaced.
    Over(PathBuf),
}

/// A folder that holds something.
#[derive(Debug, Error)]
#[error(
    "`{}` is not empty\nhint: choose another folder with `--out`, or replace what has the same names with `--force`",
    path.display()
)]
pub struct HeatPlaceError {
    /// The folder.
    path: PathBuf,
}

impl HeatPlace {
    /// Refuses a place that is taken, before anything else is done.
    pub(super) fn check(&self) -> Result<(), HeatPlaceError> {
        let Self::At(path) = self else { return Ok(()) };
        let holds = std::fs::read_dir(path).is_ok_and(|mut files| files.next().is_some());
        if holds || path.is_file() {
            return Err(HeatPlaceError { path: path.clone() });
        }
        Ok(())
    }

    /// The folder, which is there afterwards.
    pub(super) fn folder(&self) -> Result<PathBuf, ExperimentError> {
        match self {
            Self::Fresh(path) => fresh_folder(path),
            Self::At(path) | Self::Over(path) => {
                fs_err::create_dir_all(path)?;
                Ok(path.clone())
            }
        }
    }
}
