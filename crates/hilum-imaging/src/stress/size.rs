//! A file of another size.

use crate::{Interpolation, Pixels};

/// Both sides times `factor`, as Pillow's `resize` with `BILINEAR`; a pixel at least.
pub(super) fn scaled(pixels: &Pixels, factor: f64) -> Pixels {
    let side = |pixels: usize| ((pixels as f64 * factor).round() as usize).max(1);
    let (width, height) = (side(pixels.width()), side(pixels.height()));
    pixels.resize(width, height, Interpolation::Bilinear)
}
