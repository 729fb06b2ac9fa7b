//! What a slice looks like, in 256 bits that survive a new encoding, size and tone.
//!
//! The picture is brought to 64 x 64, each pixel set against the mean and deviation of its
//! neighbourhood, and of the discrete cosine transform's next coefficients after the 40 lowest
//! only the signs are kept (the idea of perceptual hashes: Zauner, *Implementation and
//! Benchmarking of Perceptual Image Hash Functions*, 2010). Neither grey levels nor the lowest
//! frequencies are in it, so that no picture can be made from it.

use std::f32::consts::PI;
use std::sync::LazyLock;

/// Rows and columns of the thumbnail that a likeness is made of.
pub const THUMBNAIL_SIDE: usize = 64;

/// Standard deviation of a neighbourhood, in pixels of the thumbnail.
const NEIGHBOURHOOD: f32 = 6.0;
/// Added to a neighbourhood's deviation, in grey levels: the noise of what is flat stays small.
const FLAT_LEVELS: f32 = 4.0;
/// Frequencies per side that are looked at.
const FREQUENCIES: usize = 24;
/// The lowest frequencies, which all chests share, are passed over.
const FIRST: usize = 40;
const BITS: usize = 256;
/// A picture whose normalised values are smaller than that is one of nothing.
const LEAST_VARIANCE: f32 = 1e-3;

/// What a slice looks like: 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Likeness(pub(super) [u64; BITS / 64]);

impl Likeness {
    /// Bytes of a likeness.
    pub(super) const BYTES: usize = BITS / 8;

    /// Bits in which pictures of one slice differ at most.
    ///
    /// Copies in other encodings (JPEG from quality 50), sizes (from half to one and a half, also
    /// stretched), brightness, contrast and gamma (0.5 to 2) stay within in 99 of 100 cases;
    /// strangers are 32 bits apart and more. Neighbours in one scan, a few millimetres apart, may be
    /// as close as copies. `docs/decisions/0011-fingerprints.md` says what was measured.
    pub const SAME: u32 = 23;

    /// The likeness of 64 x 64 grey levels, row by row; `None` if they show nothing.
    ///
    /// # Panics
    /// If there are not 64 x 64 levels.
    pub fn of(levels: &[u8]) -> Option<Self> {
        assert_eq!(levels.len(), PIXELS, "64x64 levels");
        let levels: Vec<f32> = levels.iter().copied().map(f32::from).collect();
        let normalised = locally_normalised(&levels);
        let variance = normalised.iter().map(|value| value * value).sum::<f32>() / PIXELS as f32;
        if variance < LEAST_VARIANCE {
            return None;
        }
        let coefficients = cosine_transform(&normalised);
        let mut bits = [0; BITS / 64];
        for (place, (down, across)) in ORDER.iter().enumerate() {
            let is_positive = coefficients[down * FREQUENCIES + across] > 0.0;
            bits[place / 64] |= u64::from(is_positive) << (place % 64);
        }
        Some(Self(bits))
    }

    /// In how many bits two likenesses differ; in `0..=256`.
    pub fn distance(&self, other: &Self) -> u32 {
        let words = self.0.iter().zip(&other.0);
        words.map(|(one, other)| (one ^ other).count_ones()).sum()
    }

    /// Whether both are of one slice.
    pub fn is_same(&self, other: &Self) -> bool {
        self.distance(other) <= Self::SAME
    }
}

const PIXELS: usize = THUMBNAIL_SIDE * THUMBNAIL_SIDE;

/// Frequencies (down, across) by their sum, the lowest passed over.
static ORDER: LazyLock<Vec<(usize, usize)>> = LazyLock::new(|| {
    let mut order: Vec<(usize, usize)> = (0..FREQUENCIES * FREQUENCIES)
        .map(|place| (place / FREQUENCIES, place % FREQUENCIES))
        .collect();
    order.sort_by_key(|(down, across)| (down + across, *down));
    order[FIRST..FIRST + BITS].to_vec()
});

/// Rows of the orthonormal DCT-II without their scale, which no sign depends on.
static COSINES: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let side = THUMBNAIL_SIDE as f32;
    let cosine = |frequency: usize, place: usize| {
        (PI * (place as f32 + 0.5) * frequency as f32 / side).cos()
    };
    (0..FREQUENCIES)
        .flat_map(|frequency| (0..THUMBNAIL_SIDE).map(move |place| cosine(frequency, place)))
        .collect()
});

static GAUSSIAN: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let reach = (4.0 * NEIGHBOURHOOD) as i32;
    let weight = |place: i32| (-0.5 * (place as f32 / NEIGHBOURHOOD).powi(2)).exp();
    let weights: Vec<f32> = (-reach..=reach).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
});

