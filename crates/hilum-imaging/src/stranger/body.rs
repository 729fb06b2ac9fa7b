//! Heads, bellies and limbs that nobody has: ellipses in Hounsfield units, in any window.

use super::canvas::{Canvas, Ellipse, clouds};
use crate::augment::draws::Draws;

const AIR: f64 = -1000.0;
const FAT: f64 = -100.0;
const MUSCLE: f64 = 50.0;

/// Centre and width of windows: lung, soft tissue, brain, bone, all of it.
const WINDOWS: [[f64; 2]; 5] = [
    [-600.0, 1500.0],
    [40.0, 400.0],
    [40.0, 100.0],
    [300.0, 2000.0],
    [0.0, 1000.0],
];

/// A grey picture in Hounsfield units.
struct Field {
    side: usize,
    values: Vec<f64>,
}

impl Field {
    fn fill(&mut self, shape: Ellipse, hounsfield: f64) {
        let side = self.side as f64;
        for (at, value) in self.values.iter_mut().enumerate() {
            let place = [at % self.side, at / self.side].map(|at| (at as f64 + 0.5) / side - 0.5);
            if shape.holds(place) {
                *value = hounsfield;
            }
        }
    }
}

pub(super) fn draw(side: usize, random: &mut Draws) -> Canvas {
    let mut field = Field {
        side,
        values: vec![AIR; side * side],
    };
    match (random.unit() * 3.0) as usize {
        0 => head(&mut field, random),
        1 => belly(&mut field, random),
        _ => limbs(&mut field, random),
    }
    let grain = random.between(3.0, 45.0);
    let texture = clouds(side, random.between(0.7, 1.3), random);
    let [center, width] = WINDOWS[(random.unit() * WINDOWS.len() as f64) as usize];
    let mut canvas = Canvas::new(side, [0.0; 3]);
    for ((colour, value), texture) in canvas.values.iter_mut().zip(&field.values).zip(texture) {
        let value = value + grain * f64::from(texture);
        let grey = ((value - center) / width + 0.5) * 255.0;
        *colour = [grey.clamp(0.0, 255.0) as f32; 3];
    }
    canvas
}

fn place(random: &mut Draws, range: f64) -> [f64; 2] {
    [random.about_zero(range), random.about_zero(range)]
}

/// Skin, a ring of bone, brain with dark and bright parts.
fn head(field: &mut Field, random: &mut Draws) {
    let middle = place(random, 0.06);
    let axes = [random.between(0.2, 0.42), random.between(0.28, 0.47)];
    let within = |less: f64| Ellipse::new(middle, axes.map(|axis| (axis - less).max(0.02)));
    field.fill(within(0.0), MUSCLE);
    let skin = random.between(0.01, 0.04);
    field.fill(within(skin), random.between(600.0, 1300.0));
    let skull = random.between(0.02, 0.07);
    field.fill(within(skin + skull), random.between(20.0, 45.0));
    for _ in 0..(random.unit() * 12.0) as usize {
        let tone = [5.0, 15.0, 25.0, 60.0, 80.0, AIR, 1000.0][(random.unit() * 7.0) as usize];
        let inside = axes.map(|axis| axis * 0.6);
        let part = Ellipse {
            middle: [
                middle[0] + random.about_zero(inside[0]),
                middle[1] + random.about_zero(inside[1]),
            ],
            axes: [random.between(0.01, 0.08), random.between(0.01, 0.12)],
            angle: random.about_zero(0.7),
        };
        field.fill(part, tone);
    }
}

/// Fat, organs, gas, a vertebra.
fn belly(field: &mut Field, random: &mut Draws) {
    let middle = place(random, 0.06);
    let axes = [random.between(0.3, 0.48), random.between(0.2, 0.4)];
    field.fill(Ellipse::new(middle, axes), FAT);
    let fat = random.between(0.01, 0.07);
    let wall = Ellipse::new(middle, axes.map(|axis| axis - fat));
    field.fill(wall, random.between(20.0, 60.0));
    for _ in 0..random.between(4.0, 18.0) as usize {
        let tone = [FAT, 30.0, 60.0, 110.0, 200.0, -850.0][(random.unit() * 6.0) as usize];
        let organ = Ellipse {
            middle: [
                middle[0] + random.about_zero(0.65) * axes[0],
                middle[1] + random.about_zero(0.65) * axes[1],
            ],
            axes: [
                random.between(0.03, 0.4) * axes[0],
                random.between(0.03, 0.4) * axes[1],
            ],
            angle: random.about_zero(1.0),
        };
        field.fill(organ, tone);
    }
    let spine = [middle[0], middle[1] + axes[1] * 0.55];
    field.fill(
        Ellipse::new(spine, [0.055, 0.05]),
        random.between(250.0, 600.0),
    );
}

/// One or two, each of skin, muscle and one or two bones with marrow.
fn limbs(field: &mut Field, random: &mut Draws) {
    let sides: &[f64] = if random.unit() < 0.7 {
        &[-1.0, 1.0]
    } else {
        &[0.0]
    };
    let radius = random.between(0.08, 0.22);
    let shape = random.log_between(0.8, 1.25);
    let apart = random.between(0.2, 0.26);
    let bones = if random.half() { 1 } else { 2 };
    for side in sides {
        let middle = [
            side * apart + random.about_zero(0.02),
            random.about_zero(0.05),
        ];
        let limb = |share: f64| Ellipse::new(middle, [radius * share, radius * shape * share]);
        field.fill(limb(1.0), FAT);
        field.fill(limb(0.87), MUSCLE);
        for bone in 0..bones {
            let off = f64::from(bone) * radius * 0.4;
            let size = random.between(0.15, 0.35) * radius;
            let middle = [middle[0] + off, middle[1] + off];
            field.fill(Ellipse::new(middle, [size; 2]), 1100.0);
            field.fill(Ellipse::new(middle, [size * 0.6; 2]), 0.0);
        }
    }
}
