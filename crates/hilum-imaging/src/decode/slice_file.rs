//! The slices of a file: one, or as many as it has frames, pages or planes.

use std::path::Path;

use super::{DecodeError, DecodeLimits, DecodeProblem, Format, Slice, dicom, jpeg, png, sniff};
use crate::Window;

/// A file that is open, with as many slices as it has frames, pages or planes.
#[derive(Debug)]
pub struct SliceFile {
    bytes: Vec<u8>,
    format: Format,
    limits: DecodeLimits,
}

impl SliceFile {
    /// Looks at a file's bytes, told apart by content; no pixel is decoded.
    ///
    /// # Errors
    /// [`DecodeProblem`] if the bytes are no image.
    pub fn new(bytes: Vec<u8>, limits: &DecodeLimits) -> Result<Self, DecodeProblem> {
        let format = sniff(&bytes)?;
        Ok(Self {
            bytes,
            format,
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
        1
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
        match self.format {
            Format::Png => png::decode(&self.bytes, self.limits),
            Format::Jpeg => jpeg::decode(&self.bytes, self.limits),
            Format::Dicom => dicom::decode(&self.bytes, window, self.limits),
        }
    }
}
