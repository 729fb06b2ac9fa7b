//! The folder of a long piece of work: begun, or gone on with if its settings are the same.

use std::path::{Path, PathBuf};

use hilum_train::{RunFolder, RunFolderError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::differences::differences;
use crate::error::CommandError;
use crate::screen::Screen;

#[derive(Debug, Error)]
enum ContinueError {
    #[error(
        "`{}` was begun with other settings{differences}\nhint: give the same settings to go on with it, or another `--name` to begin anew", path.display()
    )]
    OtherSettings { path: PathBuf, differences: String },
    #[error(
        "`{}` holds something else\nhint: choose another name with `--name`", path.display()
    )]
    SomethingElse {
        path: PathBuf,
        #[source]
        source: RunFolderError,
    },
}

/// The folder `name` under `runs`: a new one, or the one that was begun with the same `settings`.
pub(crate) fn begin_or_go_on<S: Serialize + DeserializeOwned>(
    runs: &Path,
    name: &str,
    settings: &S,
    screen: &Screen,
) -> Result<RunFolder, CommandError> {
    let path = runs.join(name);
    match RunFolder::open(&path) {
        Err(RunFolderError::Absent { .. }) => {
            RunFolder::begin(runs, name, settings).map_err(CommandError::failure)
        }
        Err(error) => Err(CommandError::failure(error)),
        Ok(folder) => {
            let own: S = folder.read_settings().map_err(|source| {
                let path = path.clone();
                CommandError::bad_input(ContinueError::SomethingElse { path, source })
            })?;
            let differences = differences(&own, settings, decides);
            if !differences.is_empty() {
                let error = ContinueError::OtherSettings { path, differences };
                return Err(CommandError::bad_input(error));
            }
            screen.note(format_args!("going on in `{}`", path.display()));
            Ok(folder)
        }
    }
}

/// The fingerprint stands for the data, wherever it lies now.
fn decides(name: &str) -> bool {
    !name.ends_with("data.path") && !name.ends_with("machine.engine")
}
