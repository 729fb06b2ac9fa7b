//! A picture in the making: three planes of values in `0.0..=255.0`.

use crate::augment::draws::Draws;
use crate::{Channels, Interpolation, Pixels};

/// Red, green and blue.
pub(super) type Colour = [f32; 3];

/// A square picture.
pub(super) struct Canvas {
    pub(super) side: usize,
    pub(super) values: Vec<Colour>,
}

/// A shape in shares of the side: middle, half axes, and how far it is turned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ellipse {
    pub(super) middle: [f64; 2],
    pub(super) axes: [f64; 2],
    pub(super) angle: f64,
}

impl Ellipse {
    pub(super) fn new(middle: [f64; 2], axes: [f64; 2]) -> Self {
        let angle = 0.0;
        Self {
            middle,
            axes,
            angle,
        }
    }

    /// Whether a place lies within.
    pub(super) fn holds(&self, [x, y]: [f64; 2]) -> bool {
        let [dx, dy] = [x - self.middle[0], y - self.middle[1]];
        let (sine, cosine) = self.angle.sin_cos();
        let along = (dx * cosine + dy * sine) / self.axes[0];
        let across = (dy * cosine - dx * sine) / self.axes[1];
        along * along + across * across < 1.0
    }
}

impl Canvas {
    pub(super) fn new(side: usize, colour: Colour) -> Self {
        Self {
            side,
            values: vec![colour; side * side],
        }
    }

    /// Paints every place, in shares of the side, that `holds`.
    pub(super) fn paint(&mut self, colour: Colour, holds: impl Fn([f64; 2]) -> bool) {
        let side = self.side;
        let share = |at: usize| (at as f64 + 0.5) / side as f64;
        for (at, value) in self.values.iter_mut().enumerate() {
            if holds([share(at % side), share(at / side)]) {
                *value = colour;
            }
        }
    }

    /// The picture in grey or colour.
    pub(super) fn finish(self) -> Pixels {
        let byte = |value: f32| value.clamp(0.0, 255.0).round() as u8;
        let data = self.values.iter().flat_map(|colour| colour.map(byte));
        Pixels::new(self.side, self.side, Channels::Rgb, data.collect())
    }
}

/// Clouds: grids of random values of rising fineness, each of less weight by `fall` per octave;
/// mean 0, deviation about 1.
pub(super) fn clouds(side: usize, fall: f64, random: &mut Draws) -> Vec<f32> {
    let mut sum = vec![0.0; side * side];
    let (mut cells, mut weight, mut squares) = (2, 1.0, 0.0);
    while cells <= side {
        let data: Vec<u8> = (0..cells * cells)
            .map(|_| (random.word() >> 56) as u8)
            .collect();
        let grid = Pixels::new(cells, cells, Channels::Grey, data);
        let grid = grid.resize(side, side, Interpolation::Bicubic);
        for (sum, value) in sum.iter_mut().zip(grid.data()) {
            *sum += weight * (f32::from(*value) - 127.5) / 74.0;
        }
        squares += weight * weight;
        weight *= fall as f32;
        cells *= 2;
    }
    let scale = 1.0 / squares.sqrt();
    for value in &mut sum {
        *value *= scale;
    }
    sum
}
