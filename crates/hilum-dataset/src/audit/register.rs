//! How alike two thumbnails are once one is laid onto the other.
//!
//! Gauss-Newton on shift and scale per axis together with gain and offset of the grey levels
//! (Lucas and Kanade, IJCAI 1981; Evangelidis and Psarakis, TPAMI 2008), from coarse to fine.

use super::thumbnail::{THUMBNAIL_SIDE, Thumbnail};

/// The largest shift and change of scale of a copy: a crop of 3% a side, and some room.
const LARGEST_SHIFT: f64 = 0.08;
const LARGEST_SCALING: f64 = 0.14;
const STEPS_PER_LEVEL: usize = 5;

/// Pixels that count as one structure when the lowest frequencies are taken away.
const BLUR_RADIUS: usize = 4;

/// How alike two slices are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// Correlation of grey levels; in `-1.0..=1.0`.
    pub(super) levels: f64,
    /// Correlation of what stands out from its surroundings: vessels and edges.
    pub(super) detail: f64,
}

/// A square of grey levels as numbers.
#[derive(Debug, Clone)]
struct Plane {
    side: usize,
    values: Vec<f32>,
}

impl Plane {
    fn of(thumbnail: &Thumbnail) -> Self {
        Self {
            side: THUMBNAIL_SIDE,
            values: thumbnail
                .levels()
                .iter()
                .map(|level| f32::from(*level))
                .collect(),
        }
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.side + column]
    }

    fn halved(&self) -> Self {
        let side = self.side / 2;
        let values = (0..side * side).map(|index| {
            let (row, column) = (index / side * 2, index % side * 2);
            (self.at(row, column)
                + self.at(row + 1, column)
                + self.at(row, column + 1)
                + self.at(row + 1, column + 1))
                / 4.0
        });
        Self {
            side,
            values: values.collect(),
        }
    }

    /// Between pixels, linearly; `None` outside.
    fn sample(&self, x: f64, y: f64) -> Option<f32> {
        let limit = (self.side - 1) as f64;
        if !(0.0..limit).contains(&x) || !(0.0..limit).contains(&y) {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        let (right, down) = ((x - column as f64) as f32, (y - row as f64) as f32);
        let above = self.at(row, column) * (1.0 - right) + self.at(row, column + 1) * right;
        let below = self.at(row + 1, column) * (1.0 - right) + self.at(row + 1, column + 1) * right;
        Some(above * (1.0 - down) + below * down)
    }

    /// What a box blur takes away.
    fn detail(&self) -> Self {
        let side = self.side;
        let along = |values: &[f32], step: usize, line: usize| -> Vec<f32> {
            let mut blurred = vec![0.0; values.len()];
            for start in 0..side {
                for position in 0..side {
                    let first = position.saturating_sub(BLUR_RADIUS);
                    let last = (position + BLUR_RADIUS).min(side - 1);
                    let sum: f32 = (first..=last)
                        .map(|index| values[start * line + index * step])
                        .sum();
                    blurred[start * line + position * step] = sum / (last - first + 1) as f32;
                }
            }
            blurred
        };
        let blurred = along(&along(&self.values, 1, side), side, 1);
        Self {
            side,
            values: self
                .values
                .iter()
                .zip(blurred)
                .map(|(value, blur)| value - blur)
                .collect(),
        }
    }
}

/// Where a pixel of the first picture lies in the second, in shares of the side from the centre.
#[derive(Debug, Clone, Copy, Default)]
struct Placement {
    shift_x: f64,
    shift_y: f64,
    scaling_x: f64,
    scaling_y: f64,
}

impl Placement {
    fn is_plausible(&self) -> bool {
        self.shift_x.abs() <= LARGEST_SHIFT
            && self.shift_y.abs() <= LARGEST_SHIFT
            && self.scaling_x.abs() <= LARGEST_SCALING
            && self.scaling_y.abs() <= LARGEST_SCALING
    }

    fn apply(&self, x: f64, y: f64, side: usize) -> (f64, f64) {
        let side = side as f64;
        let centre = (side - 1.0) / 2.0;
        let along = |at: f64, shift: f64, scaling: f64| {
            (at - centre) * (1.0 + scaling) + centre + shift * side
        };
        (
            along(x, self.shift_x, self.scaling_x),
            along(y, self.shift_y, self.scaling_y),
        )
    }
}

/// Below this, blurred pictures that were laid onto each other are different chests.
const LEAST_COARSE_CORRELATION: f64 = 0.9;
/// From here on a picture needs no registration to be known.
const PLAIN_COPY: f64 = 0.98;

/// A thumbnail at 16x16: what most candidates are turned away by.
#[derive(Debug, Clone)]
pub(super) struct Coarse(Plane);

impl Coarse {
    pub(super) fn of(thumbnail: &Thumbnail) -> Self {
        Self(Plane::of(thumbnail).halved().halved())
    }

    /// Where `second` lies on this picture; `None` if they are different chests.
    fn place(&self, second: &Self) -> Option<Placement> {
        let placement = refine(&self.0, &second.0, Placement::default());
        let is_close = correlation(&self.0, &second.0, placement) >= LEAST_COARSE_CORRELATION;
        is_close.then_some(placement)
    }
}

