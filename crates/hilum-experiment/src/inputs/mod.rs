//! What is predicted: files, the members of archives, and what a manifest names.

mod archive;
mod archive_bytes;
mod dicomweb;
mod memory_file;
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
use crate::{Event, ExperimentError, FileCounts, Predict};
use archive::{Archive, ArchiveError, Members};

pub use dicomweb::{fetch_dicomweb, names_dicomweb};
pub use memory_file::MemoryFile;

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
    Memory(Arc<[u8]>),
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
            Source::Memory(bytes) => SliceFile::new(bytes.to_vec(), &limits).map_err(failed),
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
            Source::Memory(bytes) => Some(bytes.to_vec()),
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

/// Everything that is asked for, in order; each path is looked at once. An archive stands for its
/// members, a manifest for the files that it names.
pub(crate) fn list(
    request: &Predict,
    session: &Session<'_>,
) -> Result<Vec<Input>, ExperimentError> {
    let mut inputs = Vec::new();
    for path in &request.paths {
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
    for file in &request.files {
        add_from_memory(file, &mut inputs, session);
    }
    if inputs.is_empty() {
        return Err(ExperimentError::NoImages);
    }
    let (count, limit) = (inputs.len(), request.most_files);
    if count > limit {
        return Err(ExperimentError::TooManyFiles { count, limit });
    }
    Ok(inputs)
}

/// A file, or the members of an archive.
fn add(path: PathBuf, group: Option<&GroupId>, inputs: &mut Vec<Input>, session: &Session<'_>) {
    if Archive::is_at(&path) {
        let archive = Archive::open(&path);
        add_archive(&path, group, archive, inputs, session);
    } else {
        inputs.push(Input {
            path,
            group: group.cloned(),
            source: Source::File,
        });
    }
}

/// The same of what lies in memory.
fn add_from_memory(file: &MemoryFile, inputs: &mut Vec<Input>, session: &Session<'_>) {
    if archive::begins_as_archive(&file.bytes) {
        let archive = Archive::of(&file.path, &file.bytes);
        add_archive(&file.path, None, archive, inputs, session);
    } else {
        inputs.push(Input {
            path: file.path.clone(),
            group: None,
            source: Source::Memory(Arc::clone(&file.bytes)),
        });
    }
}

fn add_archive(
    path: &Path,
    group: Option<&GroupId>,
    archive: Result<(Archive, Members, Vec<Ignored>), ArchiveError>,
    inputs: &mut Vec<Input>,
    session: &Session<'_>,
) {
    let input = |path, source| Input {
        path,
        group: group.cloned(),
        source,
    };
    match archive {
        Ok((archive, members, ignored)) => {
            let archive = Arc::new(archive);
            left_out(&ignored, session);
            inputs.extend(members.into_iter().map(|(index, path)| {
                let archive = Arc::clone(&archive);
                input(path, Source::Member { archive, index })
            }));
        }
        Err(error) => inputs.push(input(path.to_owned(), Source::Refused(error))),
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
    for input in list(&Predict::new([path]), &Session::default())? {
        counts.files += 1;
        let read = input.open(limits).map(|file| {
            let mut slices = (0..file.count()).map(|index| recipe.read(&file, index));
            slices.all(|slice| slice.is_ok())
        });
        counts.unreadable += usize::from(!read.unwrap_or(false));
    }
    Ok(counts)
}
