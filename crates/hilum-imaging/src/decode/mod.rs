//! From a file's bytes to eight-bit pixels.

mod bmp;
mod depth;
mod dicom;
mod error;
mod format;
mod gathered;
mod jpeg;
mod jpeg_outline;
mod limits;
mod nifti;
mod orientation;
mod png;
mod slice_file;
mod source;
mod tiff;
mod webp;

use std::path::Path;

use crate::Pixels;
use dicom::DicomFile;

pub use depth::{Depth, Rendering, SourceDepth};
pub use dicom::{
    CT_STORAGE_CLASSES, Concern, DicomHeader, DicomIdentity, Hounsfield, Nonconformity,
    READ_TRANSFER_SYNTAXES, dicom_patient_id, file_head,
};
pub use error::{DecodeError, DecodeProblem, DecoderCause, DicomProblem};
pub use format::Format;
pub use limits::DecodeLimits;
pub use slice_file::{Measured, SliceFile};
pub use source::{DicomInfo, SourceColor, SourceInfo, SourceNote};

/// Pixels, and what their file said of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Eight bits per value.
    pub pixels: Pixels,
    /// What the file said.
    pub info: SourceInfo,
}

/// Decodes a file of one slice, told apart by content.
///
/// - **PNG** of every depth and colour type. Palettes are looked up, 1, 2 and 4 bits are spread
///   over `0..=255`, opacity is composited on black. A grey file gives grey pixels, a colour file
///   RGB, also where its three values are equal. What 16 bits stand for is `rendering`'s
///   [`Depth`]: of grey levels the eight highest bits are kept (as libpng's `png_set_strip_16`,
///   Pillow and TensorFlow do with all sixteen), Hounsfield units go through the window.
/// - **TIFF**, grey, RGB or CMYK, of 1 to 64 bits, signed or with fractions, uncompressed, PackBits,
///   LZW or deflate: as PNG. Its orientation is applied, as Pillow does.
/// - **BMP** and **WebP**, as PNG of eight bits.
/// - **JPEG**, baseline and progressive, grey, colour or CMYK. The orientation that EXIF names is
///   applied. A file that ends early or is damaged inside is an error, never half an image; one
///   that lacks its end marker alone is read, and noted.
/// - **NIfTI** of one plane: Hounsfield units through the window, as DICOM.
/// - **DICOM** CT: rescaled to Hounsfield units and put through the window; see
///   [`Window`](crate::Window). Padding pixels are black, MONOCHROME1 is inverted. Uncompressed,
///   deflated, RLE, JPEG (8 and 12 bits, lossless), JPEG-LS, JPEG 2000 and HTJ2K pixels are read.
///   What a file departs from the standard in is noted in [`DicomInfo::nonconformities`].
///
/// # Errors
/// [`DecodeProblem`]; [`decode_file`] adds the path. [`DecodeProblem::SeveralSlices`] for more than
/// one; [`SliceFile`] reads those.
pub fn decode(
    bytes: &[u8],
    rendering: impl Into<Rendering>,
    limits: &DecodeLimits,
) -> Result<Slice, DecodeProblem> {
    SliceFile::new(bytes.to_vec(), limits)?.only(rendering.into())
}

/// Reads a file and decodes it as [`decode`] does.
pub fn decode_file(
    path: &Path,
    rendering: impl Into<Rendering>,
    limits: &DecodeLimits,
) -> Result<Slice, DecodeError> {
    SliceFile::open(path, limits)?
        .only(rendering.into())
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
        Format::Bmp => not_dicom("BMP, which holds no Hounsfield units"),
        Format::Webp => not_dicom("WebP, which holds no Hounsfield units"),
        Format::Tiff => not_dicom("TIFF, which does not say that it holds Hounsfield units"),
        Format::Nifti => not_dicom("NIfTI, which is no DICOM"),
    }
}

/// A member of an archive, or the end of one without members.
const ZIP_SIGNATURE: &[u8] = b"PK\x03\x04";

fn sniff(bytes: &[u8]) -> Result<Format, DecodeProblem> {
    if bytes.is_empty() {
        return Err(DecodeProblem::Empty);
    }
    if bytes.starts_with(ZIP_SIGNATURE) {
        return Err(DecodeProblem::Archive);
    }
    Format::sniff(bytes).ok_or_else(|| DecodeProblem::NotAnImage {
        found: format::describe(bytes),
    })
}
