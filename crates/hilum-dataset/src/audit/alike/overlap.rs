//! One plane laid onto another: how well they agree, and which way agrees better.

use super::moments::{Moments, dot};
use super::plane::Plane;

/// Where a pixel of the first picture lies in the second, in shares of the side from the centre.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Placement {
    pub(super) shift_x: f64,
    pub(super) shift_y: f64,
    pub(super) scaling_x: f64,
    pub(super) scaling_y: f64,
}

/// For consecutive pixels of the first picture, from `first` on: the pixel of the second before
/// them, and how far behind that they lie; in `0.0..1.0`.
struct Axis {
    first: usize,
    places: Vec<(usize, f32)>,
}

impl Axis {
    /// The last pixel has no neighbour to be sampled with; it is left out, as is what lies outside.
    fn new(side: usize, shift: f64, scaling: f64) -> Self {
        let last = (side - 1) as f64;
        let place = |at: usize| {
            (at as f64 - last / 2.0) * (1.0 + scaling) + last / 2.0 + shift * side as f64
        };
        let (mut first, mut places) = (0, Vec::with_capacity(side));
        for at in 0..side {
            let place = place(at);
            if (0.0..last).contains(&place) {
                if places.is_empty() {
                    first = at;
                }
                places.push((place as usize, place.fract() as f32));
            }
        }
        Self { first, places }
    }
}

/// What two pictures share, row by row: the grey levels of both in the same places.
#[derive(Debug)]
pub(super) struct Overlap {
    width: usize,
    height: usize,
    /// Row and column of the first picture where it begins.
    origin: (usize, usize),
    first: Vec<f32>,
    second: Vec<f32>,
}

/// Shift and scaling per axis, in the order of [`Placement`], then gain and offset.
const UNKNOWNS: usize = 6;

impl Overlap {
    /// Samples `second` between its pixels, linearly; `None` if fewer than 3x3 pixels are shared.
    pub(super) fn of(first: &Plane, second: &Plane, placement: Placement) -> Option<Self> {
        let side = first.side();
        let columns = Axis::new(side, placement.shift_x, placement.scaling_x);
        let rows = Axis::new(side, placement.shift_y, placement.scaling_y);
        let (width, height) = (columns.places.len(), rows.places.len());
        if width < 3 || height < 3 {
            return None;
        }
        let mut overlap = Self {
            width,
            height,
            origin: (rows.first, columns.first),
            first: Vec::with_capacity(width * height),
            second: Vec::with_capacity(width * height),
        };
        let mut between = vec![0.0; side];
        for (row, (above, down)) in rows.places.iter().enumerate() {
            let levels = first.row(rows.first + row);
            overlap
                .first
                .extend_from_slice(&levels[columns.first..columns.first + width]);
            let lines = second.row(*above).iter().zip(second.row(above + 1));
            for (value, (above, below)) in between.iter_mut().zip(lines) {
                *value = above + down * (below - above);
            }
            overlap
                .second
                .extend(columns.places.iter().map(|(left, right)| {
                    between[*left] + right * (between[left + 1] - between[*left])
                }));
        }
        Some(overlap)
    }

    /// Pearson's; 0 if one of them is constant. In `-1.0..=1.0`.
    pub(super) fn correlation(&self) -> f64 {
        let moments = Moments::of(&self.first, &self.second);
        let variances = moments.first_variance() * moments.second_variance();
        if variances <= 1e-6 {
            0.0
        } else {
            moments.covariance() / variances.sqrt()
        }
    }

    /// The Gauss-Newton step that brings `gain * second + offset` closest to `first`, to first
    /// order; `None` if the second is constant.
    pub(super) fn step(&self, side: usize, placement: Placement) -> Option<[f64; UNKNOWNS]> {
        let terms = self.terms(side, placement);
        let (target, second) = (&terms[UNKNOWNS], &terms[4]);
        let moments = Moments::of(target, second);
        if moments.second_variance() <= 1e-6 {
            return None;
        }
        let gain = moments.covariance() / moments.second_variance();
        // With the gain known, the four geometric columns carry it; gain and offset stay free.
        let factor = |index: usize| if index < 4 { gain } else { 1.0 };
        let mut normal = [[0.0; UNKNOWNS + 1]; UNKNOWNS];
        for row in 0..UNKNOWNS {
            for column in row..=UNKNOWNS {
                let product = factor(row) * factor(column) * dot(&terms[row], &terms[column]);
                normal[row][column] = product;
                if column < UNKNOWNS {
                    normal[column][row] = product;
                }
            }
        }
        solve(normal)
    }

