//! The folder of a long piece of work: begun, or gone on with if its settings are the same.

use std::fs::TryLockError;
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
        "`{}` is being worked on by another process\nhint: wait for its end, or choose another name with `--name`", path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "`{}` holds something else\nhint: choose another name with `--name`", path.display()
    )]
    SomethingElse {
        path: PathBuf,
        #[source]
        source: RunFolderError,
    },
}

/// A folder that no other process works in meanwhile.
pub(crate) struct Begun {
    pub(crate) folder: RunFolder,
    /// The system lets go of it when the process ends, however it ends.
    _lock: fs_err::File,
}

/// The folder `name` under `runs`: a new one, or the one that was begun with the same `settings`.
pub(crate) fn begin_or_go_on<S: Serialize + DeserializeOwned>(
    runs: &Path,
    name: &str,
    settings: &S,
    screen: &Screen,
) -> Result<Begun, CommandError> {
    let path = runs.join(name);
    let folder = match RunFolder::open(&path) {
        Err(RunFolderError::Absent { .. }) => {
            RunFolder::begin(runs, name, settings).map_err(CommandError::failure)?
        }
        Err(error) => return Err(CommandError::failure(error)),
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
            folder
        }
    };
    Ok(Begun {
        _lock: lock(folder.path())?,
        folder,
    })
}

fn lock(folder: &Path) -> Result<fs_err::File, CommandError> {
    let file = fs_err::File::create(folder.join(".lock")).map_err(CommandError::failure)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let path = folder.to_owned();
            Err(CommandError::bad_input(ContinueError::InUse { path }))
        }
        // Some network disks know no locks; nobody should be kept from working there.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(file),
    }
}

/// The fingerprint stands for the data, wherever it lies now.
fn decides(name: &str) -> bool {
    !name.ends_with("data.path") && !name.ends_with("machine.engine")
}
