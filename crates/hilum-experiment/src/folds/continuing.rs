//! The folder of a long piece of work: begun, or gone on with if its settings are the same.

use std::path::PathBuf;

use hilum_train::{RunFolder, RunFolderError, RunLock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::Workplace;
use crate::session::Session;
use crate::settings::differences;
use crate::{Event, ExperimentError};

/// Why a cross-validation or search cannot go on where it was begun.
#[derive(Debug, Error)]
pub enum ContinueError {
    /// It was begun with other settings.
    #[error(
        "`{}` was begun with other settings{differences}\nhint: give the same settings to go on with it, or another `--name` to begin anew", path.display()
    )]
    OtherSettings {
        /// The folder.
        path: PathBuf,
        /// A line for each setting.
        differences: String,
    },
    /// The folder is taken.
    #[error(
        "`{}` holds something else\nhint: choose another name with `--name`", path.display()
    )]
    SomethingElse {
        /// The folder.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: Box<RunFolderError>,
    },
}

/// A folder that no other process works in meanwhile.
pub(crate) struct Begun {
    pub(crate) folder: RunFolder,
    _lock: RunLock,
}

/// The folder of `workplace`: a new one, or the one that was begun with the same `settings`.
pub(crate) fn begin_or_go_on<S: Serialize + DeserializeOwned>(
    workplace: &Workplace,
    settings: &S,
    session: &Session<'_>,
) -> Result<Begun, ExperimentError> {
    let Workplace { runs, name } = workplace;
    let path = runs.join(name);
    let folder = match RunFolder::open(&path) {
        Err(RunFolderError::Absent { .. }) => RunFolder::begin(runs, name, settings)?,
        Err(error) => return Err(error.into()),
        Ok(folder) => {
            let own: S = folder.read_settings().map_err(|source| {
                let path = path.clone();
                let source = Box::new(source);
                ContinueError::SomethingElse { path, source }
            })?;
            let differences = differences(&own, settings, decides);
            if !differences.is_empty() {
                return Err(ContinueError::OtherSettings { path, differences }.into());
            }
            session.tell(&Event::GoesOnIn(&path));
            folder
        }
    };
    Ok(Begun {
        _lock: folder.lock()?,
        folder,
    })
}

/// The fingerprint stands for the data, wherever it lies now.
fn decides(name: &str) -> bool {
    !name.ends_with("data.path") && !name.ends_with("machine.engine")
}
