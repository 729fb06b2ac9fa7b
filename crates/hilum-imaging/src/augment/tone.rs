//! What changes grey values and leaves every pixel where it is; all in `0.0..=255.0`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::Erasure;
use crate::{Channels, Pixels};

const WHITE: f32 = 255.0;

/// Keras's `apply_channel_shift`: added to every channel, clipped to the image's own range.
pub(super) fn shift_channels(values: &mut [f32], shift: f32) {
    let lowest = values.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in values {
        *value = (*value + shift).clamp(lowest, highest);
    }
}

/// Pillow's `ImageEnhance.Brightness`, without its rounding down to bytes.
pub(super) fn scale_brightness(values: &mut [f32], factor: f32) {
    for value in values {
        *value = (*value * factor).clamp(0.0, WHITE);
    }
}

/// torchvision's `adjust_contrast`: away from or towards the mean grey.
pub(super) fn scale_contrast(values: &mut [f32], channels: Channels, factor: f32) {
    let mean = mean_grey(values, channels);
    for value in values {
        *value = (mean + (*value - mean) * factor).clamp(0.0, WHITE);
    }
}

/// The mean of ITU-R BT.601 luma, with torchvision's digits; of the only channel, if it is one.
fn mean_grey(values: &[f32], channels: Channels) -> f32 {
    let count = values.len() / channels.count();
    let sum = match channels {
        Channels::Grey => sum(values),
        Channels::Rgb => {
            let luma = |[red, green, blue]: &[f32; 3]| 0.2989 * red + 0.587 * green + 0.114 * blue;
            let (pixels, _) = values.as_chunks::<3>();
            pixels.iter().map(luma).map(f64::from).sum()
        }
    };
    (sum / count as f64) as f32
}

/// The sum, by way of eight sums that do not wait for one another.
fn sum(values: &[f32]) -> f64 {
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += f64::from(*value);
        }
    }
    let rest: f64 = rest.iter().copied().map(f64::from).sum();
    sums.iter().sum::<f64>() + rest
}

/// Gaussian noise, the same for all channels of a pixel, clipped to black and white.
pub(super) fn add_noise(values: &mut [f32], channels: Channels, std: f32, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for pixel in values.chunks_exact_mut(channels.count()) {
        let normal: f32 = StandardNormal.sample(&mut random);
        for value in pixel {
            *value = (*value + std * normal).clamp(0.0, WHITE);
        }
    }
}

/// Paints the part of `erasure` that lies on the image.
pub(super) fn erase(values: &mut [f32], pixels: &Pixels, erasure: &Erasure) {
    let channels = pixels.channels().count();
    let right = (erasure.left + erasure.width).min(pixels.width());
    let left = erasure.left.min(right);
    values
        .chunks_exact_mut(pixels.width() * channels)
        .skip(erasure.top)
        .take(erasure.height)
        .for_each(|row| row[left * channels..right * channels].fill(erasure.fill));
}
