//! The slices of a file: one, or as many as it has frames, pages or planes.

use std::path::Path;

use super::depth::Rendering;
use super::dicom::DicomFile;
use super::gathered::Wanted;
use super::{
    DecodeError, DecodeLimits, DecodeProblem, DicomInfo, DicomProblem, Format, Hounsfield, Slice,
    bmp, jpeg, nifti, png, sniff, tiff, webp,
};

/// A slice in Hounsfield units, with what its file says of its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its values, before any window.
    pub hounsfield: Hounsfield,
    /// Between rows, then between columns, in mm; `None` where the file is silent.
    pub spacing_mm: Option<[f64; 2]>,
    /// What a DICOM file said beyond that.
    pub dicom: Option<Box<DicomInfo>>,
}

/// A file that is open, with as many slices as it has frames, pages or planes.
#[derive(Debug)]
pub struct SliceFile {
    format: Format,
    content: Content,
    limits: DecodeLimits,
}

/// What was read of a file that may hold several slices.
#[derive(Debug)]
enum Content {
    /// Of one picture.
    Picture(Vec<u8>),
    Pages(Vec<u8>, tiff::Pages),
    Volume(Vec<u8>, Box<nifti::Volume>),
    Dicom(Box<DicomFile>),
}

impl SliceFile {
    /// Looks at a file's bytes, told apart by content; no pixel is decoded.
    ///
    /// # Errors
    /// [`DecodeProblem`] if the bytes are no image.
    pub fn new(bytes: Vec<u8>, limits: &DecodeLimits) -> Result<Self, DecodeProblem> {
        let format = sniff(&bytes)?;
        let content = match format {
            Format::Tiff => {
                let pages = tiff::Pages::read(&bytes)?;
                Content::Pages(bytes, pages)
            }
            Format::Nifti => {
                let volume = Box::new(nifti::Volume::read(&bytes, *limits)?);
                Content::Volume(bytes, volume)
            }
            Format::Dicom => Content::Dicom(Box::new(DicomFile::open(bytes, *limits)?)),
            Format::Png | Format::Jpeg | Format::Bmp | Format::Webp => Content::Picture(bytes),
        };
        Ok(Self {
            format,
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
            Content::Picture(_) => 1,
            Content::Pages(_, pages) => pages.count(),
            Content::Volume(_, volume) => volume.count(),
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
    pub fn decode(
        &self,
        index: usize,
        rendering: impl Into<Rendering>,
    ) -> Result<Slice, DecodeProblem> {
        self.decode_as(index, rendering.into(), Wanted::OfFile)
    }

    /// The same in as few channels as it takes: one where red, green and blue are equal
    /// everywhere. Takes less time than [`decode`](Self::decode) and
    /// [`Pixels::in_fewest_channels`](crate::Pixels::in_fewest_channels), which say the same.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    ///
    /// # Panics
    /// As [`decode`](Self::decode).
    pub fn decode_in_fewest_channels(
        &self,
        index: usize,
        rendering: impl Into<Rendering>,
    ) -> Result<Slice, DecodeProblem> {
        self.decode_as(index, rendering.into(), Wanted::Fewest)
    }

    fn decode_as(
        &self,
        index: usize,
        rendering: Rendering,
        wanted: Wanted,
    ) -> Result<Slice, DecodeProblem> {
        assert!(index < self.count(), "slice {index} of {}", self.count());
        let limits = self.limits;
        let Slice { pixels, info } = match &self.content {
            Content::Pages(bytes, pages) => tiff::decode(bytes, pages, index, rendering, limits)?,
            Content::Volume(bytes, volume) => volume.decode(bytes, index, rendering)?,
            Content::Dicom(file) => file.decode(index, rendering.window)?,
            Content::Picture(bytes) => match self.format {
                Format::Jpeg => jpeg::decode(bytes, limits)?,
                Format::Bmp => bmp::decode(bytes, limits)?,
                Format::Webp => webp::decode(bytes, limits)?,
                _ => return png::decode(bytes, rendering, wanted, limits),
            },
        };
        Ok(Slice {
            pixels: wanted.of(pixels),
            info,
        })
    }

    /// The slice at `index` in Hounsfield units, without a window; `None` for a kind of file that
    /// does not say so.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    ///
    /// # Panics
    /// As [`decode`](Self::decode).
    pub fn hounsfield(&self, index: usize) -> Result<Option<Hounsfield>, DecodeProblem> {
        assert!(index < self.count(), "slice {index} of {}", self.count());
        match &self.content {
            Content::Dicom(file) => file.hounsfield(index).map(Some),
            _ => Ok(None),
        }
    }

    /// The slice at `index` before any window, with what its file says of its place; `None` for a
    /// kind of file that holds grey levels or colours.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    ///
    /// # Panics
    /// As [`decode`](Self::decode).
    pub fn measured(&self, index: usize) -> Result<Option<Measured>, DecodeProblem> {
        assert!(index < self.count(), "slice {index} of {}", self.count());
        match &self.content {
            Content::Dicom(file) => file.measured(index).map(Some),
            Content::Volume(bytes, volume) => volume.measured(bytes, index).map(Some),
            _ => Ok(None),
        }
    }

    /// The slice of a file that has one.
    pub(crate) fn only(&self, rendering: Rendering) -> Result<Slice, DecodeProblem> {
        match (self.count(), &self.content) {
            (1, _) => self.decode(0, rendering),
            (count, Content::Dicom(_)) => Err(DicomProblem::MultiFrame { count }.into()),
            (count, _) => Err(DecodeProblem::SeveralSlices {
                format: self.format,
                count,
            }),
        }
    }
}
