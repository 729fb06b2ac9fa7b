//! What is predicted: files, the members of archives, and what a manifest names.

mod archive;
mod shared_file;
mod sources;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hilum_core::GroupId;
use hilum_dataset::{Ignored, image_files, is_manifest_name, manifest_files};
use hilum_imaging::{
    DecodeError, DecodeLimits, DecodeProblem, DicomIdentity, Format, Recipe, SliceFile, file_head,
};

use crate::session::Session;
use crate::{Event, ExperimentError, FileCounts};
use archive::{Archive, ArchiveError};

pub use sources::Sources;

/// Something that may hold slices.
#[derive(Debug)]
pub(crate) struct Input {
    /// Of a file, or an archive's with the member's name below it.
    path: PathBuf,
    /// The patient or scan that a manifest names.
    group: Option<GroupId>,
    source: Source,
}

/// Where its bytes are.
#[derive(Debug)]
enum Source {
    File,
    Member {
        archive: Arc<Archive>,
        /// Its position in the archive.
        index: usize,
    },
    /// In an archive that cannot be opened.
    Refused(ArchiveError),
}

impl Input {
    /// Reads it; no pixel is decoded.
    pub(crate) fn open(&self, limits: DecodeLimits) -> Result<SliceFile, DecodeError> {
        let failed = |problem| DecodeError {
            path: self.path.clone(),
            problem,
        };
        let refused =
            |error: &ArchiveError| DecodeProblem::Io(std::io::Error::other(error.clone()));
        match &self.source {
            Source::File => SliceFile::open(&self.path, &limits),
            Source::Refused(error) => Err(failed(refused(error))),
            Source::Member { archive, index } => {
                let bytes = archive.read(*index, limits);
                let bytes = bytes.map_err(|error| failed(refused(&error)))?;
                SliceFile::new(bytes, &limits).map_err(failed)
            }
        }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The patient or scan that a manifest names.
    pub(crate) fn group(&self) -> Option<&GroupId> {
        self.group.as_ref()
    }

    /// What it says of where it belongs; no pixel is decoded. What cannot be read is a picture:
    /// reading it tells what is wrong.
    pub(crate) fn kind(&self, limits: DecodeLimits) -> InputKind {
        let head = match &self.source {
            Source::File => file_head(&self.path).ok(),
            Source::Refused(_) => None,
            Source::Member { archive, index } => archive.read(*index, limits).ok(),
        };
        let Some(head) = head else {
            return InputKind::Picture;
        };
        match Format::sniff(&head) {
            Some(Format::Dicom) => {
                InputKind::Dicom(Box::new(DicomIdentity::read(head).unwrap_or_default()))
            }
            Some(Format::Nifti) => InputKind::Volume,
            Some(Format::Tiff) if self.open(limits).is_ok_and(|file| file.count() > 1) => {
                InputKind::Volume
            }
            _ => InputKind::Picture,
        }
    }
}

/// What a file says of where it belongs.
#[derive(Debug)]
pub(crate) enum InputKind {
    /// Patient, study and series.
    Dicom(Box<DicomIdentity>),
    /// It holds many slices: a volume, or pages.
    Volume,
    /// Nothing.
    Picture,
}

/// Everything under the paths, in order; each path is looked at once. An archive stands for its
/// members, a manifest for the files that it names.
pub(crate) fn list(
    paths: &[PathBuf],
    session: &Session<'_>,
) -> Result<Vec<Input>, ExperimentError> {
    let mut inputs = Vec::new();
    for path in paths {
        if is_manifest_name(path) && path.is_file() {
            for file in manifest_files(path)? {
                add(file.path, file.group.as_ref(), &mut inputs, session);
            }
            continue;
        }
        let found = image_files(path).map_err(ExperimentError::Input)?;
        for file in found.files {
            add(file, None, &mut inputs, session);
        }
        left_out(&found.ignored, session);
    }
    if inputs.is_empty() {
        return Err(ExperimentError::NoImages);
    }
    Ok(inputs)
}

/// A file, or the members of an archive.
fn add(path: PathBuf, group: Option<&GroupId>, inputs: &mut Vec<Input>, session: &Session<'_>) {
    let input = |path, source| Input {
        path,
        group: group.cloned(),
        source,
    };
    if !Archive::is_at(&path) {
        inputs.push(input(path, Source::File));
        return;
    }
    match Archive::open(&path) {
        Ok((archive, members, ignored)) => {
            let archive = Arc::new(archive);
            left_out(&ignored, session);
            inputs.extend(members.into_iter().map(|(index, path)| {
                let archive = Arc::clone(&archive);
                input(path, Source::Member { archive, index })
            }));
        }
        Err(error) => inputs.push(input(path, Source::Refused(error))),
    }
}

fn left_out(ignored: &[Ignored], session: &Session<'_>) {
    if !ignored.is_empty() {
        session.tell(&Event::FilesLeftOut(ignored));
    }
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
