//! A file is either the old one or the whole new one.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use fs_err::File;

/// Writes beside `path`, brings it to the disk, then renames; on failure nothing is left behind.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(".partial");
    let partial = path.with_file_name(name);
    let outcome = fill(&partial, bytes).and_then(|()| fs_err::rename(&partial, path));
    if outcome.is_err() {
        // The first error is the one to tell.
        let _ = fs_err::remove_file(&partial);
    }
    outcome
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
