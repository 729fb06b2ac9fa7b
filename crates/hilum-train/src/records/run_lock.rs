//! One process at a time in the folder of a run.

use std::fs::TryLockError;
use std::io;
use std::path::Path;

/// A folder that no other process works in meanwhile.
///
/// The system lets go of it when the process ends, however it ends, and nothing of it stays.
#[derive(Debug)]
pub struct RunLock {
    _folder: Option<fs_err::File>,
}

impl RunLock {
    /// `None` if another process holds `folder`.
    ///
    /// # Errors
    /// If the folder cannot be opened.
    pub(super) fn take(folder: &Path) -> io::Result<Option<Self>> {
        let file = open(folder)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            Ok(()) => Ok(Some(Self {
                _folder: Some(file),
            })),
            // Some network disks know no locks; nobody should be kept from working there.
            Err(TryLockError::Error(_)) => Ok(Some(Self { _folder: None })),
        }
    }
}

/// The folder itself, so that no file is left behind.
#[cfg(unix)]
fn open(folder: &Path) -> io::Result<fs_err::File> {
    fs_err::File::open(folder)
}

/// Other systems open no folders.
#[cfg(not(unix))]
fn open(folder: &Path) -> io::Result<fs_err::File> {
    fs_err::File::create(folder.join(".lock"))
}
