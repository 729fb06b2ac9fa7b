//! The folder of one run: `runs/NAME/`.

use std::io;
use std::path::{Path, PathBuf};

use hilum_files::write_atomically;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::RunLock;

/// The folder of one run. It is never taken from another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

/// Why a run has no folder.
#[derive(Debug, Error)]
pub enum RunFolderError {
    /// The name would lead elsewhere.
    #[error("`{name}` cannot name a run\nhint: use letters, digits, `-`, `_` and `.`")]
    Name {
        /// What was given.
        name: String,
    },
    /// The folder cannot be made.
    #[error(
        "cannot make a folder for the run under `{}`\n\
         hint: is it writable, and is there room on the disk? choose another with `--runs`",
        runs.display()
    )]
    Create {
        /// Where the runs are.
        runs: PathBuf,
        /// What the disk says.
        #[source]
        source: io::Error,
    },
    /// There is a run already.
    #[error("`{}` holds a run already", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// There is no such run.
    #[error("there is no run in `{}`: it has no `settings.toml`", path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// Somebody else is at it.
    #[error(
        "`{}` is being worked on by another process\nhint: wait for its end, or choose another name with `--name`", path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the run cannot be written.
    #[error(
        "cannot write `{}`\nhint: is the folder writable, and is there room on the disk?",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the disk says.
        #[source]
        source: io::Error,
    },
    /// What was given is no table, or holds a value that TOML has no words for.
    #[error("the settings do not fit into `{}`", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Which value, and why.
        #[source]
        source: toml::ser::Error,
    },
    /// `settings.toml` cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the disk says.
        #[source]
        source: io::Error,
    },
    /// `settings.toml` holds something else than settings.
    #[error("`{}` does not hold the settings of a run", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: toml::de::Error,
    },
}

impl RunFolder {
    /// Makes the folder `NAME` under `runs`; `NAME-2`, `NAME-3`, ... if that is taken.
    ///
    /// # Errors
    /// [`RunFolderError::Name`] or [`RunFolderError::Create`].
    pub fn create(runs: &Path, name: &str) -> Result<Self, RunFolderError> {
        check_name(name)?;
        let failed = |source| RunFolderError::Create {
            runs: runs.to_owned(),
            source,
        };
        fs_err::create_dir_all(runs).map_err(failed)?;
        for number in 1_u64.. {
            let path = match number {
                1 => runs.join(name),
                _ => runs.join(format!("{name}-{number}")),
            };
            // Making and asking in one step: two runs that start at once get two folders.
            match fs_err::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        unreachable!("a disk holds fewer folders")
    }

    /// Makes `path` the folder of a run; it must not hold one yet.
    ///
    /// # Errors
    /// [`RunFolderError::Taken`] if it holds a run, or [`RunFolderError::Create`].
    pub fn create_at(path: &Path) -> Result<Self, RunFolderError> {
        fs_err::create_dir_all(path).map_err(|source| RunFolderError::Create {
            runs: path.to_owned(),
            source,
        })?;
        match Self::open(path) {
            Ok(folder) => Err(RunFolderError::Taken { path: folder.path }),
            Err(_) => Ok(Self {
                path: path.to_owned(),
            }),
        }
    }

    /// The run `NAME` under `runs`, begun with `settings` if it was not begun before; then its
    /// own settings stay.
    ///
    /// # Errors
    /// [`RunFolderError::Name`], [`RunFolderError::Create`] or [`RunFolderError::Write`].
    pub fn begin(
        runs: &Path,
        name: &str,
        settings: &impl Serialize,
    ) -> Result<Self, RunFolderError> {
        check_name(name)?;
        let path = runs.join(name);
        fs_err::create_dir_all(&path).map_err(|source| RunFolderError::Create {
            runs: runs.to_owned(),
            source,
        })?;
        let folder = Self { path };
        if !folder.settings().is_file() {
            folder.write_settings(settings)?;
        }
        Ok(folder)
    }

    /// The run in `path`, to be resumed or looked at.
    ///
    /// # Errors
    /// [`RunFolderError::Absent`] if it holds no `settings.toml`.
    pub fn open(path: &Path) -> Result<Self, RunFolderError> {
        let folder = Self {
            path: path.to_owned(),
        };
        if folder.settings().is_file() {
            Ok(folder)
        } else {
            Err(RunFolderError::Absent {
                path: path.to_owned(),
            })
        }
    }

    /// Keeps other processes from working in the folder until the lock is dropped.
    ///
    /// # Errors
    /// [`RunFolderError::InUse`] if another process works there, or [`RunFolderError::Read`].
    pub fn lock(&self) -> Result<RunLock, RunFolderError> {
        let path = self.path.clone();
        match RunLock::take(&path) {
            Ok(Some(lock)) => Ok(lock),
            Ok(None) => Err(RunFolderError::InUse { path }),
            Err(source) => Err(RunFolderError::Read { path, source }),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last part of the path.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// `settings.toml`: everything that was decided, resolved.
    pub fn settings(&self) -> PathBuf {
        self.path.join("settings.toml")
    }

    /// `audit.json`: what was found in the data.
    pub fn audit(&self) -> PathBuf {
        self.path.join("audit.json")
    }

    /// `log.csv`: a row an epoch.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.csv")
    }

    /// The same for TensorBoard.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.out.tfevents.hilum")
    }

    /// `curves.svg`: the same as a picture.
    pub fn curves(&self) -> PathBuf {
        self.path.join("curves.svg")
    }

    /// `model.safetensors`: the best so far.
    pub fn model(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// `checkpoint.safetensors`: the last complete epoch, with everything needed to go on.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// `evaluation/`: what the model is worth.
    pub fn evaluation(&self) -> PathBuf {
        self.path.join("evaluation")
    }

    /// Writes `settings.toml`, atomically.
    ///
    /// # Errors
    /// [`RunFolderError::Write`] or [`RunFolderError::Unwritable`].
    pub fn write_settings(&self, settings: &impl Serialize) -> Result<(), RunFolderError> {
        let path = self.settings();
        let text = match toml::to_string_pretty(settings) {
            Ok(text) => text,
            Err(source) => return Err(RunFolderError::Unwritable { path, source }),
        };
        write_atomically(&path, |file| file.write_all(text.as_bytes()))
            .map_err(|source| RunFolderError::Write { path, source })
    }

    /// Reads `settings.toml`.
    ///
    /// # Errors
    /// [`RunFolderError::Read`] or [`RunFolderError::Settings`].
    pub fn read_settings<S: DeserializeOwned>(&self) -> Result<S, RunFolderError> {
        let path = self.settings();
        let text = match fs_err::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(RunFolderError::Read { path, source }),
        };
        toml::from_str(&text).map_err(|source| RunFolderError::Settings { path, source })
    }
}

/// Refuses names that would lead elsewhere.
fn check_name(name: &str) -> Result<(), RunFolderError> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        let name = name.to_owned();
        return Err(RunFolderError::Name { name });
    }
    Ok(())
}
