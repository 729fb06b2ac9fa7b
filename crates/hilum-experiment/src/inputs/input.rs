//! Something that may hold slices, and where its bytes are.

use std::borrow::Cow;
use std::path::{MAIN_SEPARATOR, PathBuf};
use std::sync::Arc;

use hilum_core::GroupId;
use hilum_imaging::{
    DecodeError, DecodeLimits, DecodeProblem, DicomIdentity, Format, SliceFile, file_head,
};
use hilum_stores::{Object, StoreError, Stores};

use super::archive::{Archive, ArchiveError, begins_as_archive};

/// Something that may hold slices.
#[derive(Debug)]
pub(crate) struct Input {
    /// Of a file, or an archive's with the member's name below it.
    pub(super) path: PathBuf,
    /// Bytes of the path that come before its name, which is the same below any mount point.
    pub(super) root_length: usize,
    /// The patient or scan that a manifest names.
    pub(super) group: Option<GroupId>,
    pub(super) source: Source,
}

/// Where its bytes are.
#[derive(Debug)]
pub(super) enum Source {
    File,
    Memory(Arc<[u8]>),
    Member {
        archive: Arc<Archive>,
        /// Its position in the archive.
        index: usize,
    },
    /// In an archive that cannot be opened.
    Refused(ArchiveError),
    /// In a store; fetched when it is opened.
    Object(Object, Stores),
    /// In a store, and an archive that does not come.
    NotFetched(Arc<StoreError>),
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
            Source::Object(object, stores) => self.of_store(stores.read(object), limits),
            Source::Refused(error) => Err(failed(refused(error))),
            Source::NotFetched(error) => {
                let error = std::io::Error::other(Arc::clone(error));
                Err(failed(DecodeProblem::Io(error)))
            }
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

    /// Its name relative to the path that was given, with `/` between its parts.
    pub(crate) fn name(&self) -> Cow<'_, [u8]> {
        let path = self.path.as_os_str().as_encoded_bytes();
        let name = &path[self.root_length.min(path.len())..];
        if MAIN_SEPARATOR == '/' {
            return Cow::Borrowed(name);
        }
        let separator = MAIN_SEPARATOR as u8;
        let slash = |byte: &u8| if *byte == separator { b'/' } else { *byte };
        Cow::Owned(name.iter().map(slash).collect())
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
            Source::Object(object, stores) => stores.read(object).ok().map(Vec::from),
            Source::Refused(_) | Source::NotFetched(_) => None,
            Source::Member { archive, index } => archive.read(*index, limits).ok(),
        };
        self.kind_of(head, limits)
    }

    /// The same, where its beginning was read already.
    pub(crate) fn kind_of(&self, head: Option<Vec<u8>>, limits: DecodeLimits) -> InputKind {
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

    /// The object that it is, if it lies in a store.
    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.source {
            Source::Object(object, _) => Some(object),
            _ => None,
        }
    }

    /// Reads what a store gave.
    pub(super) fn of_store(
        &self,
        bytes: Result<impl Into<Vec<u8>>, StoreError>,
        limits: DecodeLimits,
    ) -> Result<SliceFile, DecodeError> {
        let read = || {
            let bytes = bytes.map_err(std::io::Error::other);
            let bytes = bytes.map_err(DecodeProblem::Io)?.into();
            if begins_as_archive(&bytes) {
                let error = std::io::Error::other(ArchiveByAnotherName);
                return Err(DecodeProblem::Io(error));
            }
            SliceFile::new(bytes, &limits)
        };
        read().map_err(|problem| DecodeError {
            path: self.path.clone(),
            problem,
        })
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

/// An object that is only known for an archive when it has come.
#[derive(Debug, thiserror::Error)]
#[error(
    "the object is an archive by its content alone\nhint: in a store, archives end with `.zip` or `.tar`"
)]
struct ArchiveByAnotherName;
