//! Simple properties of grey levels.

use hilum_imaging::Pixels;
use serde::{Deserialize, Serialize};

/// How many bars [`GreyStatistics::histogram`] has.
pub const HISTOGRAM_BINS: usize = 32;

/// The percentiles that are kept.
pub const PERCENTILES: [usize; 7] = [1, 10, 25, 50, 75, 90, 99];

/// Grey levels of a slice, `0..=255`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GreyStatistics {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, of the population.
    pub standard_deviation: f64,
    /// The levels below which the shares of [`PERCENTILES`] lie (nearest rank).
    pub percentiles: [u8; 7],
    /// The share of pixels that are 0; in `0.0..=1.0`.
    pub black_share: f64,
    /// The share of pixels that are 255; in `0.0..=1.0`.
    pub white_share: f64,
    /// The mean of the outermost pixels.
    pub border_mean: f64,
    /// Variance of the Laplacian over the variance of the levels: how much is fine detail
    /// (Pech-Pacheco et al., ICPR 2000, made independent of contrast); 0 for a constant image.
    pub sharpness: f64,
    /// The share of pixels in each of 32 equal ranges, in 1/65535.
    pub histogram: [u16; HISTOGRAM_BINS],
}

impl GreyStatistics {
    /// Computes them from grey pixels.
    pub(super) fn of(grey: &Pixels) -> Self {
        let mut counts = [0_u64; 256];
        for level in grey.data() {
            counts[usize::from(*level)] += 1;
        }
        let total = grey.data().len() as f64;
        let moment = |power: i32| -> f64 {
            let sum = counts.iter().enumerate();
            sum.map(|(level, count)| (level as f64).powi(power) * *count as f64)
                .sum::<f64>()
                / total
        };
        let mean = moment(1);
        let variance = (moment(2) - mean * mean).max(0.0);
        Self {
            mean,
            standard_deviation: variance.sqrt(),
            percentiles: PERCENTILES.map(|percent| percentile(&counts, percent)),
            black_share: counts[0] as f64 / total,
            white_share: counts[255] as f64 / total,
            border_mean: border_mean(grey),
            sharpness: if variance < 1e-9 {
                0.0
            } else {
                laplacian_variance(grey) / variance
            },
            histogram: histogram(&counts),
        }
    }

    /// The level below which `percent` of the pixels lie.
    ///
    /// # Panics
    /// If `percent` is not in [`PERCENTILES`].
    pub fn percentile(&self, percent: usize) -> u8 {
        let position = PERCENTILES
            .iter()
            .position(|known| *known == percent)
            .expect("a percentile that is kept");
        self.percentiles[position]
    }
}

fn percentile(counts: &[u64; 256], percent: usize) -> u8 {
    let total: u64 = counts.iter().sum();
    let rank = (total * percent as u64).div_ceil(100).max(1);
    let mut below = 0;
    for (level, count) in counts.iter().enumerate() {
        below += count;
        if below >= rank {
            return level as u8;
        }
    }
    255
}

fn histogram(counts: &[u64; 256]) -> [u16; HISTOGRAM_BINS] {
    let total: u64 = counts.iter().sum();
    std::array::from_fn(|bin| {
        let width = 256 / HISTOGRAM_BINS;
        let inside: u64 = counts[bin * width..(bin + 1) * width].iter().sum();
        (inside * 65535 / total) as u16
    })
}

fn border_mean(grey: &Pixels) -> f64 {
    let (width, height) = (grey.width(), grey.height());
    let data = grey.data();
    let last_row = (height - 1) * width;
    let rows = data[..width].iter().chain(&data[last_row..]);
    let columns = (0..height).flat_map(|row| [&data[row * width], &data[row * width + width - 1]]);
    let sum: u64 = rows.chain(columns).map(|level| u64::from(*level)).sum();
    sum as f64 / (2 * width + 2 * height) as f64
}

/// Of the 4-neighbour Laplacian, inside the image.
fn laplacian_variance(grey: &Pixels) -> f64 {
    let (width, height) = (grey.width(), grey.height());
    if width < 3 || height < 3 {
        return 0.0;
    }
    let (mut sum, mut squares) = (0_i64, 0_i64);
    for row in 1..height - 1 {
        let line = |offset: usize| &grey.data()[(row + offset - 1) * width..][..width];
        let (above, here, below) = (line(0), line(1), line(2));
        for column in 1..width - 1 {
            let value = 4 * i64::from(here[column])
                - i64::from(here[column - 1])
                - i64::from(here[column + 1])
                - i64::from(above[column])
                - i64::from(below[column]);
            sum += value;
            squares += value * value;
        }
    }
    let count = ((width - 2) * (height - 2)) as f64;
    let mean = sum as f64 / count;
    squares as f64 / count - mean * mean
}

#[cfg(test)]
mod tests {
    use hilum_imaging::Channels;

    use super::*;

    /// By hand: the levels 0, 1, ..., 99 once each.
    #[test]
    fn a_ramp_has_the_statistics_of_a_ramp() {
        let ramp = Pixels::new(10, 10, Channels::Grey, (0..100).collect());
        let statistics = GreyStatistics::of(&ramp);
        assert_eq!(statistics.mean, 49.5);
        assert!((statistics.standard_deviation - (9999.0_f64 / 12.0).sqrt()).abs() < 1e-9);
        assert_eq!(statistics.percentiles, [0, 9, 24, 49, 74, 89, 98]);
        assert_eq!(statistics.percentile(90), 89);
        assert_eq!(statistics.black_share, 0.01);
        assert_eq!(statistics.border_mean, 49.5);
        // A plane has no Laplacian.
        assert_eq!(statistics.sharpness, 0.0);
        assert_eq!(statistics.histogram[0], 5242);
    }

    #[test]
    fn a_checkerboard_is_as_sharp_as_can_be() {
        let board = (0..64).map(|index| {
            if (index / 8 + index % 8) % 2 == 0 {
                0
            } else {
                200
            }
        });
        let board = Pixels::new(8, 8, Channels::Grey, board.collect());
        // Every Laplacian is 800 or -800, every level 100 from the mean: 640000 / 10000.
        assert_eq!(GreyStatistics::of(&board).sharpness, 64.0);
    }

    #[test]
    fn one_pixel_is_enough() {
        let dot = Pixels::new(1, 1, Channels::Grey, vec![7]);
        let statistics = GreyStatistics::of(&dot);
        assert_eq!((statistics.mean, statistics.sharpness), (7.0, 0.0));
    }
}
