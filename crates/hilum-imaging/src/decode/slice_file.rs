//! The slices of a file: one, or as many as it has frames, pages or planes.

use std::path::Path;

use super::depth::Rendering;
use super::{
    DecodeError, DecodeLimits, DecodeProblem, Format, Slice, bmp, dicom, jpeg, nifti, png, sniff,
    tiff, webp,
};

/// A file that is open, with as many slices as it has frames, pages or planes.
#[derive(Debug)]
pub struct SliceFile {
    bytes: Vec<u8>,
    format: Format,
    limits: DecodeLimits,
    stack: Stack,
}

/// What was read of a file that may hold several slices.
#[derive(Debug)]
enum Stack {
    One,
    Pages(tiff::Pages),
    Volume(Box<nifti::Volume>),
}

impl SliceFile {
    /// Looks at a file's bytes, told apart by content; no pixel is decoded.
    ///
    /// # Errors
    /// [`DecodeProblem`] if the bytes are no image.
    pub fn new(bytes: Vec<u8>, limits: &DecodeLimits) -> Result<Self, DecodeProblem> {
        let format = sniff(&bytes)?;
        let stack = match format {
            Format::Tiff => Stack::Pages(tiff::Pages::read(&bytes)?),
            Format::Nifti => Stack::Volume(Box::new(nifti::Volume::read(&bytes, *limits)?)),
            _ => Stack::One,
        };
        Ok(Self {
            bytes,
            format,
            limits: *limits,
            stack,
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
        match &self.stack {
            Stack::One => 1,
            Stack::Pages(pages) => pages.count(),
            Stack::Volume(volume) => volume.count(),
        }
    }

    /// The slice at `index`, from 0, as [`decode`](super::decode) does.
    ///
    /// # Errors
    /// [`DecodeProblem`]. The other slices may be sound.
    ///
    /// # Panics
    /// If `index` is not below [`count`](Self::count).
    pub fn decode(
        &self,
        index: usize,
        rendering: impl Into<Rendering>,
    ) -> Result<Slice, DecodeProblem> {
        assert!(index < self.count(), "slice {index} of {}", self.count());
        let (bytes, limits, rendering) = (&self.bytes, self.limits, rendering.into());
        match &self.stack {
            Stack::Pages(pages) => tiff::decode(bytes, pages, index, rendering, limits),
            Stack::Volume(volume) => volume.decode(bytes, index, rendering),
            Stack::One => match self.format {
                Format::Png => png::decode(bytes, rendering, limits),
                Format::Jpeg => jpeg::decode(bytes, limits),
                Format::Bmp => bmp::decode(bytes, limits),
                Format::Webp => webp::decode(bytes, limits),
                Format::Dicom => dicom::decode(bytes, rendering.window, limits),
                Format::Tiff | Format::Nifti => unreachable!("their stacks are read above"),
            },
        }
    }

    /// The slice of a file that has one.
    pub(super) fn only(&self, rendering: Rendering) -> Result<Slice, DecodeProblem> {
        match self.count() {
            1 => self.decode(0, rendering),
            count => Err(DecodeProblem::SeveralSlices {
                format: self.format,
                count,
            }),
        }
    }
}
