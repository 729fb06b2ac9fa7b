//! Pictures that a program draws.

use super::body;
use super::canvas::{Canvas, Colour, Ellipse, clouds};
use crate::Pixels;
use crate::augment::draws::Draws;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drawing {
    /// Shapes over shapes, in colour: what photographs are like in their statistics.
    Leaves,
    /// The same in grey.
    GreyLeaves,
    /// Noise and clouds.
    Noise,
    /// One tone, or a ramp of tones.
    Blank,
    /// Lines of text, boxes, curves: pages, screens and charts.
    Page,
    /// Heads, bellies and limbs in a CT's tones.
    Body,
}

impl Drawing {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Leaves,
        Self::GreyLeaves,
        Self::Noise,
        Self::Blank,
        Self::Page,
        Self::Body,
    ];
}

/// A square picture of `side` pixels; equal seeds draw alike.
pub fn draw(drawing: Drawing, side: usize, seed: u64) -> Pixels {
    let mut random = Draws::new(*b"drawing\0", seed, drawing as usize, 0);
    let canvas = match drawing {
        Drawing::Leaves => leaves(side, true, &mut random),
        Drawing::GreyLeaves => leaves(side, false, &mut random),
        Drawing::Noise => noise(side, &mut random),
        Drawing::Blank => blank(side, &mut random),
        Drawing::Page => page(side, &mut random),
        Drawing::Body => body::draw(side, &mut random),
    };
    canvas.finish()
}

fn any_colour(random: &mut Draws) -> Colour {
    [(); 3].map(|()| random.between(0.0, 255.0) as f32)
}

fn any_grey(random: &mut Draws) -> Colour {
    [random.between(0.0, 255.0) as f32; 3]
}

/// Dead leaves (Lee, Mumford & Huang, IJCV 2001): sizes fall by a power law, tones lie about one.
fn leaves(side: usize, in_colour: bool, random: &mut Draws) -> Canvas {
    let base = if in_colour {
        any_colour(random)
    } else {
        any_grey(random)
    };
    let spread = random.between(20.0, 120.0) as f32;
    let smallest = random.between(0.02, 0.1);
    let count = random.log_between(30.0, 250.0) as usize;
    let mut canvas = Canvas::new(side, base);
    for _ in 0..count {
        let size = (smallest * (1.0 - random.unit()).powf(-1.0 / 1.5)).min(0.5);
        let grey = random.about_zero(2.0) as f32 * spread;
        let colour = base.map(|tone| {
            let own = random.about_zero(2.0) as f32 * spread;
            tone + if in_colour { own } else { grey }
        });
        let middle = [random.unit(), random.unit()];
        let axes = [size, size * random.log_between(0.5, 1.8)];
        let angle = random.about_zero(3.2);
        let shape = Ellipse {
            middle,
            axes,
            angle,
        };
        if random.half() {
            canvas.paint(colour, |place| shape.holds(place));
        } else {
            let (sine, cosine) = angle.sin_cos();
            canvas.paint(colour, |[x, y]| {
                let [dx, dy] = [x - middle[0], y - middle[1]];
                (dx * cosine + dy * sine).abs() < axes[0]
                    && (dy * cosine - dx * sine).abs() < axes[1]
            });
        }
    }
    // Light and grain over it all.
    let depth = random.between(0.0, 0.3) as f32;
    let fall = random.between(0.5, 0.9);
    for (colour, light) in canvas.values.iter_mut().zip(clouds(side, fall, random)) {
        *colour = colour.map(|tone| tone * (1.0 + depth * light));
    }
    canvas
}

fn noise(side: usize, random: &mut Draws) -> Canvas {
    let mut canvas = Canvas::new(side, [0.0; 3]);
    let mean = random.between(20.0, 220.0) as f32;
    let spread = random.between(10.0, 70.0) as f32;
    let in_colour = random.unit() < 0.35;
    let fall = random.between(0.5, 1.6);
    let is_white = random.half();
    let plane = |random: &mut Draws| -> Vec<f32> {
        if is_white {
            let value = |_| (random.about_zero(1.7) + random.about_zero(0.6)) as f32;
            (0..side * side).map(value).collect()
        } else {
            clouds(side, fall, random)
        }
    };
    let planes = if in_colour {
        [plane(random), plane(random), plane(random)]
    } else {
        let one = plane(random);
        [one.clone(), one.clone(), one]
    };
    for (at, colour) in canvas.values.iter_mut().enumerate() {
        *colour = [0, 1, 2].map(|channel: usize| mean + spread * planes[channel][at]);
    }
    canvas
}

