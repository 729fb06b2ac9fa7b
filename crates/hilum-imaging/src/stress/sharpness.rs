//! Another reconstruction kernel.

use super::levels::rounded;
use crate::Pixels;

/// The deviation of the Gaussian that tells detail from the rest, as a share of the longer side: two
/// pixels of 512.
const DEVIATION: f64 = 1.0 / 250.0;

/// Its tails are cut there, in deviations; as `scipy.ndimage.gaussian_filter` does.
const REACH: f64 = 4.0;

/// What a Gaussian takes away, times `factor`: 0 is the blur alone, 1 the image, 2 an unsharp mask of
/// 100%. Edges are repeated.
pub(super) fn scaled(pixels: &Pixels, factor: f64) -> Pixels {
    let longest = pixels.width().max(pixels.height());
    let weights = gaussian(DEVIATION * longest as f64);
    let values: Vec<f32> = pixels
        .data()
        .iter()
        .map(|level| f32::from(*level))
        .collect();
    let stride = pixels.width() * pixels.channels().count();
    let down = blurred_down(&values, stride, &weights);
    let blurred = blurred_across(&down, stride, pixels.channels().count(), &weights);
    let factor = factor as f32;
    let sharper: Vec<f32> = values
        .iter()
        .zip(&blurred)
        .map(|(value, blurred)| blurred + factor * (value - blurred))
        .collect();
    rounded(pixels, &sharper)
}

/// Weights that add up to 1, the middle one in the middle.
fn gaussian(deviation: f64) -> Vec<f32> {
    let reach = (REACH * deviation + 0.5) as usize;
    let weight = |at: usize| {
        let distance = at as f64 - reach as f64;
        (-0.5 * (distance / deviation).powi(2)).exp()
    };
    let weights: Vec<f64> = (0..=2 * reach).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

/// Whole rows at a time, `stride` values each.
fn blurred_down(values: &[f32], stride: usize, weights: &[f32]) -> Vec<f32> {
    let reach = weights.len() / 2;
    let last = values.len() / stride - 1;
    let mut blurred = vec![0.0; values.len()];
    for (row, out) in blurred.chunks_exact_mut(stride).enumerate() {
        for (place, weight) in weights.iter().enumerate() {
            let read = (row + place).saturating_sub(reach).min(last);
            let line = &values[read * stride..(read + 1) * stride];
            for (sum, value) in out.iter_mut().zip(line) {
                *sum += weight * value;
            }
        }
    }
    blurred
}

fn blurred_across(values: &[f32], stride: usize, channels: usize, weights: &[f32]) -> Vec<f32> {
    let reach = weights.len() / 2;
    let mut blurred = vec![0.0; values.len()];
    let mut padded = vec![0.0; stride + 2 * reach * channels];
    for (line, out) in values
        .chunks_exact(stride)
        .zip(blurred.chunks_exact_mut(stride))
    {
        let (first, last) = (&line[..channels], &line[stride - channels..]);
        let (before, rest) = padded.split_at_mut(reach * channels);
        let (own, behind) = rest.split_at_mut(stride);
        own.copy_from_slice(line);
        before
            .chunks_exact_mut(channels)
            .for_each(|one| one.copy_from_slice(first));
        behind
            .chunks_exact_mut(channels)
            .for_each(|one| one.copy_from_slice(last));
        for (place, weight) in weights.iter().enumerate() {
            let read = &padded[place * channels..place * channels + stride];
            for (sum, value) in out.iter_mut().zip(read) {
                *sum += weight * value;
            }
        }
    }
    blurred
}
