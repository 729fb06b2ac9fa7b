//! Files that were fetched before.
//!
//! Beside a file `NAME` lie `NAME.sha256`, in the format of `sha256sum`, and `NAME.lock`, empty,
//! which a process holds while it downloads. A download under way is `NAME.partial`.

use std::ffi::OsString;
use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::File;
use hilum_core::Cancel;
use hilum_files::write_atomically;

use crate::address::Address;
use crate::checksum::Checksum;
use crate::{FetchError, file_sha256};

/// Until a lock is looked at again.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// The place of one file.
pub(crate) struct Place {
    path: PathBuf,
}

/// What is found there.
pub(crate) enum Found {
    Nothing,
    /// A whole file, with its checksum.
    Whole(String),
    /// A file that changed since it was fetched.
    Damaged,
}

impl Place {
    pub(crate) fn of(address: &Address, cache: &Path) -> Self {
        Self {
            path: cache.join(&address.relative),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn partial(&self) -> PathBuf {
        self.beside(".partial")
    }

    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(extension);
        PathBuf::from(name)
    }

    /// Looks whether the file is there and has the checksum of its name, or the one it came with.
    pub(crate) fn look(&self, checksum: Option<&Checksum>) -> Result<Found, FetchError> {
        if !self.path.is_file() {
            return Ok(Found::Nothing);
        }
        let expected = checksum.cloned().or_else(|| self.noted());
        let Some(expected) = expected else {
            return Ok(Found::Nothing);
        };
        let path = &self.path;
        let found = file_sha256(path).map_err(|source| FetchError::read(path, source))?;
        Ok(if expected.fits(&found) {
            Found::Whole(found)
        } else {
            Found::Damaged
        })
    }

    fn noted(&self) -> Option<Checksum> {
        let text = fs_err::read_to_string(self.beside(".sha256")).ok()?;
        let digits = text.split_whitespace().next()?;
        Some(Checksum::starting_with(digits))
    }

    /// Makes the folder, and waits until no other process downloads this file.
    ///
    /// What is given back holds the lock until it is dropped.
    pub(crate) fn lock(
        &self,
        waiting: &mut dyn FnMut(),
        cancel: &Cancel,
    ) -> Result<File, FetchError> {
        let failed = |source| FetchError::write(&self.path, source);
        if let Some(folder) = self.path.parent() {
            fs_err::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::create(self.beside(".lock")).map_err(failed)?;
        let mut is_told = false;
        // A file system without locks is gone on with; the checksum decides in the end.
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            if !is_told {
                waiting();
                is_told = true;
            }
            cancel.wait(LOCK_PAUSE)?;
        }
        Ok(file)
    }

    /// Gives a complete download its name, and notes its checksum.
    pub(crate) fn keep(&self, sha256: &str) -> Result<(), FetchError> {
        let failed = |source| FetchError::write(&self.path, source);
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        // First, since a file without its note is fetched again.
        write_atomically(&self.beside(".sha256"), |file| {
            writeln!(file, "{sha256}  {name}")
        })
        .map_err(failed)?;
        hilum_files::move_into_place(&self.partial(), &self.path).map_err(failed)
    }
}
