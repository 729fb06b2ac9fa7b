//! Closed curves in millimetres.

use std::f64::consts::TAU;

use super::random::Random;

/// A place in the patient: `x` to the patient's left (right in the image), `y` to the back
/// (down), in millimetres from the middle of the chest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Point {
    pub(super) fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The place at `distance` from here, at `angle` (0 to the right, a quarter turn down).
    pub(super) fn toward(self, angle: f64, distance: f64) -> Self {
        Self::new(
            self.x + distance * libm::cos(angle),
            self.y + distance * libm::sin(angle),
        )
    }

    pub(super) fn distance(self, other: Self) -> f64 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        (x * x + y * y).sqrt()
    }
}

/// A closed curve through its points.
#[derive(Debug, Clone)]
pub(super) struct Outline(pub(super) Vec<Point>);

impl Outline {
    /// A smooth curve through `control` points (Catmull and Rom, 1974).
    pub(super) fn smooth(control: &[Point]) -> Self {
        const STEPS: usize = 10;
        let count = control.len();
        let mut points = Vec::with_capacity(count * STEPS);
        for index in 0..count {
            let [a, b, c, d] = [count - 1, 0, 1, 2].map(|offset| control[(index + offset) % count]);
            for step in 0..STEPS {
                let t = step as f64 / STEPS as f64;
                points.push(Point::new(
                    catmull_rom([a.x, b.x, c.x, d.x], t),
                    catmull_rom([a.y, b.y, c.y, d.y], t),
                ));
            }
        }
        Self(points)
    }

    /// An ellipse, turned by `angle`.
    pub(super) fn ellipse(center: Point, radius_x: f64, radius_y: f64, angle: f64) -> Self {
        Self::blob(center, radius_x, radius_y, angle, &[])
    }

    /// An ellipse whose radius swings by `waves`: `(count around, share of radius, phase)`.
    pub(super) fn blob(
        center: Point,
        radius_x: f64,
        radius_y: f64,
        angle: f64,
        waves: &[(f64, f64, f64)],
    ) -> Self {
        const COUNT: usize = 72;
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let at = |index: usize| {
            let turn = TAU * index as f64 / COUNT as f64;
            let swing: f64 = waves
                .iter()
                .map(|(count, share, phase)| share * libm::sin(count * turn + phase))
                .sum();
            let x = radius_x * (1.0 + swing) * libm::cos(turn);
            let y = radius_y * (1.0 + swing) * libm::sin(turn);
            Point::new(center.x + cos * x - sin * y, center.y + sin * x + cos * y)
        };
        Self((0..COUNT).map(at).collect())
    }

    /// The curve scaled about the mean of its points.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let count = self.0.len() as f64;
        let x = self.0.iter().map(|point| point.x).sum::<f64>() / count;
        let y = self.0.iter().map(|point| point.y).sum::<f64>() / count;
        let scale =
            |point: &Point| Point::new(x + (point.x - x) * factor, y + (point.y - y) * factor);
        Self(self.0.iter().map(scale).collect())
    }
}

/// Waves of falling height with random phases, for a natural edge.
pub(super) fn waves(random: &mut Random, counts: &[f64], share: f64) -> Vec<(f64, f64, f64)> {
    counts
        .iter()
        .enumerate()
        .map(|(index, count)| {
            let height = share / (1.0 + index as f64);
            (
                *count,
                height * random.between(0.5, 1.0),
                random.between(0.0, TAU),
            )
        })
        .collect()
}

fn catmull_rom([a, b, c, d]: [f64; 4], t: f64) -> f64 {
    let linear = c - a;
    let square = 2.0 * a - 5.0 * b + 4.0 * c - d;
    let cube = 3.0 * (b - c) + d - a;
    b + 0.5 * t * (linear + t * (square + t * cube))
}

/// A closed curve as a distance from the middle for every direction.
#[derive(Debug, Clone)]
pub(super) struct Ring(Vec<f64>);

impl Ring {
    const COUNT: usize = 360;

    /// The curve through `control` points, which must go once around the middle.
    pub(super) fn smooth(control: &[Point]) -> Self {
        let outline = Outline::smooth(control).0;
        let mut radii = vec![0.0; Self::COUNT];
        for (index, from) in outline.iter().enumerate() {
            let to = outline[(index + 1) % outline.len()];
            let start = libm::atan2(from.y, from.x);
            let sweep = (libm::atan2(to.y, to.x) - start + TAU * 1.5) % TAU - TAU / 2.0;
            let (low, high) = (start.min(start + sweep), start.max(start + sweep));
            let step = TAU / Self::COUNT as f64;
            let first = (low / step).ceil() as i64;
            let last = (high / step).floor() as i64;
            for direction in first..=last {
                let share = (direction as f64 * step - start) / sweep;
                let x = from.x + (to.x - from.x) * share;
                let y = from.y + (to.y - from.y) * share;
                let slot = direction.rem_euclid(Self::COUNT as i64) as usize;
                radii[slot] = (x * x + y * y).sqrt();
            }
        }
        Self(radii)
    }

    /// The curve moved outwards by what `distance` says for each direction in radians.
    pub(super) fn grown(&self, distance: impl Fn(f64) -> f64) -> Self {
        let step = TAU / Self::COUNT as f64;
        let grow = |(index, radius): (usize, &f64)| radius + distance(index as f64 * step);
        Self(self.0.iter().enumerate().map(grow).collect())
    }

    /// The distance from the middle in the direction `angle`.
    pub(super) fn radius(&self, angle: f64) -> f64 {
        let position = (angle / TAU).rem_euclid(1.0) * Self::COUNT as f64;
        let index = position as usize % Self::COUNT;
        let next = (index + 1) % Self::COUNT;
        let share = position - position.floor();
        self.0[index] + (self.0[next] - self.0[index]) * share
    }

    /// The point of the curve in the direction `angle`, `outward` of it.
    pub(super) fn point(&self, angle: f64, outward: f64) -> Point {
        Point::new(0.0, 0.0).toward(angle, self.radius(angle) + outward)
    }

    /// How far `point` lies inside of the curve, seen from the middle.
    pub(super) fn depth(&self, point: Point) -> f64 {
        let radius = point.distance(Point::new(0.0, 0.0));
        self.radius(libm::atan2(point.y, point.x)) - radius
    }

    /// The whole curve.
    pub(super) fn outline(&self) -> Outline {
        let step = TAU / Self::COUNT as f64;
        Outline(
            (0..Self::COUNT)
                .map(|index| self.point(index as f64 * step, 0.0))
                .collect(),
        )
    }

    /// A band along the curve from angle `from` to `to`, between two distances outward of it,
    /// thinning out to both ends.
    pub(super) fn band(&self, from: f64, to: f64, inner: f64, outer: f64) -> Outline {
        const STEPS: usize = 28;
        let middle = f64::midpoint(inner, outer);
        let edge = |index: usize, side: f64| {
            let share = index as f64 / STEPS as f64;
            let thickness = (1.0 - (2.0 * share - 1.0).powi(6)).max(0.0).sqrt();
            let outward = middle + (side - middle) * thickness;
            self.point(from + (to - from) * share, outward)
        };
        let there = (0..=STEPS).map(|index| edge(index, outer));
        let back = (0..=STEPS).rev().map(|index| edge(index, inner));
        Outline(there.chain(back).collect())
    }
}
