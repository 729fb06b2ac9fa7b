//! How far a slice lies from the training slices, in the measure of their own spread.

use serde::{Deserialize, Serialize};

use super::features::{Part, Rows, seen, seen_rows};
use super::packed;
use super::symmetric::principal_directions;

/// A normal distribution of features of length one.
///
/// The score is the logarithm of the squared Mahalanobis distance (Lee et al., NeurIPS 2018) within
/// the principal directions, of features divided by their length (Mueller & Hein, ICML 2025), with
/// the variances shrunk towards their mean (Ledoit & Wolf, 2004, with a fixed share).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Density {
    /// What is looked at.
    pub parts: Vec<Part>,
    #[serde(with = "packed")]
    mean: Vec<f32>,
    /// Each direction, divided by the deviation along it.
    #[serde(with = "packed")]
    directions: Vec<f32>,
}

impl Density {
    /// Directions that are kept, at most.
    pub const DIRECTIONS: usize = 48;
    /// The share of a variance that is replaced by the mean of all.
    pub const SHRINKAGE: f64 = 0.1;
    /// Directions hold numbers around one, which half precision likes.
    const SCALE: f64 = 1.0 / 16.0;

    /// Of `rows`; `None` if they do not vary.
    pub fn fit(parts: &[Part], rows: &Rows) -> Option<Self> {
        let features = seen_rows(parts, rows);
        let width = features.width();
        let mut rows: Vec<Vec<f64>> = features.iter().map(normalised).collect();
        let count = rows.len().max(1) as f64;
        let mean: Vec<f64> = (0..width)
            .map(|at| rows.iter().map(|row| row[at]).sum::<f64>() / count)
            .collect();
        for row in &mut rows {
            for (value, mean) in row.iter_mut().zip(&mean) {
                *value -= mean;
            }
        }
        let (directions, variances) = principal_directions(&rows, Self::DIRECTIONS);
        let average = variances.iter().sum::<f64>() / variances.len().max(1) as f64;
        if !(average.is_finite() && average > 1e-14) {
            return None;
        }
        let scaled = directions
            .iter()
            .zip(&variances)
            .flat_map(|(one, variance)| {
                let shrunk = (1.0 - Self::SHRINKAGE) * variance + Self::SHRINKAGE * average;
                let factor = Self::SCALE / shrunk.sqrt();
                one.iter().map(move |value| (value * factor) as f32)
            });
        Some(Self {
            parts: parts.to_vec(),
            directions: packed::all_rounded(scaled.collect()),
            mean: packed::all_rounded(mean.into_iter().map(|value| value as f32).collect()),
        })
    }

    /// The centre of what is seen, of length one.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// A row for each direction that is kept, divided by the deviation along it.
    pub fn directions(&self) -> impl Iterator<Item = f32> {
        self.directions
            .iter()
            .map(|value| (f64::from(*value) / Self::SCALE) as f32)
    }

    /// The score of a row; the higher, the further away.
    pub fn score(&self, row: &[f32]) -> f64 {
        let mut feature = normalised(&seen(&self.parts, row));
        for (value, mean) in feature.iter_mut().zip(&self.mean) {
            *value -= f64::from(*mean);
        }
        let squares = self.directions.chunks_exact(self.mean.len()).map(|one| {
            let along: f64 = one
                .iter()
                .zip(&feature)
                .map(|(share, value)| f64::from(*share) * value)
                .sum();
            (along / Self::SCALE).powi(2)
        });
        squares.sum::<f64>().max(1e-12).ln()
    }

    /// Whether its numbers fit its parts, and those a row of `width`.
    pub(super) fn is_sound(&self, width: usize) -> bool {
        let seen: usize = self.parts.iter().map(|part| part.width()).sum();
        seen > 0
            && self.mean.len() == seen
            && self.directions.len().is_multiple_of(seen)
            && self
                .parts
                .iter()
                .all(|part| part.end().is_some_and(|end| end <= width))
    }
}

/// Of length one.
fn normalised(feature: &[f32]) -> Vec<f64> {
    let length = feature
        .iter()
        .map(|value| f64::from(*value).powi(2))
        .sum::<f64>()
        .sqrt()
        .max(1e-12);
    feature
        .iter()
        .map(|value| f64::from(*value) / length)
        .collect()
}
