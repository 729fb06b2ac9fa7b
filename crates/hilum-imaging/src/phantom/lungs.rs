//! Parenchyma, vessels and airways of both lungs.

use std::f64::consts::TAU;

use super::anatomy::{Anatomy, Level, Side};
use super::canvas::Canvas;
use super::outline::{Outline, Point};
use super::random::{Random, Stream};

const MEDIASTINAL_FAT: f32 = -85.0;
/// Lung that a thin vessel shares its voxels with.
const PARTIAL_VOLUME: f32 = -560.0;

/// Where the lungs are.
pub(super) struct Lungs {
    /// The share of each pixel that is lung, in `0.0..=1.0`.
    share: Vec<f32>,
}

impl Lungs {
    /// Fills the chest: fat between the lungs, and air-filled tissue beside it.
    pub(super) fn draw(canvas: &mut Canvas, anatomy: &Anatomy) -> Self {
        let size = canvas.size();
        let cavity = canvas.cover(&anatomy.cavity.outline());
        canvas.blend(&cavity, |_, before, share| {
            before + (MEDIASTINAL_FAT - before) * share
        });
        let between = canvas.cover(&anatomy.mediastinum).spread(size);
        let mut share = cavity.spread(size);
        for (lung, between) in share.iter_mut().zip(between) {
            *lung *= 1.0 - between;
        }
        let lungs = Self { share };
        lungs.draw_parenchyma(canvas, anatomy);
        lungs
    }

    /// How much of the pixel under `point` is lung; 0 outside of the canvas.
    pub(super) fn share_at(&self, canvas: &Canvas, point: Point) -> f32 {
        canvas.index(point).map_or(0.0, |index| self.share[index])
    }

    /// The share of each pixel that is lung, whatever is drawn into it later.
    pub(super) fn share(&self) -> &[f32] {
        &self.share
    }

    fn draw_parenchyma(&self, canvas: &mut Canvas, anatomy: &Anatomy) {
        let random = &mut anatomy.random(Stream::Texture);
        let density = random.between(-890.0, -835.0) as f32;
        let gravity = random.between(20.0, 65.0) as f32;
        let size = canvas.size();
        let spacing = canvas.spacing_mm();
        let clouds = Clouds::new(random, size, 14.0 / spacing);
        let patches = Clouds::new(random, size, (3.0 / spacing).max(1.0));
        let depth_scale = spacing as f32 / 90.0;
        for row in 0..size {
            let depth = (row as f32 - size as f32 / 2.0) * depth_scale;
            for column in 0..size {
                let index = row * size + column;
                let share = self.share[index];
                if share > 0.0 {
                    let texture = 16.0 * clouds.at(column, row) + 14.0 * patches.at(column, row);
                    let tissue = density + gravity * depth + texture;
                    let value = &mut canvas.values_mut()[index];
                    *value += (tissue - *value) * share;
                }
            }
        }
    }

    /// Branching vessels from each hilum, cross-sections of others, and small airways.
    pub(super) fn draw_vessels(&mut self, canvas: &mut Canvas, anatomy: &Anatomy) {
        let random = &mut anatomy.random(Stream::Vessels);
        for side in Side::BOTH {
            self.draw_trunks(canvas, anatomy, side, random);
            self.draw_cross_sections(canvas, anatomy, side, random);
            self.draw_fissure(canvas, anatomy, side, random);
        }
    }

    fn draw_trunks(&self, canvas: &mut Canvas, anatomy: &Anatomy, side: Side, random: &mut Random) {
        let hilum = anatomy.hilum(side);
        let count = random.whole(5, 7);
        let (first, last) = match anatomy.level {
            Level::Bifurcation => (-1.35, 1.45),
            Level::Heart => (-1.0, 1.45),
        };
        for index in 0..count {
            let share = (index as f64 + random.between(0.2, 0.8)) / count as f64;
            let angle = side.angle(first + (last - first) * share);
            let start = Point::new(
                hilum.x - side.sign() * 6.0,
                hilum.y + random.about_zero(9.0),
            );
            let branch = Branch {
                start,
                angle,
                radius: random.between(2.2, 4.4) * anatomy.scale,
                length: random.between(17.0, 30.0) * anatomy.scale,
                generation: 0,
            };
            self.grow(canvas, anatomy, &branch, random);
        }
    }

