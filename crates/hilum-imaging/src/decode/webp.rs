//! WebP to eight-bit RGB.

use std::io::{Cursor, ErrorKind};

use image_webp::{DecodingError, WebPDecoder};

use super::orientation::Orientation;
use super::png::composite_on_black;
use super::source::{SourceColor, SourceInfo};
use super::{DecodeLimits, DecodeProblem, Format, Slice};
use crate::{Channels, Pixels};

pub(super) fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Slice, DecodeProblem> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(problem)?;
    decoder.set_memory_limit(bytes.len());
    let (width, height) = decoder.dimensions();
    limits.check(Format::Webp, u64::from(width), u64::from(height))?;
    if decoder.is_animated() {
        return Err(DecodeProblem::Unsupported {
            format: Format::Webp,
            kind: "an animation".to_owned(),
        });
    }
    let color = if decoder.has_alpha() {
        SourceColor::Rgba
    } else {
        SourceColor::Rgb
    };
    let (width, height) = (width as usize, height as usize);
    let mut data = vec![0; width * height * if decoder.has_alpha() { 4 } else { 3 }];
    decoder.read_image(&mut data).map_err(problem)?;
    if decoder.has_alpha() {
        composite_on_black::<3, 4>(&mut data);
    }
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let pixels = Pixels::new(width, height, Channels::Rgb, data);
    Ok(Slice {
        pixels: Orientation::of_exif(&exif).apply(pixels),
        info: SourceInfo::new(Format::Webp, width, height, 8, color),
    })
}

fn problem(error: DecodingError) -> DecodeProblem {
    let format = Format::Webp;
    match error {
        DecodingError::IoError(cause) if cause.kind() == ErrorKind::UnexpectedEof => {
            DecodeProblem::Truncated { format }
        }
        cause => DecodeProblem::Damaged {
            format,
            cause: Box::new(cause),
        },
    }
}
