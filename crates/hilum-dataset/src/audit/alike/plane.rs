//! A square of grey levels as numbers.

use super::flip::Flip;
use crate::audit::facts::{THUMBNAIL_SIDE, Thumbnail};

/// Pixels of a thumbnail, to each side, that count as its surroundings.
const BLUR_RADIUS: usize = 4;

/// Grey levels, row by row, around a mean of about 0: sums of squares then lose no digits.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    side: usize,
    values: Vec<f32>,
}

impl Plane {
    pub(super) fn of(thumbnail: &Thumbnail) -> Self {
        let levels = thumbnail.levels();
        let sum: u32 = levels.iter().map(|level| u32::from(*level)).sum();
        let mean = sum as f32 / levels.len() as f32;
        Self {
            side: THUMBNAIL_SIDE,
            values: levels
                .iter()
                .map(|level| f32::from(*level) - mean)
                .collect(),
        }
    }

    pub(super) fn side(&self) -> usize {
        self.side
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.side..(row + 1) * self.side]
    }

    pub(super) fn flipped(&self, flip: Flip) -> Self {
        Self {
            side: self.side,
            values: flip.turned(&self.values, self.side),
        }
    }

    pub(super) fn halved(&self) -> Self {
        let side = self.side / 2;
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            let (above, _) = self.row(2 * row).as_chunks::<2>();
            let (below, _) = self.row(2 * row + 1).as_chunks::<2>();
            let pairs = above.iter().zip(below);
            values.extend(pairs.map(|([a, b], [c, d])| (a + b + c + d) / 4.0));
        }
        Self { side, values }
    }

    /// What a box blur takes away.
    pub(super) fn detail(&self) -> Self {
        let radius = BLUR_RADIUS * self.side / THUMBNAIL_SIDE;
        let mut across = Vec::with_capacity(self.values.len());
        for row in 0..self.side {
            blur_line(self.row(row), radius, &mut across);
        }
        let mut values = Vec::with_capacity(self.values.len());
        let mut sums = vec![0.0; self.side];
        let line = |row: usize| &across[row * self.side..(row + 1) * self.side];
        for row in 0..radius {
            add(&mut sums, line(row), 1.0);
        }
        for row in 0..self.side {
            if row + radius < self.side {
                add(&mut sums, line(row + radius), 1.0);
            }
            if row > radius {
                add(&mut sums, line(row - radius - 1), -1.0);
            }
            let count = (row + radius).min(self.side - 1) + 1 - row.saturating_sub(radius);
            let share = 1.0 / count as f32;
            let pairs = self.row(row).iter().zip(&sums);
            values.extend(pairs.map(|(value, sum)| value - sum * share));
        }
        Self {
            side: self.side,
            values,
        }
    }
}

fn add(sums: &mut [f32], line: &[f32], factor: f32) {
    for (sum, value) in sums.iter_mut().zip(line) {
        *sum += factor * value;
    }
}

/// Appends the mean of each value's surroundings, which are cut off at the ends.
fn blur_line(line: &[f32], radius: usize, blurred: &mut Vec<f32>) {
    let mut sum: f32 = line[..radius].iter().sum();
    for position in 0..line.len() {
        sum += line.get(position + radius).unwrap_or(&0.0);
        if position > radius {
            sum -= line[position - radius - 1];
        }
        let count = (position + radius).min(line.len() - 1) + 1 - position.saturating_sub(radius);
        blurred.push(sum / count as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of a ramp, the mean of whole surroundings is the value itself.
    #[test]
    fn a_ramp_has_no_detail_but_at_its_ends() {
        let ramp = (0..64 * 64).map(|index| (index % 64) as u8).collect();
        let detail = Plane::of(&Thumbnail::new(ramp)).detail();
        for row in 0..64 {
            assert!(
                detail.row(row)[4..60]
                    .iter()
                    .all(|value| value.abs() < 1e-4)
            );
            // The first value and its four neighbours to the right: 0 - (0 + 1 + 2 + 3 + 4) / 5.
            assert!((detail.row(row)[0] + 2.0).abs() < 1e-4);
            assert!((detail.row(row)[63] - 2.0).abs() < 1e-4);
        }
    }

    /// By hand: an impulse of 81 above black loses the mean of its 9x9 surroundings, 1.
    #[test]
    fn an_impulse_stands_out_by_all_but_its_mean() {
        let mut levels = vec![0; 64 * 64];
        levels[30 * 64 + 20] = 81;
        let detail = Plane::of(&Thumbnail::new(levels)).detail();
        assert!((detail.row(30)[20] - 80.0).abs() < 1e-4);
        assert!((detail.row(34)[16] + 1.0).abs() < 1e-4);
        assert!(detail.row(35)[20].abs() < 1e-4);
    }

    #[test]
    fn halving_takes_means_of_four() {
        let levels = (0..64 * 64).map(|index| (index % 2 * 8) as u8).collect();
        let half = Plane::of(&Thumbnail::new(levels)).halved();
        assert_eq!(half.side(), 32);
        assert!(half.row(5).iter().all(|value| value.abs() < 1e-4));
    }
}