    /// Draws a branch and what grows out of it, until it is thin or reaches the pleura.
    fn grow(&self, canvas: &mut Canvas, anatomy: &Anatomy, branch: &Branch, random: &mut Random) {
        const JOINTS: usize = 3;
        let mut at = branch.start;
        let mut angle = branch.angle;
        let mut radius = branch.radius;
        // A vessel that leaves the slice is not drawn for a stretch.
        let visible = branch.generation == 0 || !random.happens(0.34);
        for _ in 0..JOINTS {
            angle += random.about_zero(0.16);
            let next = at.toward(angle, branch.length / JOINTS as f64);
            let thinner = radius * 0.93;
            let inside = branch.generation == 0 || self.share_at(canvas, next) > 0.9;
            if !inside || anatomy.cavity.depth(next) < 4.0 {
                return;
            }
            if visible {
                canvas.tube(
                    (at, radius),
                    (next, thinner),
                    vessel_hu(radius, anatomy.blood_hu),
                );
            }
            (at, radius) = (next, thinner);
        }
        if branch.generation >= 5 || radius < 0.4 {
            return;
        }
        let spread = random.between(0.35, 0.75);
        let lean = random.about_zero(0.18);
        let even = random.between(0.35, 0.65);
        for (turn, part) in [(-spread * (1.0 - even), even), (spread * even, 1.0 - even)] {
            // Murray's law: the cubes of the children's radii add up to the parent's.
            let child = Branch {
                start: at,
                angle: angle + 1.3 * turn + lean,
                radius: radius * libm::cbrt(part) * 0.95,
                length: branch.length * random.between(0.66, 0.95),
                generation: branch.generation + 1,
            };
            self.grow(canvas, anatomy, &child, random);
        }
    }

    fn draw_cross_sections(
        &self,
        canvas: &mut Canvas,
        anatomy: &Anatomy,
        side: Side,
        random: &mut Random,
    ) {
        let hilum = anatomy.hilum(side);
        for _ in 0..150 {
            let angle = random.between(0.0, TAU);
            let distance = 8.0 + 90.0 * random.unit() * anatomy.scale;
            let center = hilum.toward(angle, distance);
            let pleura = anatomy.cavity.depth(center);
            let thick = random.between(0.35, 1.0);
            let tilt = random.between(0.0, TAU);
            let stretch = random.between(0.0, 1.6);
            if self.share_at(canvas, center) < 0.99 || pleura < 5.0 {
                continue;
            }
            let radius = (0.55 + 2.9 * (1.0 - distance / 105.0).max(0.0)) * thick;
            let end = center.toward(tilt, stretch * radius);
            canvas.tube(
                (center, radius),
                (end, radius * 0.9),
                vessel_hu(radius, anatomy.blood_hu),
            );
            if radius > 1.5 && thick > 0.9 {
                draw_airway(
                    canvas,
                    center.toward(tilt + 1.9, radius * 2.1),
                    radius * 1.05,
                );
            }
        }
    }

    /// The fissure between the lobes: a faint curved line.
    fn draw_fissure(
        &self,
        canvas: &mut Canvas,
        anatomy: &Anatomy,
        side: Side,
        random: &mut Random,
    ) {
        let hilum = anatomy.hilum(side);
        let start = hilum.toward(side.angle(random.between(-0.1, 0.3)), 12.0);
        let end = anatomy
            .cavity
            .point(side.angle(random.between(-0.35, 0.35)), 0.0);
        let bow = random.about_zero(9.0);
        let mut before = start;
        for step in 1..=12 {
            let share = f64::from(step) / 12.0;
            let bend = 4.0 * share * (1.0 - share) * bow;
            let next = Point::new(
                start.x + (end.x - start.x) * share,
                start.y + (end.y - start.y) * share + bend,
            );
            if self.share_at(canvas, next) > 0.9 {
                canvas.tube((before, 0.45), (next, 0.45), -690.0);
            }
            before = next;
        }
    }
}

/// A stretch of a vessel before it divides.
struct Branch {
    start: Point,
    angle: f64,
    radius: f64,
    length: f64,
    generation: usize,
}

/// A vessel thinner than the slice is thick shares its voxels with lung.
fn vessel_hu(radius_mm: f64, blood_hu: f32) -> f32 {
    let share = (radius_mm / 1.6).min(1.0) as f32;
    PARTIAL_VOLUME + (blood_hu - PARTIAL_VOLUME) * share
}

fn draw_airway(canvas: &mut Canvas, center: Point, radius: f64) {
    let ring = |radius: f64| Outline::ellipse(center, radius, radius, 0.0);
    canvas.fill(&ring(radius + 1.0), -180.0);
    canvas.fill(&ring(radius), -970.0);
}

/// Smooth noise: random values on a coarse grid, read bilinearly; about `-1.0..=1.0`.
struct Clouds {
    values: Vec<f32>,
    width: usize,
    pitch: f32,
}

impl Clouds {
    fn new(random: &mut Random, size: usize, pitch: f64) -> Self {
        let width = (size as f64 / pitch) as usize + 3;
        let values = (0..width * width)
            .map(|_| random.about_zero(1.7) as f32)
            .collect();
        Self {
            values,
            width,
            pitch: pitch as f32,
        }
    }

    fn at(&self, column: usize, row: usize) -> f32 {
        let (x, y) = (column as f32 / self.pitch, row as f32 / self.pitch);
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let index = top * self.width + left;
        let [a, b] = [self.values[index], self.values[index + 1]];
        let [c, d] = [
            self.values[index + self.width],
            self.values[index + self.width + 1],
        ];
        let upper = a + (b - a) * fx;
        let lower = c + (d - c) * fx;
        upper + (lower - upper) * fy
    }
}
