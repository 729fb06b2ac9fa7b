//! A file that results go into in place of stdout.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::ArgumentError;

/// Where results go, if not to stdout.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutFile {
    /// Write into this file, whole or not at all, and not on stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Replace the file of `--out` if it exists
    #[arg(long, requires = "out")]
    force: bool,
}

impl OutFile {
    /// The file; `None` for stdout.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.out.as_deref()
    }

    /// Refuses a file that cannot be written, before anything is computed for it.
    pub(crate) fn check(&self) -> Result<(), ArgumentError> {
        let Some(path) = self.out.clone() else {
            return Ok(());
        };
        if path.is_dir() {
            return Err(ArgumentError::OutIsFolder { path });
        }
        if path.exists() && !self.force {
            return Err(ArgumentError::OutExists { path });
        }
        match path.parent() {
            Some(folder) if folder != Path::new("") && !folder.is_dir() => {
                let folder = folder.to_owned();
                Err(ArgumentError::NoFolder { folder })
            }
            _ => Ok(()),
        }
    }
}
