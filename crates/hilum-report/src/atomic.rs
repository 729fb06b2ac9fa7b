//! A file is either the old one or the whole new one.

use std::io::{self, Write};
use std::path::Path;

/// Replaces `path` by `content`: written beside it, brought to the disk, renamed.
///
/// If anything fails, `path` is as it was and nothing is left beside it.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let outcome = fill(&partial, content).and_then(|()| fs_err::rename(&partial, path));
    if outcome.is_err() {
        // The first error is the one to tell; a partial file that stays is overwritten later.
        let _ = fs_err::remove_file(&partial);
    }
    outcome
}

fn fill(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs_err::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}
