//! JPEG to eight-bit grey or RGB.
//!
//! The decoder fills what a broken file lacks with grey; here that is an error. The orientation that
//! EXIF names is applied, as viewers do; Pillow and Keras leave it to their callers.

use std::io::ErrorKind;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::{ZByteIoError, ZCursor};
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::jpeg_outline::{JpegOutline, JpegProcess, OutlineError};
use super::limits::check_expansion;
use super::orientation::Orientation;
use super::source::{SourceColor, SourceInfo, SourceNote};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels};

const LARGEST_SIDE: usize = 65_535;

/// More than JPEG makes of a byte: a bit for each block of 64 pixels, colours at a quarter of the
/// width and height.
const RATIO: usize = 4096;

pub(super) fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Slice, DecodeProblem> {
    let outline = JpegOutline::read(bytes)?;
    limits.check(
        Format::Jpeg,
        u64::from(outline.width),
        u64::from(outline.height),
    )?;
    let (channels, color, colorspace) = kind(outline)?;
    let (width, height) = (usize::from(outline.width), usize::from(outline.height));
    let length = width * height * channels.count();
    check_expansion(Format::Jpeg, length, bytes.len(), RATIO)?;
    let mut info = SourceInfo::new(Format::Jpeg, width, height, outline.precision, color);
    let (data, orientation) = if outline.is_complete {
        decode_whole(bytes, colorspace)?
    } else {
        info.notes.push(SourceNote::NoEndMarker);
        decode_without_end(bytes, outline, colorspace)?
    };
    if data.len() != length {
        return Err(damaged("the decoder gave another number of pixels"));
    }
    let pixels = Pixels::new(width, height, channels, data);
    Ok(Slice {
        pixels: orientation.apply(pixels),
        info,
    })
}

fn decode_whole(
    bytes: &[u8],
    colorspace: ColorSpace,
) -> Result<(Vec<u8>, Orientation), DecodeProblem> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(LARGEST_SIDE)
        .set_max_height(LARGEST_SIDE)
        .jpeg_set_out_colorspace(colorspace);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let data = decoder.decode().map_err(problem)?;
    let orientation = decoder.exif().map(|exif| Orientation::of_exif(exif));
    Ok((data, orientation.unwrap_or(Orientation::of_tag(1))))
}

/// Decodes a file that lacks its end marker, if its picture is whole: if no pixel changes with what
/// is put in the missing place.
fn decode_without_end(
    bytes: &[u8],
    outline: JpegOutline,
    colorspace: ColorSpace,
) -> Result<(Vec<u8>, Orientation), DecodeProblem> {
    const TRUNCATED: DecodeProblem = DecodeProblem::Truncated {
        format: Format::Jpeg,
    };
    if !outline.has_all_scans {
        return Err(TRUNCATED);
    }
    // Half of the marker may be there.
    let end = bytes.iter().rposition(|byte| *byte != 0xff);
    let bytes = &bytes[..end.map_or(0, |last| last + 1)];
    let ended_by = |filling: [u8; 32]| {
        let mut bytes = bytes.to_vec();
        bytes.extend_from_slice(&filling);
        bytes.extend_from_slice(&[0xff, 0xd9]);
        decode_whole(&bytes, colorspace).map_err(|_| TRUNCATED)
    };
    let one = ended_by([0; 32])?;
    for filling in [[0xaa; 32], [0x55; 32]] {
        if ended_by(filling)? != one {
            return Err(TRUNCATED);
        }
    }
    Ok(one)
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
        // Inks are stored as light, as Adobe does and Pillow takes for granted.
        4 => Ok((Channels::Rgb, SourceColor::Cmyk, ColorSpace::RGB)),
        _ => unsupported("a number of colours other than one, three or four"),
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
