//! The body plan: everything about one patient and one level that more than one organ needs.

use super::outline::{Outline, Point, Ring};
use super::random::{Random, Stream};

/// Where along the chest a slice lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The main bronchi and the great vessels.
    Bifurcation,
    /// The chambers of the heart.
    Heart,
}

/// A side of the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Left in the image.
    Right,
    /// Right in the image.
    Left,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Right, Self::Left];

    /// -1 for what is left in the image, 1 for what is right.
    pub(super) fn sign(self) -> f64 {
        match self {
            Self::Right => -1.0,
            Self::Left => 1.0,
        }
    }

    /// The direction that `angle` (0 sideways, a quarter turn backwards) has on this side.
    pub(super) fn angle(self, angle: f64) -> f64 {
        match self {
            Self::Right => std::f64::consts::PI - angle,
            Self::Left => angle,
        }
    }
}

/// One patient at one level.
pub(super) struct Anatomy {
    pub(super) patient_seed: u64,
    pub(super) slice_index: usize,
    /// 0 at the main bronchi, 1 at the widest part of the heart.
    pub(super) depth: f64,
    pub(super) level: Level,
    /// 1 for a chest of average size.
    pub(super) scale: f64,
    pub(super) field_of_view_mm: f64,
    pub(super) center: Point,
    pub(super) tilt: f64,
    pub(super) muscle: f64,
    /// Hounsfield units of blood, with or without contrast medium.
    pub(super) blood_hu: f32,
    pub(super) noise_hu: f32,
    /// The pleura.
    pub(super) cavity: Ring,
    /// The skin.
    pub(super) skin: Ring,
    /// Between the lungs.
    pub(super) mediastinum: Outline,
    pub(super) hila: [Point; 2],
    pub(super) spine: Point,
}

impl Anatomy {
    pub(super) fn new(patient_seed: u64, slice_index: usize) -> Self {
        let random = &mut Random::new(Stream::Patient, patient_seed, 0);
        let scale = random.between(0.9, 1.08);
        let aspect = random.between(0.92, 1.08);
        let start = random.unit();
        let depth = wander(start + slice_index as f64 * 0.04);
        let cavity = cavity(random, scale, aspect, depth);
        let fat_mm = random.between(3.0, 22.0);
        let muscle = random.between(0.75, 1.25);
        let skin = skin(random, &cavity, fat_mm, muscle);
        // The same for all slices of a patient, as in a series of a scanner.
        let widest = 2.0 * (126.5 * scale + 17.0 + 7.0 * muscle + fat_mm);
        let spine = Point::new(random.about_zero(2.0), 56.0 * scale * aspect);
        let hila = hila(random, scale, depth);
        let slice = &mut Random::new(Stream::Slice, patient_seed, slice_index);
        Self {
            patient_seed,
            slice_index,
            depth,
            level: if depth < 0.5 {
                Level::Bifurcation
            } else {
                Level::Heart
            },
            scale,
            field_of_view_mm: widest * random.between(1.06, 1.2),
            center: Point::new(random.about_zero(6.0), random.about_zero(6.0) - 6.0),
            tilt: random.about_zero(0.07),
            muscle,
            blood_hu: if random.happens(0.5) {
                random.between(120.0, 220.0) as f32
            } else {
                random.between(38.0, 50.0) as f32
            },
            noise_hu: random.between(12.0, 32.0) as f32,
            mediastinum: mediastinum(slice, &hila, spine, scale, depth),
            cavity,
            skin,
            hila,
            spine,
        }
    }

    pub(super) fn hilum(&self, side: Side) -> Point {
        match side {
            Side::Right => self.hila[0],
            Side::Left => self.hila[1],
        }
    }

    /// A stream of random numbers for this slice.
    pub(super) fn random(&self, stream: Stream) -> Random {
        Random::new(stream, self.patient_seed, self.slice_index)
    }
}

/// Back and forth between 0 and 1, so that slices go on for ever without leaving the chest.
fn wander(position: f64) -> f64 {
    let within = position.rem_euclid(2.0);
    within.min(2.0 - within)
}

