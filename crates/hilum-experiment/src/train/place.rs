//! Where the files of a run go.

use std::path::PathBuf;

use hilum_graph::NetworkName;
use hilum_train::{RunFolder, RunFolderError};
use thiserror::Error;

use crate::ExperimentError;
use crate::settings::RunSettings;

/// Where a run's files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A fresh folder under `runs`, made once everything else is known to be right; a taken name
    /// gets a number.
    New {
        /// The folder of all runs.
        runs: PathBuf,
        /// What the run is called.
        name: String,
    },
    /// This folder, which holds no run yet.
    At(PathBuf),
    /// The folder of a run that goes on.
    Existing(RunFolder),
}

/// Why a run cannot take a place, or go on in one.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// Another run lies there.
    #[error(
        "`{}` holds a run already\nhint: go on with it by `--resume`, or choose another folder",
        path.display()
    )]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing to go on with.
    #[error(
        "no run in `{}` was trained on `{}`\nhint: choose one with `--name`, or its folder with `--runs`",
        runs.display(),
        data.display()
    )]
    None {
        /// Where was looked.
        runs: PathBuf,
        /// The data of the run that was looked for.
        data: PathBuf,
    },
    /// The run learned from something else.
    #[error("`{}` was trained on `{}`, not on `{}`", run.display(), its.display(), given.display())]
    OtherData {
        /// The run.
        run: PathBuf,
        /// What it learned from.
        its: PathBuf,
        /// What was given.
        given: PathBuf,
    },
    /// More epochs were asked for, and the run's learning rate was planned for those that it has.
    #[error(
        "`{}` was planned for {epochs} epochs, at whose end `{schedule}` has no learning rate left\n\
         hint: train a new run from its model: \
         `hilum train {} --arch {architecture} --weights {} --epochs {more}`",
        run.display(),
        data.display(),
        run.join("model.safetensors").display()
    )]
    Planned {
        /// The run.
        run: PathBuf,
        /// What it learned from.
        data: PathBuf,
        /// The epochs that it was started with.
        epochs: usize,
        /// The schedule over them.
        schedule: &'static str,
        /// Its network.
        architecture: NetworkName,
        /// How many more were asked for.
        more: usize,
    },
    /// The run was started otherwise.
    #[error(
        "`{}` was started with other settings{differences}\nhint: give no flag but `--resume` to go on with the run's own",
        run.display()
    )]
    OtherSettings {
        /// The run.
        run: PathBuf,
        /// A line for each setting.
        differences: String,
    },
}

impl Place {
    /// Refuses a place that is taken, before anything else is done.
    pub(super) fn check(&self) -> Result<(), PlaceError> {
        match self {
            Self::At(path) if RunFolder::open(path).is_ok() => {
                Err(PlaceError::Taken { path: path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The folder, made if need be, with the run's settings in it.
    pub(super) fn folder(&self, settings: &RunSettings) -> Result<RunFolder, ExperimentError> {
        let folder = match self {
            Self::Existing(folder) => {
                // More epochs were asked for.
                if folder.read_settings::<RunSettings>()?.training != settings.training {
                    folder.write_settings(settings)?;
                }
                return Ok(folder.clone());
            }
            Self::New { runs, name } => RunFolder::create(runs, name)?,
            Self::At(path) => RunFolder::create_at(path).map_err(|error| match error {
                RunFolderError::Taken { path } => PlaceError::Taken { path }.into(),
                error => ExperimentError::from(error),
            })?,
        };
        folder.write_settings(settings)?;
        Ok(folder)
    }
}