/// Lays `second` onto `first` and compares them; `None` if a blurred look tells them apart.
pub(super) fn likeness(
    first: (&Thumbnail, &Coarse),
    second: (&Thumbnail, &Coarse),
) -> Option<Likeness> {
    let placement = first.1.place(second.1)?;
    let (a, b) = (Plane::of(first.0), Plane::of(second.0));
    let (detail_a, detail_b) = (a.detail(), b.detail());
    let compare = |placement| Likeness {
        levels: correlation(&a, &b, placement),
        detail: correlation(&detail_a, &detail_b, placement),
    };
    let unmoved = compare(Placement::default());
    if unmoved.detail >= PLAIN_COPY {
        return Some(unmoved);
    }
    let moved = compare(refine(&a.halved(), &b.halved(), placement));
    Some(if moved.detail > unmoved.detail {
        moved
    } else {
        unmoved
    })
}

fn correlation(a: &Plane, b: &Plane, placement: Placement) -> f64 {
    let (mut count, mut sums) = (0.0, [0.0_f64; 5]);
    for row in 0..a.side {
        for column in 0..a.side {
            let (x, y) = placement.apply(column as f64, row as f64, a.side);
            // The very edge has no neighbour to be sampled from; an unmoved picture keeps it.
            let Some(other) = b.sample(x, y) else {
                continue;
            };
            let (value, other) = (f64::from(a.at(row, column)), f64::from(other));
            count += 1.0;
            for (sum, term) in
                sums.iter_mut()
                    .zip([value, other, value * value, other * other, value * other])
            {
                *sum += term;
            }
        }
    }
    let [a, b, aa, bb, ab] = sums;
    let covariance = ab - a * b / count;
    let variances = (aa - a * a / count) * (bb - b * b / count);
    if variances <= 1e-6 {
        0.0
    } else {
        covariance / variances.sqrt()
    }
}

/// A few Gauss-Newton steps; stays where it was if they lead astray.
fn refine(a: &Plane, b: &Plane, start: Placement) -> Placement {
    let mut placement = start;
    for _ in 0..STEPS_PER_LEVEL {
        let Some(step) = gauss_newton_step(a, b, placement) else {
            return start;
        };
        placement = Placement {
            shift_x: placement.shift_x + step[0],
            shift_y: placement.shift_y + step[1],
            scaling_x: placement.scaling_x + step[2],
            scaling_y: placement.scaling_y + step[3],
        };
        if !placement.is_plausible() {
            return start;
        }
        if step[..4].iter().all(|value| value.abs() < 2e-4) {
            break;
        }
    }
    placement
}

/// Shift and scaling that bring `gain * b + offset` closest to `a`, to first order.
fn gauss_newton_step(a: &Plane, b: &Plane, placement: Placement) -> Option<[f64; 6]> {
    let side = a.side as f64;
    let mut normal = [[0.0_f64; 7]; 6];
    let mut pixels = Vec::with_capacity(a.values.len());
    for row in 1..a.side - 1 {
        for column in 1..a.side - 1 {
            let (x, y) = placement.apply(column as f64, row as f64, a.side);
            let neighbours = [
                b.sample(x, y),
                b.sample(x + 0.5, y),
                b.sample(x - 0.5, y),
                b.sample(x, y + 0.5),
                b.sample(x, y - 0.5),
            ];
            let [Some(here), Some(right), Some(left), Some(down), Some(up)] = neighbours else {
                continue;
            };
            let (slope_x, slope_y) = (f64::from(right - left), f64::from(down - up));
            let from_centre = |at: usize| at as f64 / side - 0.5;
            pixels.push((
                [
                    slope_x * side,
                    slope_y * side,
                    slope_x * side * from_centre(column),
                    slope_y * side * from_centre(row),
                    f64::from(here),
                    1.0,
                ],
                f64::from(a.at(row, column)),
            ));
        }
    }
    let gain = gain(&pixels)?;
    for (gradient, target) in &pixels {
        // With the gain known, the four geometric columns carry it; gain and offset stay free.
        let terms: [f64; 6] =
            std::array::from_fn(|index| gradient[index] * if index < 4 { gain } else { 1.0 });
        for (row, term) in normal.iter_mut().zip(terms) {
            for (cell, other) in row.iter_mut().zip(terms) {
                *cell += term * other;
            }
            row[6] += term * target;
        }
    }
    solve(normal)
}

/// The factor that brings the contrast of `b` to that of `a`.
fn gain(pixels: &[([f64; 6], f64)]) -> Option<f64> {
    let count = pixels.len() as f64;
    let (mut a, mut b, mut ab, mut bb) = (0.0, 0.0, 0.0, 0.0);
    for (gradient, target) in pixels {
        a += target;
        b += gradient[4];
        ab += target * gradient[4];
        bb += gradient[4] * gradient[4];
    }
    let variance = bb - b * b / count;
    (variance > 1e-6).then(|| (ab - a * b / count) / variance)
}

/// Gaussian elimination with pivoting.
fn solve(mut rows: [[f64; 7]; 6]) -> Option<[f64; 6]> {
    for column in 0..6 {
        let pivot =
            (column..6).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
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
        rows[index][6] / rows[index][index]
    }))
}
