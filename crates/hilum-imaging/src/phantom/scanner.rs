//! What the scanner adds: blur, noise, whole numbers.

use super::HounsfieldSlice;
use super::anatomy::Anatomy;
use super::canvas::Canvas;
use super::random::Stream;

/// Millimetres between slices, which is also their thickness.
const SLICE_DISTANCE_MM: f64 = 5.0;

/// Deviation of the point-spread function, in millimetres.
const BLUR_MM: f64 = 0.55;

/// The slice as the scanner reconstructs it.
pub(super) fn scan(canvas: &Canvas, anatomy: &Anatomy) -> HounsfieldSlice {
    let size = canvas.size();
    let side = side_weight(BLUR_MM / canvas.spacing_mm());
    let blurred = smooth(canvas.values(), size, side);
    let noise = correlated_noise(anatomy, size);
    let reach = size as f32 / 2.0;
    let mut values = Vec::with_capacity(size * size);
    for row in 0..size {
        let y = (row as f32 + 0.5 - reach) / reach;
        for column in 0..size {
            let x = (column as f32 + 0.5 - reach) / reach;
            // Rays through the middle pass most tissue, so fewer photons arrive.
            let strength = anatomy.noise_hu * (1.15 - 0.6 * (x * x + y * y)).max(0.4);
            let index = row * size + column;
            let value = blurred[index] + strength * noise[index];
            values.push(value.round().clamp(-1024.0, 3071.0) as i16);
        }
    }
    HounsfieldSlice {
        size,
        values,
        spacing_mm: canvas.spacing_mm(),
        thickness_mm: SLICE_DISTANCE_MM,
        location_mm: -SLICE_DISTANCE_MM * anatomy.slice_index as f64,
    }
}

/// Noise of deviation 1 with the spectrum of filtered back-projection: little at the lowest
/// frequencies, where the ramp filter is small, and little at the highest, where the
/// reconstruction kernel is.
fn correlated_noise(anatomy: &Anatomy, size: usize) -> Vec<f32> {
    let random = &mut anatomy.random(Stream::Noise);
    let white: Vec<f32> = (0..size * size).map(|_| random.normal()).collect();
    let fine = smooth(&white, size, 0.24);
    let coarse = smooth(&smooth(&fine, size, 0.33), size, 0.33);
    let mut noise: Vec<f32> = fine.iter().zip(coarse).map(|(a, b)| a - 0.7 * b).collect();
    let power: f64 = noise.iter().map(|value| f64::from(value * value)).sum();
    let scale = 1.0 / (power / noise.len() as f64).sqrt() as f32;
    for value in &mut noise {
        *value *= scale;
    }
    noise
}

/// The outer weight of a three-point kernel with the variance of a Gaussian of `deviation`.
fn side_weight(deviation: f64) -> f32 {
    (deviation * deviation / 2.0).min(1.0 / 3.0) as f32
}

/// Rows and columns smoothed by `side, 1 - 2 side, side`; the edge repeats.
fn smooth(values: &[f32], size: usize, side: f32) -> Vec<f32> {
    let middle = 1.0 - 2.0 * side;
    let mut rows = vec![0.0; values.len()];
    for (out, line) in rows.chunks_exact_mut(size).zip(values.chunks_exact(size)) {
        out[0] = (middle + side) * line[0] + side * line[1];
        for (value, window) in out[1..].iter_mut().zip(line.windows(3)) {
            *value = side * (window[0] + window[2]) + middle * window[1];
        }
        out[size - 1] = (middle + side) * line[size - 1] + side * line[size - 2];
    }
    let mut columns = vec![0.0; values.len()];
    for (row, out) in columns.chunks_exact_mut(size).enumerate() {
        let line = |row: usize| &rows[row * size..(row + 1) * size];
        let above = line(row.saturating_sub(1));
        let below = line((row + 1).min(size - 1));
        let neighbours = above.iter().zip(below);
        for ((value, here), (above, below)) in out.iter_mut().zip(line(row)).zip(neighbours) {
            *value = side * (above + below) + middle * here;
        }
    }
    columns
}
