//! A file that names what is worked on, a line each.

use std::io;
use std::path::{Path, PathBuf};

/// What the lines of `file` name, or those of stdin for `-`; empty lines name nothing.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn listed(file: &Path) -> io::Result<Vec<PathBuf>> {
    let text = if file == Path::new("-") {
        io::read_to_string(io::stdin())?
    } else {
        fs_err::read_to_string(file)?
    };
    let lines = text.lines().map(|line| line.trim_end_matches('\r'));
    Ok(lines
        .filter(|line| !line.is_empty())
        .map(PathBuf::from)
        .collect())
}
