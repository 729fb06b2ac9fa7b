//! Flatter or steeper.

use super::levels::{blended, looked_up};
use crate::Pixels;

/// Every value away from (above 1) or towards (below 1) the mean grey of the image, which is rounded
/// to a whole level; Pillow's `ImageEnhance.Contrast`.
pub(super) fn scaled(pixels: &Pixels, factor: f64) -> Pixels {
    let mean = mean_grey(pixels);
    looked_up(pixels, |level| blended(mean, level, factor))
}

fn mean_grey(pixels: &Pixels) -> u8 {
    let grey = pixels.to_grey();
    let sum: u64 = grey.data().iter().map(|level| u64::from(*level)).sum();
    (sum as f64 / grey.data().len() as f64 + 0.5) as u8
}