    /// How each unknown changes each inner pixel of `second`, and what it should be.
    fn terms(&self, side: usize, placement: Placement) -> [Vec<f32>; UNKNOWNS + 1] {
        let (width, inner) = (self.width, self.width - 2);
        let mut terms: [Vec<f32>; UNKNOWNS + 1] = Default::default();
        for term in &mut terms {
            term.reserve_exact(inner * (self.height - 2));
        }
        let share = |at: usize| (at as f32 - (side - 1) as f32 / 2.0) / side as f32;
        // Central differences of what was sampled, per share of the second picture's side.
        let slope = |scaling: f64| side as f32 / 2.0 / (1.0 + scaling as f32);
        let (slope_x, slope_y) = (slope(placement.scaling_x), slope(placement.scaling_y));
        let across: Vec<f32> = (1..=inner)
            .map(|column| share(self.origin.1 + column))
            .collect();
        for row in 1..self.height - 1 {
            let line = |row: usize| &self.second[row * width..(row + 1) * width];
            let (above, here, below) = (line(row - 1), line(row), line(row + 1));
            let down = share(self.origin.0 + row);
            let start = terms[0].len();
            let [x, y, grow_x, grow_y, gain, offset, target] = &mut terms;
            x.extend(
                here[2..]
                    .iter()
                    .zip(&here[..inner])
                    .map(|(right, left)| (right - left) * slope_x),
            );
            y.extend(
                below[1..=inner]
                    .iter()
                    .zip(&above[1..=inner])
                    .map(|(below, above)| (below - above) * slope_y),
            );
            grow_x.extend(
                x[start..]
                    .iter()
                    .zip(&across)
                    .map(|(slope, share)| slope * share),
            );
            grow_y.extend(y[start..].iter().map(|slope| slope * down));
            gain.extend_from_slice(&here[1..=inner]);
            offset.resize(start + inner, 1.0);
            target.extend_from_slice(&self.first[row * width + 1..][..inner]);
        }
        terms
    }
}

/// Gaussian elimination with pivoting.
fn solve(mut rows: [[f64; UNKNOWNS + 1]; UNKNOWNS]) -> Option<[f64; UNKNOWNS]> {
    for column in 0..UNKNOWNS {
        let pivot = (column..UNKNOWNS)
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-9 {
            return None;
        }
        let leading = rows[column];
        for (index, row) in rows.iter_mut().enumerate() {
            if index != column {
                let factor = row[column] / leading[column];
                for (cell, other) in row.iter_mut().zip(leading) {
                    *cell -= factor * other;
                }
            }
        }
    }
    Some(std::array::from_fn(|index| {
        rows[index][UNKNOWNS] / rows[index][index]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::facts::{THUMBNAIL_SIDE, Thumbnail};

    /// Broad waves, sampled at `place` of 64.
    fn waves(place: impl Fn(f64) -> f64) -> Plane {
        let side = THUMBNAIL_SIDE;
        let levels = (0..side * side).map(|index| {
            let (x, y) = (place((index % side) as f64), (index / side) as f64);
            (128.0 + 60.0 * (x * 0.2).sin() + 60.0 * (y * 0.15 + x * 0.05).cos()) as u8
        });
        Plane::of(&Thumbnail::new(levels.collect()))
    }

    #[test]
    fn a_picture_lies_on_itself_where_it_is() {
        let picture = waves(|x| x);
        let here = Overlap::of(&picture, &picture, Placement::default()).unwrap();
        assert!((here.correlation() - 1.0).abs() < 1e-6);
        assert_eq!((here.width, here.height), (63, 63));
        let step = here.step(64, Placement::default()).unwrap();
        assert!(step[..4].iter().all(|value| value.abs() < 1e-6), "{step:?}");
        assert!(
            (step[4] - 1.0).abs() < 1e-6 && step[5].abs() < 1e-3,
            "{step:?}"
        );
    }

    #[test]
    fn a_step_goes_where_the_picture_was_shifted() {
        // What stands at x in the second stands at x - 1 in the first.
        let (first, second) = (waves(|x| x + 1.0), waves(|x| x));
        let step = Overlap::of(&first, &second, Placement::default())
            .unwrap()
            .step(64, Placement::default())
            .unwrap();
        assert!((step[0] * 64.0 - 1.0).abs() < 0.1, "{step:?}");
        assert!((step[1] * 64.0).abs() < 0.1, "{step:?}");
        let placement = Placement {
            shift_x: 1.0 / 64.0,
            ..Placement::default()
        };
        let moved = Overlap::of(&first, &second, placement).unwrap();
        assert_eq!((moved.width, moved.height), (62, 63));
        assert!(moved.correlation() > 0.9999);
    }

    #[test]
    fn a_constant_picture_correlates_with_nothing() {
        let flat = Plane::of(&Thumbnail::new(vec![7; THUMBNAIL_SIDE * THUMBNAIL_SIDE]));
        let overlap = Overlap::of(&waves(|x| x), &flat, Placement::default()).unwrap();
        assert_eq!(overlap.correlation(), 0.0);
        assert_eq!(overlap.step(64, Placement::default()), None);
        let outside = Placement {
            shift_y: 0.99,
            ..Placement::default()
        };
        assert!(Overlap::of(&flat, &flat, outside).is_none());
    }

    /// `numpy.corrcoef([1, 2, 3, 5], [2, 1, 4, 8])[0, 1]`
    #[test]
    fn correlation_is_that_of_numpy() {
        let overlap = Overlap {
            width: 2,
            height: 2,
            origin: (0, 0),
            first: vec![1.0, 2.0, 3.0, 5.0],
            second: vec![2.0, 1.0, 4.0, 8.0],
        };
        assert!((overlap.correlation() - 0.9299702793621387).abs() < 1e-6);
    }
}
