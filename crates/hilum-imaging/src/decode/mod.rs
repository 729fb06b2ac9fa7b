//! From a file's bytes to eight-bit pixels.

mod dicom;
mod error;
mod format;
mod jpeg;
mod jpeg_outline;
mod png;
mod slice_file;
mod source;

use std::path::Path;

use crate::{Pixels, Window};
use dicom::DicomFile;

pub use dicom::{Concern, Hounsfield, Nonconformity, dicom_patient_id};
pub use error::{DecodeError, DecodeProblem, DecoderCause, DicomProblem};
pub use format::Format;
pub use slice_file::SliceFile;
pub use source::{DicomInfo, SourceColor, SourceInfo};

/// What a decoder refuses before it allocates anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The largest `width * height`, by the file's header.
    pub max_pixels: u64,
}

impl Default for DecodeLimits {
    /// A hundred million pixels, such as 10,000 x 10,000: four hundred times a CT slice.
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
        }
    }
}

impl DecodeLimits {
    fn check(self, format: Format, width: u64, height: u64) -> Result<(), DecodeProblem> {
        if width == 0 || height == 0 {
            return Err(DecodeProblem::NoPixels {
                format,
                width,
                height,
            });
        }
        if width.saturating_mul(height) > self.max_pixels {
            return Err(DecodeProblem::TooManyPixels {
                width,
                height,
                limit: self.max_pixels,
            });
        }
        Ok(())
    }
}

/// Pixels, and what their file said of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Eight bits per value.
    pub pixels: Pixels,
    /// What the file said.
    pub info: SourceInfo,
}

/// Decodes PNG, JPEG or a DICOM CT slice, told apart by content.
///
/// - **PNG** of every depth and colour type. Palettes are looked up, 1, 2 and 4 bits are spread
///   over `0..=255`, 16 bits keep their high byte (as libpng's `png_set_strip_16`, Pillow and
///   TensorFlow do), opacity is composited on black. A grey file gives grey pixels, a colour file
///   RGB, also where its three values are equal.
/// - **JPEG**, baseline and progressive, grey or colour. EXIF orientation is ignored, as Pillow
///   and Keras do by default. A file that ends early or is damaged inside is an error, never half
///   an image.
/// - **DICOM** CT: rescaled to Hounsfield units and put through `window`, which other formats
///   ignore; see [`Window`]. Padding pixels are black, MONOCHROME1 is inverted. Uncompressed,
///   deflated, RLE, JPEG (8 and 12 bits, lossless), JPEG-LS, JPEG 2000 and HTJ2K pixels are read.
///   What a file departs from the standard in is noted in [`DicomInfo::nonconformities`]. A file
///   of several frames is several slices: [`SliceFile`].
///
/// # Errors
/// [`DecodeProblem`]; [`decode_file`] adds the path.
pub fn decode(bytes: &[u8], window: Window, limits: &DecodeLimits) -> Result<Slice, DecodeProblem> {
    match sniff(bytes)? {
        Format::Png => png::decode(bytes, *limits),
        Format::Jpeg => jpeg::decode(bytes, *limits),
        Format::Dicom => DicomFile::only(bytes.to_vec(), *limits)?.decode(0, window),
    }
}

/// Reads a file and decodes it as [`decode`] does.
pub fn decode_file(
    path: &Path,
    window: Window,
    limits: &DecodeLimits,
) -> Result<Slice, DecodeError> {
    // `std::fs` and not `fs_err`: the path is in `DecodeError` already.
    std::fs::read(path)
        .map_err(DecodeProblem::Io)
        .and_then(|bytes| decode(&bytes, window, limits))
        .map_err(|problem| DecodeError::new(path, problem))
}

/// Decodes a DICOM CT slice to Hounsfield units, without a window.
///
/// # Errors
/// As [`decode`]; [`DecodeProblem::NotAnImage`] for bytes that are not DICOM.
pub fn decode_hounsfield(bytes: &[u8], limits: &DecodeLimits) -> Result<Hounsfield, DecodeProblem> {
    let not_dicom = |found| Err(DecodeProblem::NotAnImage { found });
    match sniff(bytes)? {
        Format::Dicom => DicomFile::only(bytes.to_vec(), *limits)?.hounsfield(0),
        Format::Png => not_dicom("PNG, which holds no Hounsfield units"),
        Format::Jpeg => not_dicom("JPEG, which holds no Hounsfield units"),
    }
}

fn sniff(bytes: &[u8]) -> Result<Format, DecodeProblem> {
    if bytes.is_empty() {
        return Err(DecodeProblem::Empty);
    }
    Format::sniff(bytes).ok_or_else(|| DecodeProblem::NotAnImage {
        found: format::describe(bytes),
    })
}
