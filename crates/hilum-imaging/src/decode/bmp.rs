//! BMP to eight-bit grey or RGB.

use std::error::Error as _;
use std::io::{Cursor, Error, ErrorKind};

use image::codecs::bmp::BmpDecoder;
use image::{ColorType, ImageDecoder as _, ImageError};

use super::limits::check_expansion;
use super::png::composite_on_black;
use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels};

/// The most that run-length coding makes of a byte: two bytes stand for 255 pixels, and two that
/// move the place where the next pixel goes for 255 rows.
const RLE_RATIO: usize = 1 << 16;

pub(super) fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Slice, DecodeProblem> {
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(problem)?;
    let (width, height) = decoder.dimensions();
    limits.check(Format::Bmp, u64::from(width), u64::from(height))?;
    let (color, channels, count) = match decoder.color_type() {
        ColorType::L8 => (SourceColor::Grey, Channels::Grey, 1),
        ColorType::Rgb8 if decoder.get_palette().is_some() => {
            (SourceColor::Palette, Channels::Rgb, 3)
        }
        ColorType::Rgb8 => (SourceColor::Rgb, Channels::Rgb, 3),
        ColorType::Rgba8 => (SourceColor::Rgba, Channels::Rgb, 4),
        other => {
            return Err(DecodeProblem::Unsupported {
                format: Format::Bmp,
                kind: format!("pixels of the kind {other:?}"),
            });
        }
    };
    let (width, height) = (width as usize, height as usize);
    let length = width * height * count;
    check_expansion(Format::Bmp, length, bytes.len(), RLE_RATIO)?;
    let mut data = vec![0; length];
    decoder.read_image(&mut data).map_err(problem)?;
    if count == 4 {
        composite_on_black::<3, 4>(&mut data);
    }
    Ok(Slice {
        pixels: Pixels::new(width, height, channels, data),
        info: SourceInfo::new(Format::Bmp, width, height, 8, color),
    })
}

fn problem(error: ImageError) -> DecodeProblem {
    let format = Format::Bmp;
    let ends_early = |cause: &Error| cause.kind() == ErrorKind::UnexpectedEof;
    match error {
        ImageError::IoError(cause) if ends_early(&cause) => DecodeProblem::Truncated { format },
        ImageError::Unsupported(cause) => DecodeProblem::Unsupported {
            format,
            kind: cause.to_string(),
        },
        cause => DecodeProblem::Damaged {
            format,
            cause: match cause.source() {
                Some(inner) => inner.to_string().into(),
                None => Box::new(cause),
            },
        },
    }
}