/// Each level less its neighbourhood's mean, over its neighbourhood's deviation.
fn locally_normalised(levels: &[f32]) -> Vec<f32> {
    let means = blurred(levels);
    let apart: Vec<f32> = levels.iter().zip(&means).map(|(a, b)| a - b).collect();
    let squares: Vec<f32> = apart.iter().map(|value| value * value).collect();
    let variances = blurred(&squares);
    apart
        .iter()
        .zip(variances)
        .map(|(apart, variance)| apart / (variance.max(0.0).sqrt() + FLAT_LEVELS))
        .collect()
}

/// A Gaussian mean down, then across; edges are repeated.
fn blurred(values: &[f32]) -> Vec<f32> {
    let down = blurred_down(values);
    transposed(&blurred_down(&transposed(&down)))
}

fn blurred_down(values: &[f32]) -> Vec<f32> {
    /// Columns whose sums stay in registers.
    const BLOCK: usize = 32;
    let side = THUMBNAIL_SIDE;
    let reach = GAUSSIAN.len() / 2;
    let mut output = vec![0.0; values.len()];
    for (row, output) in output.chunks_exact_mut(side).enumerate() {
        for (block, output) in output.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let mut sums = [0.0; BLOCK];
            for (place, weight) in GAUSSIAN.iter().enumerate() {
                let from = (row + place).saturating_sub(reach).min(side - 1);
                let input = &values[from * side + block * BLOCK..][..BLOCK];
                for (sum, input) in sums.iter_mut().zip(input) {
                    *sum += weight * input;
                }
            }
            *output = sums;
        }
    }
    output
}

fn transposed(values: &[f32]) -> Vec<f32> {
    let mut turned = vec![0.0; values.len()];
    let rows = values.as_chunks::<THUMBNAIL_SIDE>().0;
    for (column, turned) in turned.chunks_exact_mut(THUMBNAIL_SIDE).enumerate() {
        for (value, row) in turned.iter_mut().zip(rows) {
            *value = row[column];
        }
    }
    turned
}

/// The lowest frequencies, `FREQUENCIES x FREQUENCIES`.
fn cosine_transform(values: &[f32]) -> Vec<f32> {
    let side = THUMBNAIL_SIDE;
    let rows = COSINES.chunks_exact(side);
    let columns = transposed(values);
    // (frequency down, column)
    let down: Vec<f32> = rows
        .clone()
        .flat_map(|cosines| {
            columns
                .chunks_exact(side)
                .map(move |column| dot(cosines, column))
        })
        .collect();
    down.chunks_exact(side)
        .flat_map(|row| rows.clone().map(move |cosines| dot(cosines, row)))
        .collect()
}

/// In eight sums at a time, so that they need not wait for one another.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let pairs = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    for (one, other) in pairs {
        for ((sum, a), b) in sums.iter_mut().zip(one).zip(other) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lesion, Phantom};

    /// A chest of its own for each seed.
    fn chest(seed: u64) -> Vec<u8> {
        let phantom = Phantom {
            size: 200,
            patient_seed: seed,
            slice_index: 0,
            lesion: Lesion::None,
        };
        let pixels = phantom.render().windowed(-600.0, 1500.0);
        let small = pixels.resize(
            THUMBNAIL_SIDE,
            THUMBNAIL_SIDE,
            crate::Interpolation::Bilinear,
        );
        small.data().to_vec()
    }

    #[test]
    fn tone_hardly_changes_a_likeness_and_another_chest_does() {
        let levels = chest(1);
        let likeness = Likeness::of(&levels).unwrap();
        let toned = |tone: &dyn Fn(f32) -> f32| {
            let of = |level: &u8| (tone(f32::from(*level) / 255.0) * 255.0) as u8;
            let levels: Vec<u8> = levels.iter().map(of).collect();
            likeness.distance(&Likeness::of(&levels).unwrap())
        };
        assert!(toned(&|level| level.powf(0.6)) <= Likeness::SAME);
        assert!(toned(&|level| level.powf(1.6)) <= Likeness::SAME);
        assert!(toned(&|level| 0.1 + 0.7 * level) <= Likeness::SAME);
        for seed in 2..30 {
            let other = Likeness::of(&chest(seed)).unwrap();
            assert!(!likeness.is_same(&other), "seed {seed}");
        }
    }

    #[test]
    fn nothing_has_no_likeness() {
        assert_eq!(Likeness::of(&[0; PIXELS]), None);
        assert_eq!(Likeness::of(&[200; PIXELS]), None);
    }

    #[test]
    fn the_cosine_transform_finds_a_cosine() {
        let side = THUMBNAIL_SIDE;
        let values: Vec<f32> = (0..PIXELS)
            .map(|place| COSINES[7 * side + place / side] * COSINES[3 * side + place % side])
            .collect();
        let coefficients = cosine_transform(&values);
        for (place, value) in coefficients.iter().enumerate() {
            let expected = if place == 7 * FREQUENCIES + 3 {
                // The squared norm of each cosine is 32.
                1024.0
            } else {
                0.0
            };
            assert!((value - expected).abs() < 0.01, "{place}: {value}");
        }
    }
}
