//! Saved as JPEG, and read again.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::decode::decode;
use crate::{Channels, DecodeLimits, DecodeProblem, Format, Pixels, Window};

/// The longest side that JPEG has.
const LONGEST: usize = 65_535;

/// What is left of the pixels at `quality`, from 1 to 100: the tables of the standard's annex K,
/// scaled as libjpeg does, colours at full size. An image that is too long to be a JPEG stays what it
/// is.
///
/// # Errors
/// [`DecodeProblem`] if it cannot be saved or read.
pub(super) fn saved(pixels: &Pixels, quality: u8) -> Result<Pixels, DecodeProblem> {
    if pixels.width().max(pixels.height()) > LONGEST {
        return Ok(pixels.clone());
    }
    let unlimited = DecodeLimits {
        max_pixels: u64::MAX,
    };
    Ok(decode(&encoded(pixels, quality)?, Window::LUNG, &unlimited)?.pixels)
}

fn encoded(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, DecodeProblem> {
    let damaged = |cause| DecodeProblem::Damaged {
        format: Format::Jpeg,
        cause,
    };
    let side = |side: usize| u32::try_from(side).map_err(|error| damaged(Box::new(error)));
    let (width, height) = (side(pixels.width())?, side(pixels.height())?);
    let color = match pixels.channels() {
        Channels::Grey => ExtendedColorType::L8,
        Channels::Rgb => ExtendedColorType::Rgb8,
    };
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(pixels.data(), width, height, color)
        .map_err(|error| damaged(Box::new(error)))?;
    Ok(bytes)
}