fn mirrored(half: &[(f64, f64)]) -> Vec<Point> {
    let left = half.iter().map(|(x, y)| Point::new(*x, *y));
    let right = half.iter().rev().filter(|(x, _)| *x > 0.0);
    left.chain(right.map(|(x, y)| Point::new(-x, *y))).collect()
}

/// The pleura of both lungs and what lies between them, as one closed curve.
fn cavity(random: &mut Random, scale: f64, aspect: f64, depth: f64) -> Ring {
    let half = [
        (0.0, -84.0),
        (34.0, -88.0),
        (72.0, -74.0),
        (106.0, -42.0),
        (124.0, 0.0),
        (122.0, 36.0),
        (104.0, 70.0),
        (74.0, 92.0),
        (42.0, 94.0),
        (0.0, 84.0),
    ];
    let width = scale * (0.95 + 0.07 * depth);
    let wobble = mirrored(&half)
        .into_iter()
        .map(|point| {
            let (x, y) = (point.x * width, point.y * scale * aspect);
            Point::new(x + random.about_zero(2.5), y + random.about_zero(2.5))
        })
        .collect::<Vec<_>>();
    Ring::smooth(&wobble)
}

/// The skin: chest wall, muscle and fat outside of the pleura.
fn skin(random: &mut Random, cavity: &Ring, fat_mm: f64, muscle: f64) -> Ring {
    let breast = if random.happens(0.5) {
        random.between(6.0, 26.0)
    } else {
        0.0
    };
    cavity.grown(|angle| {
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let front = (-sin).max(0.0);
        let pectoral = hump(angle, -1.0) + hump(angle, -2.14);
        let scapular = hump(angle, 0.72) + hump(angle, 2.42);
        let wall = 17.0 + muscle * (7.0 * cos * cos + 12.0 * pectoral + 15.0 * scapular);
        let back = 16.0 * sin.max(0.0).powi(6);
        let fat = fat_mm * (1.0 - 0.45 * front.powi(8));
        wall + back + fat + breast * pectoral
    })
}

/// 1 at the angle `center`, falling smoothly to 0 half a radian to either side.
fn hump(angle: f64, center: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    let distance = ((angle - center + PI).rem_euclid(TAU) - PI).abs() / 0.55;
    let fall = (1.0 - distance * distance / 2.0).max(0.0);
    fall * fall
}

/// Where vessels and airways enter the right and the left lung.
fn hila(random: &mut Random, scale: f64, depth: f64) -> [Point; 2] {
    let drop = 8.0 + 10.0 * depth + random.about_zero(3.0);
    [
        Point::new(-(36.0 + 8.0 * depth) * scale, drop * scale),
        Point::new((38.0 + 12.0 * depth) * scale, (drop + 4.0) * scale),
    ]
}

/// The soft tissue between the lungs, from the breastbone to the spine.
fn mediastinum(
    random: &mut Random,
    hila: &[Point; 2],
    spine: Point,
    scale: f64,
    depth: f64,
) -> Outline {
    let mix = |top: f64, heart: f64| top + (heart - top) * depth;
    let front = mix(8.0, 20.0);
    let outline = [
        (front + 4.0, -96.0),
        (front, -74.0),
        (mix(24.0, 56.0), -52.0),
        (mix(34.0, 76.0), -26.0),
        (mix(37.0, 72.0), -4.0),
        (hila[1].x / scale - 1.0, hila[1].y / scale),
        (mix(34.0, 38.0), 33.0),
        (33.0, 50.0),
        (30.0, 68.0),
        (34.0, 100.0),
        (-34.0, 100.0),
        (-27.0, 68.0),
        (-22.0, 50.0),
        (-21.0, 34.0),
        (hila[0].x / scale + 1.0, hila[0].y / scale),
        (mix(-33.0, -48.0), -14.0),
        (mix(-29.0, -46.0), -36.0),
        (mix(-20.0, -32.0), -58.0),
        (-front + 3.0, -74.0),
        (-front - 2.0, -96.0),
    ];
    let control: Vec<Point> = outline
        .iter()
        .map(|(x, y)| {
            let back = if *y > 30.0 { spine.x } else { 0.0 };
            Point::new(
                x * scale + back + random.about_zero(1.5),
                y * scale + random.about_zero(1.5),
            )
        })
        .collect();
    Outline::smooth(&control)
}
