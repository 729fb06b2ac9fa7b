//! Grain.

use super::levels::rounded;
use crate::augment::draws::Draws;
use crate::{Pixels, Transform};

/// What all draws are keyed with.
const SEED: u64 = 32;

/// Gaussian noise of this deviation in grey levels, the same for all channels of a pixel, clipped to
/// black and white; the same noise for the same `key`.
///
/// White, a value a pixel: the noise of a scanner is smoother, and that of a low dose lies in streaks.
pub(super) fn added(pixels: &Pixels, std: f64, key: u64) -> Pixels {
    let noise = Transform {
        noise_std: std as f32,
        noise_seed: Draws::new(*b"stress\0\0", SEED, 0, key as usize).word(),
        ..Transform::identity()
    };
    let mut values = vec![0.0; pixels.data().len()];
    noise.apply(pixels, &mut values);
    rounded(pixels, &values)
}
