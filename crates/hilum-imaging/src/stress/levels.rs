//! Every grey level becomes another, the same everywhere in the image.

use crate::Pixels;

/// Every value of `pixels` looked up.
pub(super) fn looked_up(pixels: &Pixels, level: impl Fn(u8) -> u8) -> Pixels {
    let table: Vec<u8> = (0..=u8::MAX).map(level).collect();
    let data = pixels.data().iter();
    let data = data.map(|value| table[usize::from(*value)]).collect();
    Pixels::new(pixels.width(), pixels.height(), pixels.channels(), data)
}

/// From `degenerate` at a factor of 0, over `level` at 1, and on beyond it, rounded down and clipped:
/// Pillow's `Image.blend` (`ImagingBlend` in `Blend.c`), to the bit.
pub(super) fn blended(degenerate: u8, level: u8, factor: f64) -> u8 {
    let (from, to) = (f32::from(degenerate), f32::from(level));
    // The cast cuts off the fraction, and what is below 0 or above 255.
    (from + factor as f32 * (to - from)) as u8
}

/// Values of pixels as bytes, rounded.
pub(super) fn rounded(pixels: &Pixels, values: &[f32]) -> Pixels {
    let byte = |value: &f32| value.clamp(0.0, 255.0).round() as u8;
    let data = values.iter().map(byte).collect();
    Pixels::new(pixels.width(), pixels.height(), pixels.channels(), data)
}
