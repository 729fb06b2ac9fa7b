//! JPEG to eight-bit grey or RGB.
//!
//! The decoder fills what a broken file lacks with grey; here that is an error. EXIF orientation
//! is ignored, as Pillow and Keras ignore it.

use std::io::ErrorKind;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::{ZByteIoError, ZCursor};
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::jpeg_outline::{JpegOutline, JpegProcess, OutlineError};
use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels};

const LARGEST_SIDE: usize = 65_535;

pub(super) fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Slice, DecodeProblem> {
    let outline = JpegOutline::read(bytes)?;
    limits.check(
        Format::Jpeg,
        u64::from(outline.width),
        u64::from(outline.height),
    )?;
    let (channels, color, colorspace) = kind(outline)?;
    if !outline.is_complete {
        return Err(DecodeProblem::Truncated {
            format: Format::Jpeg,
        });
    }

    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(LARGEST_SIDE)
        .set_max_height(LARGEST_SIDE)
        .jpeg_set_out_colorspace(colorspace);
    let data = JpegDecoder::new_with_options(ZCursor::new(bytes), options)
        .decode()
        .map_err(problem)?;
    let (width, height) = (usize::from(outline.width), usize::from(outline.height));
    if data.len() != width * height * channels.count() {
        return Err(damaged("the decoder gave another number of pixels"));
    }
    Ok(Slice {
        pixels: Pixels::new(width, height, channels, data),
        info: SourceInfo {
            format: Format::Jpeg,
            width,
            height,
            bits: outline.precision,
            color,
            dicom: None,
        },
    })
}

/// What the file's components become; an error for what the decoder does not take.
fn kind(outline: JpegOutline) -> Result<(Channels, SourceColor, ColorSpace), DecodeProblem> {
    let unsupported = |kind| Err(DecodeProblem::UnsupportedJpeg { kind });
    match outline.process {
        JpegProcess::Huffman => {}
        JpegProcess::Lossless => return unsupported("lossless compression"),
        JpegProcess::Other => return unsupported("arithmetic or hierarchical coding"),
    }
    if outline.precision != 8 {
        return unsupported("more than 8 bits per value");
    }
    match outline.components {
        1 => Ok((Channels::Grey, SourceColor::Grey, ColorSpace::Luma)),
        3 => Ok((Channels::Rgb, SourceColor::Rgb, ColorSpace::RGB)),
        4 => unsupported("four colours (CMYK)"),
        _ => unsupported("a number of colours other than one or three"),
    }
}

impl From<OutlineError> for DecodeProblem {
    fn from(error: OutlineError) -> Self {
        match error {
            OutlineError::Truncated => Self::Truncated {
                format: Format::Jpeg,
            },
            OutlineError::Malformed => damaged("a marker stands where none may"),
        }
    }
}

fn damaged(what: &'static str) -> DecodeProblem {
    DecodeProblem::Damaged {
        format: Format::Jpeg,
        cause: what.into(),
    }
}

fn problem(error: DecodeErrors) -> DecodeProblem {
    let format = Format::Jpeg;
    let ends_early = match &error {
        DecodeErrors::ExhaustedData => true,
        DecodeErrors::IoErrors(ZByteIoError::StdIoError(cause)) => {
            cause.kind() == ErrorKind::UnexpectedEof
        }
        DecodeErrors::FormatStatic(text) => *text == "Premature end of buffer",
        _ => false,
    };
    if ends_early {
        DecodeProblem::Truncated { format }
    } else {
        DecodeProblem::Damaged {
            format,
            cause: Box::new(error),
        }
    }
}
