//! The slices of a file: one, or as many as it has frames, pages or planes.

use std::path::Path;

use super::dicom::DicomFile;
use super::{
    DecodeError, DecodeLimits, DecodeProblem, Format, Hounsfield, Slice, jpeg, png, sniff,
};
use crate::Window;

/// A file that is open, with as many slices as it has frames, pages or planes.
#[derive(Debug)]
pub struct SliceFile {
    content: Content,
    limits: DecodeLimits,
}

#[derive(Debug)]
enum Content {
    Png(Vec<u8>),
    Jpeg(Vec<u8>),
    Dicom(Box<DicomFile>),
}

impl SliceFile {
    /// Looks at a file's bytes, told apart by content; no pixel is decoded.
    ///
    /// # Errors
    /// [`DecodeProblem`] if the bytes are no image.
    pub fn new(bytes: Vec<u8>, limits: &DecodeLimits) -> Result<Self, DecodeProblem> {
        let content = match sniff(&bytes)? {
            Format::Png => Content::Png(bytes),
            Format::Jpeg => Content::Jpeg(bytes),
            Format::Dicom => Content::Dicom(Box::new(DicomFile::open(bytes, *limits)?)),
        };
        Ok(Self {
            content,
            limits: *limits,
        })
    }

    /// Reads the file at `path`, as [`new`](Self::new) does.
    ///
    /// # Errors
    /// [`DecodeError`] with the path.
    pub fn open(path: &Path, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        // `std::fs` and not `fs_err`: the path is in `DecodeError` already.
        std::fs::read(path)
            .map_err(DecodeProblem::Io)
            .and_then(|bytes| Self::new(bytes, limits))
            .map_err(|problem| DecodeError::new(path, problem))
    }

    /// How many slices there are; at least 1.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Png(_) | Content::Jpeg(_) => 1,
            Content::Dicom(file) => file.count(),
        }
    }

    /// The slice at `index`, from 0, as [`decode`](super::decode) does.
    ///
    /// # Errors
    /// [`DecodeProblem`]. The other slices may be sound.
    ///
    /// # Panics
    /// If `index` is not below [`count`](Self::count).
    pub fn decode(&self, index: usize, window: Window) -> Result<Slice, DecodeProblem> {
        assert!(index < self.count(), "slice {index} of {}", self.count());
        match &self.content {
            Content::Png(bytes) => png::decode(bytes, self.limits),
            Content::Jpeg(bytes) => jpeg::decode(bytes, self.limits),
            Content::Dicom(file) => file.decode(index, window),
        }
    }

    /// The slice at `index` in Hounsfield units, without a window; `None` for a kind of file that
    /// holds none.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    ///
    /// # Panics
    /// As [`decode`](Self::decode).
    pub fn hounsfield(&self, index: usize) -> Result<Option<Hounsfield>, DecodeProblem> {
        assert!(index < self.count(), "slice {index} of {}", self.count());
        match &self.content {
            Content::Png(_) | Content::Jpeg(_) => Ok(None),
            Content::Dicom(file) => file.hounsfield(index).map(Some),
        }
    }
}