fn blank(side: usize, random: &mut Draws) -> Canvas {
    let one = if random.half() {
        any_grey(random)
    } else {
        any_colour(random)
    };
    let mut canvas = Canvas::new(side, one);
    if random.unit() < 0.4 {
        let other = any_grey(random);
        let down = random.half();
        for (at, colour) in canvas.values.iter_mut().enumerate() {
            let place = if down { at / side } else { at % side };
            let share = place as f32 / side as f32;
            *colour = [0, 1, 2].map(|c: usize| one[c] + share * (other[c] - one[c]));
        }
    }
    canvas
}

fn page(side: usize, random: &mut Draws) -> Canvas {
    let paper = if random.unit() < 0.6 {
        [255.0; 3]
    } else {
        any_grey(random)
    };
    let ink = any_grey(random);
    let mut canvas = Canvas::new(side, paper);
    if random.unit() < 0.65 {
        text(&mut canvas, ink, random);
    }
    for _ in 0..(random.unit() * 6.0) as usize {
        let colour = if random.unit() < 0.6 {
            any_colour(random)
        } else {
            ink
        };
        let [left, top] = [random.unit(), random.unit()];
        let size = [random.between(0.02, 0.6), random.between(0.02, 0.6)];
        match (random.unit() * 4.0) as usize {
            0 => canvas.paint(colour, |[x, y]| {
                (left..left + size[0]).contains(&x) && (top..top + size[1]).contains(&y)
            }),
            1 => {
                let circle = Ellipse::new([left, top], [size[0] * 0.5; 2]);
                canvas.paint(colour, |place| circle.holds(place));
            }
            2 => canvas.paint(colour, |[x, y]| {
                (x > 0.08 && x < 0.095 && y < 0.9) || (y > 0.89 && y < 0.905 && x > 0.08)
            }),
            _ => {
                let [period, height] = [random.between(0.03, 0.3), random.between(0.05, 0.3)];
                canvas.paint(colour, |[x, y]| {
                    (y - 0.5 - height * (x / period).sin()).abs() < 0.012
                });
            }
        }
    }
    canvas
}

/// Rows of words.
fn text(canvas: &mut Canvas, ink: Colour, random: &mut Draws) {
    let side = canvas.side;
    let height = random.between(0.012, 0.035);
    let mut top = random.between(0.01, 0.06);
    while top < 1.0 {
        let end = random.between(0.4, 1.0);
        let mut left = random.between(0.01, 0.09);
        while left < end {
            let width = random.between(0.005, 0.07);
            let rows = (top * side as f64) as usize..((top + height) * side as f64).ceil() as usize;
            let columns = (left * side as f64) as usize..((left + width) * side as f64) as usize;
            for row in rows.start..rows.end.min(side) {
                for column in columns.start..columns.end.min(side) {
                    canvas.values[row * side + column] = ink;
                }
            }
            left += width + random.between(0.006, 0.025);
        }
        top += height + random.between(0.015, 0.045);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_drawing_is_one_of_its_seed_and_no_other_s() {
        for drawing in Drawing::ALL {
            let first = draw(drawing, 48, 1);
            assert_eq!((first.width(), first.height()), (48, 48));
            assert_eq!(first, draw(drawing, 48, 1));
            let many: BTreeSet<Vec<u8>> = (0..12)
                .map(|seed| draw(drawing, 48, seed).into_data())
                .collect();
            assert_eq!(many.len(), 12, "{drawing:?}");
        }
    }

    #[test]
    fn leaves_are_grey_where_they_should_be() {
        let channels_differ = |drawing| {
            let data = draw(drawing, 48, 3).into_data();
            data.chunks_exact(3).any(|pixel| pixel[0] != pixel[1])
        };
        assert!(channels_differ(Drawing::Leaves));
        assert!(!channels_differ(Drawing::GreyLeaves));
        assert!(!channels_differ(Drawing::Body));
    }
}
