//! What is predicted: files, and the members of archives.

mod archive;
mod shared_file;

use std::path::PathBuf;
use std::sync::Arc;

use hilum_dataset::image_files;
use hilum_imaging::{DecodeError, DecodeLimits, DecodeProblem, SliceFile};

use crate::session::Session;
use crate::{Event, ExperimentError};
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
    pub(crate) fn open(&self, limits: &DecodeLimits) -> Result<SliceFile, DecodeError> {
        let refused = |path: &PathBuf, error: &ArchiveError| DecodeError {
            path: path.clone(),
            problem: DecodeProblem::Io(std::io::Error::other(error.clone())),
        };
        match self {
            Self::File(path) => SliceFile::open(path, limits),
            Self::Refused { path, error } => Err(refused(path, error)),
            Self::Member {
                archive,
                index,
                path,
            } => {
                let bytes = archive.read(*index, limits);
                let bytes = bytes.map_err(|error| refused(path, &error))?;
                SliceFile::new(bytes, limits).map_err(|problem| DecodeError {
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
