//! Softer or sharper, as another reconstruction kernel would have it.

use crate::Pixels;

/// Moves every pixel towards (above 0) or away from (below 0) the mean of its neighbourhood,
/// weighted 1 2 1 in both directions: at 1 a blur, at -1 an unsharp mask of the same size.
pub(super) fn change(pixels: &mut Pixels, amount: f64) {
    let (width, height) = (pixels.width(), pixels.height());
    let channels = pixels.channels().count();
    let stride = width * channels;
    let source = pixels.data().to_vec();
    let mut column_sums = vec![0_u16; stride];
    let amount = amount as f32;
    for (row, values) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
        let line = |row: usize| &source[row * stride..(row + 1) * stride];
        let above = line(row.saturating_sub(1));
        let below = line((row + 1).min(height - 1));
        let own = line(row);
        for (at, sum) in column_sums.iter_mut().enumerate() {
            *sum = u16::from(above[at]) + 2 * u16::from(own[at]) + u16::from(below[at]);
        }
        for (at, value) in values.iter_mut().enumerate() {
            let left = column_sums[at.checked_sub(channels).unwrap_or(at)];
            let right = column_sums[if at + channels < stride {
                at + channels
            } else {
                at
            }];
            let sum = u32::from(left) + 2 * u32::from(column_sums[at]) + u32::from(right);
            let own = f32::from(own[at]);
            let mean = sum as f32 / 16.0;
            *value = (own + amount * (mean - own)).clamp(0.0, 255.0).round() as u8;
        }
    }
}
