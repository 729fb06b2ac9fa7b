//! Lighter or darker.

use super::levels::{blended, looked_up};
use crate::Pixels;

/// Every grey level times `factor`, as Pillow's `ImageEnhance.Brightness`.
pub(super) fn scaled(pixels: &Pixels, factor: f64) -> Pixels {
    looked_up(pixels, |level| blended(0, level, factor))
}

/// `offset` added to every grey level, clipped to black and white.
pub(super) fn raised(pixels: &Pixels, offset: f64) -> Pixels {
    looked_up(pixels, |level| {
        (f64::from(level) + offset).clamp(0.0, 255.0).round() as u8
    })
}
