//! What is predicted: files, and the members of archives.

mod archive;
mod shared_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hilum_dataset::image_files;
use hilum_imaging::{DecodeError, DecodeLimits, DecodeProblem, Recipe, SliceFile};

use crate::session::Session;
use crate::{Event, ExperimentError, FileCounts};
use archive::{Archive, ArchiveError};

/// Something that may hold slices.
#[derive(Debug)]
pub(crate) enum Input {
    /// A file on the disk.
    File(PathBuf),
    /// A file in an archive.
    Member {
        archive: Arc<Archive>,
        /// Its position in the archive.
        index: usize,
        /// The archive's path with the member's name below it.
        path: PathBuf,
    },
    /// An archive that cannot be opened.
    Refused { path: PathBuf, error: ArchiveError },
}

impl Input {
    /// Reads it; no pixel is decoded.
    pub(crate) fn open(&self, limits: DecodeLimits) -> Result<SliceFile, DecodeError> {
        let refused = |path: &PathBuf, error: &ArchiveError| DecodeError {
            path: path.clone(),
            problem: DecodeProblem::Io(std::io::Error::other(error.clone())),
        };
        match self {
            Self::File(path) => SliceFile::open(path, &limits),
            Self::Refused { path, error } => Err(refused(path, error)),
            Self::Member {
                archive,
                index,
                path,
            } => {
                let bytes = archive.read(*index, limits);
                let bytes = bytes.map_err(|error| refused(path, &error))?;
                SliceFile::new(bytes, &limits).map_err(|problem| DecodeError {
                    path: path.clone(),
                    problem,
                })
            }
        }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        match self {
            Self::File(path) | Self::Member { path, .. } | Self::Refused { path, .. } => path,
        }
    }
}

/// Everything under the paths, in order; each path is looked at once. An archive stands for its
/// members.
pub(crate) fn list(
    paths: &[PathBuf],
    session: &Session<'_>,
) -> Result<Vec<Input>, ExperimentError> {
    let mut inputs = Vec::new();
    for path in paths {
        let mut found = image_files(path).map_err(ExperimentError::Input)?;
        for file in found.files {
            if !Archive::is_at(&file) {
                inputs.push(Input::File(file));
                continue;
            }
            match Archive::open(&file) {
                Ok((archive, members, ignored)) => {
                    let archive = Arc::new(archive);
                    found.ignored.extend(ignored);
                    inputs.extend(members.into_iter().map(|(index, path)| Input::Member {
                        archive: Arc::clone(&archive),
                        index,
                        path,
                    }));
                }
                Err(error) => inputs.push(Input::Refused { path: file, error }),
            }
        }
        if !found.ignored.is_empty() {
            session.tell(&Event::FilesLeftOut(&found.ignored));
        }
    }
    if inputs.is_empty() {
        return Err(ExperimentError::NoImages);
    }
    Ok(inputs)
}

/// Reads every slice under a path as [`predict`](crate::predict()) does, and throws it away: for
/// those who test readers.
///
/// # Errors
/// As [`predict`](crate::predict()), of the path.
pub fn read_every_slice(
    path: &Path,
    recipe: &Recipe,
    limits: DecodeLimits,
) -> Result<FileCounts, ExperimentError> {
    let mut counts = FileCounts::default();
    for input in list(&[path.to_owned()], &Session::default())? {
        counts.files += 1;
        let read = input.open(limits).map(|file| {
            let mut slices = (0..file.count()).map(|index| recipe.read(&file, index));
            slices.all(|slice| slice.is_ok())
        });
        counts.unreadable += usize::from(!read.unwrap_or(false));
    }
    Ok(counts)
}
