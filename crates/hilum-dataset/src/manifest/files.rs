//! The files that a manifest names, for whoever asks nothing of their classes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use hilum_core::GroupId;

use super::columns::file_columns;
use super::error::{ManifestError, ManifestProblem};
use super::read::{find_file, table};
use super::text::text;
use crate::ReadError;

/// A file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    /// Where it is, or should be.
    pub path: PathBuf,
    /// The patient or scan that it comes from, if the manifest says so.
    pub group: Option<GroupId>,
}

/// Whether a file of this name is a manifest: `.csv` or `.tsv`, in any case.
pub fn is_manifest_name(path: &Path) -> bool {
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    extension.is_some_and(|extension| extension == "csv" || extension == "tsv")
}

/// Every file that the manifest at `path` names, each once; only a column of paths must be there.
///
/// # Errors
/// [`ReadError`] if it is no manifest. A file that is not there is listed all the same.
pub fn manifest_files(path: &Path) -> Result<Vec<ManifestFile>, ReadError> {
    let bytes = fs_err::read(path)?;
    let at = |(line, problem)| ManifestError {
        path: path.to_owned(),
        line,
        problem,
    };
    let text = text(&bytes).map_err(at)?;
    let (header, records) = table(&text).map_err(at)?;
    let (path_column, group_column) = file_columns(&header).map_err(|problem| at((1, problem)))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for record in &records {
        let cell = |column: usize| record.get(column).filter(|cell| !cell.is_empty());
        let line = record.position().map_or(0, csv::Position::line);
        let named = cell(path_column).ok_or_else(|| at((line, ManifestProblem::EmptyPath)))?;
        let path = find_file(folder, named).map_or_else(|| folder.join(named), |(path, _)| path);
        if seen.insert(path.clone()) {
            let group = group_column.and_then(cell);
            let group = group.map(|group| GroupId(group.to_owned()));
            files.push(ManifestFile { path, group });
        }
    }
    Ok(files)
}
