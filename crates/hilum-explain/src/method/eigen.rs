//! Eigen-CAM: the first principal component of what a layer made.
//!
//! A component has no sign of its own. As pytorch-grad-cam shows it, the sign is what LAPACK's
//! `gesdd` leaves, which Householder reflections decide; see [`turned`].

use super::Layer;
use crate::HeatMap;

/// The places' projections on the first component; what is below zero is cut off.
pub(super) fn map(layer: &Layer<'_>) -> HeatMap {
    let rows = Rows::centred(layer);
    let projections = turned(&rows, first_projections(&rows));
    layer.map(
        projections
            .into_iter()
            .map(|value| value.max(0.0) as f32)
            .collect(),
    )
}

/// A row per place of its channels, less the channel's mean.
struct Rows {
    places: usize,
    channels: usize,
    values: Vec<f64>,
}

impl Rows {
    fn centred(layer: &Layer<'_>) -> Self {
        let (places, channels) = (layer.shape.height * layer.shape.width, layer.shape.channels);
        let is_number = |value: &f32| {
            if value.is_nan() {
                0.0
            } else {
                f64::from(*value)
            }
        };
        let mut values: Vec<f64> = layer.results.iter().map(is_number).collect();
        let mut means = vec![0.0; channels];
        for row in values.chunks_exact(channels) {
            for (mean, value) in means.iter_mut().zip(row) {
                *mean += value / places as f64;
            }
        }
        for row in values.chunks_exact_mut(channels) {
            for (value, mean) in row.iter_mut().zip(&means) {
                *value -= mean;
            }
        }
        Self {
            places,
            channels,
            values,
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.channels)
    }

    /// `R^T x`, by channel.
    fn by_channel(&self, of_places: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.channels];
        for (row, factor) in self.rows().zip(of_places) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value * factor;
            }
        }
        sums
    }

    /// `R v`, by place.
    fn by_place(&self, of_channels: &[f64]) -> Vec<f64> {
        self.rows().map(|row| dot(row, of_channels)).collect()
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// Steps of the power iteration; two components of nearly the same size are told apart by no one.
const MOST_STEPS: usize = 2000;

/// `R v` for the first right singular vector `v`, of either sign: the power iteration on the
/// smaller of `R R^T` and `R^T R`.
fn first_projections(rows: &Rows) -> Vec<f64> {
    let by_places = rows.places <= rows.channels;
    let size = rows.places.min(rows.channels);
    let gram = gram(rows, by_places, size);
    // A start of which no component is likely to be free.
    let mut vector: Vec<f64> = (0..size)
        .map(|at| 1.0 + (at * 7919 % 104_729) as f64 / 1e5)
        .collect();
    normalise(&mut vector);
    for _ in 0..MOST_STEPS {
        let mut next: Vec<f64> = gram
            .chunks_exact(size)
            .map(|row| dot(row, &vector))
            .collect();
        if !normalise(&mut next) {
            return vec![0.0; rows.places];
        }
        let moved: f64 = next.iter().zip(&vector).map(|(a, b)| (a - b).abs()).sum();
        vector = next;
        if moved < 1e-13 * size as f64 {
            break;
        }
    }
    let mut of_channels = if by_places {
        rows.by_channel(&vector)
    } else {
        vector
    };
    normalise(&mut of_channels);
    rows.by_place(&of_channels)
}

fn gram(rows: &Rows, by_places: bool, size: usize) -> Vec<f64> {
    let mut gram = vec![0.0; size * size];
    if by_places {
        let all: Vec<&[f64]> = rows.rows().collect();
        for (to, one) in gram.chunks_exact_mut(size).zip(&all) {
            for (to, other) in to.iter_mut().zip(&all) {
                *to = dot(one, other);
            }
        }
    } else {
        for row in rows.rows() {
            for (to, factor) in gram.chunks_exact_mut(size).zip(row) {
                for (to, value) in to.iter_mut().zip(row) {
                    *to += factor * value;
                }
            }
        }
    }
    gram
}

/// Whether there was a length.
fn normalise(vector: &mut [f64]) -> bool {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        for value in vector.iter_mut() {
            *value /= length;
        }
    }
    length > 0.0
}

/// With the sign that LAPACK gives. With many more channels than places, as in the last layers of
/// most networks, the first place is cold; with a few more it is hot; with fewer the vector's and
/// the matrix's first values have opposite signs. LAPACK goes another way from 11/6 on.
fn turned(rows: &Rows, projections: Vec<f64>) -> Vec<f64> {
    let (places, channels) = (rows.places, rows.channels);
    let is_right = if channels >= places * 11 / 6 && channels > places {
        projections[0] < 0.0
    } else if channels > places {
        projections[0] > 0.0
    } else {
        rows.by_channel(&projections)[0] * rows.values[0] < 0.0
    };
    let sign = if is_right { 1.0 } else { -1.0 };
    projections.into_iter().map(|value| value * sign).collect()
}
