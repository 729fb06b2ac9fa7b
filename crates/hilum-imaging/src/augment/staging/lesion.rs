//! A soft-tissue mass drawn into a lung.
//!
//! Synthetic lesions can teach what real ones look like: Hu et al., Label-free liver tumor
//! segmentation, CVPR 2023. These are simpler: an irregular outline, often with spicules, a soft edge and
//! some grain, as bright as the patient's own soft tissue or fainter.

use std::f64::consts::TAU;

use super::super::draws::Draws;
use crate::{Anatomy, Pixels, Tones};

/// Waves of the outline, from two to a turn.
const WAVES: usize = 6;
/// Plane waves that make the grain.
const GRAINS: usize = 4;

/// A mass; lengths are shares of the body's width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lesion {
    /// Where in the lungs, in `0.0..1.0`.
    place: f64,
    radius: f64,
    /// Length over breadth.
    aspect: f64,
    angle: f64,
    /// Amplitude, in shares of the radius, and phase of each wave of the outline.
    outline: [(f64, f64); WAVES],
    /// How many spicules, and their length in shares of the radius.
    spicules: (f64, f64),
    spicule_phase: f64,
    /// How wide its edge is, in shares of the radius.
    edge: f64,
    /// From glass to solid.
    opacity: f64,
    /// A hollow within, in shares of the radius.
    cavity: f64,
    /// In shares of the way from lung to tissue.
    grain: f64,
    /// Waves per radius and direction, and phase.
    grains: [(f64, f64, f64); GRAINS],
}

impl Lesion {
    /// 12 to 80 mm across in a body of 350 mm.
    pub(super) fn draw(draws: &mut Draws) -> Self {
        let radius = draws.log_between(0.02, 0.115);
        let aspect = draws.log_between(0.6, 1.0 / 0.6);
        let is_spiculated = draws.unit() < 0.5;
        let spicules = (draws.between(5.0, 16.0).floor(), draws.between(0.2, 0.7));
        let is_hollow = draws.unit() < 0.1;
        let cavity = draws.between(0.2, 0.6);
        let is_glass = draws.unit() < 0.15;
        let glass = draws.between(0.4, 0.8);
        let solid = draws.between(0.85, 1.1);
        Self {
            place: draws.unit(),
            radius,
            aspect,
            angle: draws.between(0.0, TAU),
            outline: outline(draws, 0.16),
            spicules: if is_spiculated { spicules } else { (0.0, 0.0) },
            spicule_phase: draws.between(0.0, TAU),
            edge: draws.between(0.05, 0.45),
            opacity: if is_glass { glass } else { solid },
            cavity: if is_hollow { cavity } else { 0.0 },
            grain: draws.between(0.0, 0.15),
            grains: grains(draws),
        }
    }

    /// As large as a vessel across: 3 to 6 mm.
    pub(super) fn speck(draws: &mut Draws) -> Self {
        Self {
            radius: draws.log_between(0.004, 0.009),
            ..Self::draw(draws)
        }
    }

    pub(super) fn plant(&self, pixels: &mut Pixels, anatomy: &Anatomy) {
        let Some(tones) = anatomy.tones() else {
            return;
        };
        let Some((x, y)) = anatomy.place_in_lungs(self.place) else {
            return;
        };
        let (width, height) = (pixels.width(), pixels.height());
        let channels = pixels.channels().count();
        let (x, y) = (x * width as f64, y * height as f64);
        let radius = self.radius * anatomy.extent(width, height).width as f64;
        // A slice that is stretched has a body that is wider than high; that is left out.
        let reach = radius * 2.0 + 2.0;
        let from = |middle: f64| (middle - reach).max(0.0) as usize;
        let to = |middle: f64, count: usize| ((middle + reach) as usize + 1).min(count);
        for row in from(y)..to(y, height) {
            let (first, last) = anatomy.columns(row, width, height);
            for column in from(x).max(first)..to(x, width).min(last) {
                let at = (
                    (column as f64 + 0.5 - x) / radius,
                    (row as f64 + 0.5 - y) / radius,
                );
                let cover = self.cover(at, radius);
                if cover > 0.0 {
                    let level = self.level(at, tones);
                    let start = (row * width + column) * channels;
                    for value in &mut pixels.data_mut()[start..start + channels] {
                        let own = f64::from(*value);
                        // A mass never darkens the vessels and bones that it lies on.
                        let mixed = own + cover * (level.max(own) - own);
                        *value = mixed.clamp(0.0, 255.0).round() as u8;
                    }
                }
            }
        }
    }

    /// How much of the mass covers a place, in radii from its middle; in `0.0..=1.0`.
    fn cover(&self, (across, down): (f64, f64), radius: f64) -> f64 {
        let (sin, cos) = self.angle.sin_cos();
        let along = (across * cos + down * sin) / self.aspect.sqrt();
        let beside = (down * cos - across * sin) * self.aspect.sqrt();
        let distance = along.hypot(beside);
        let turn = beside.atan2(along);
        let waves = self.outline.iter().zip(2..);
        let wavy: f64 = waves
            .map(|((amplitude, phase), wave)| amplitude * (f64::from(wave) * turn + phase).cos())
            .sum();
        let (count, length) = self.spicules;
        let ray = ((count * turn + self.spicule_phase).cos() * 0.5 + 0.5).powi(8);
        let outline = 1.0 + wavy + length * ray;
        // At least a pixel wide, as every edge that a scanner made.
        let edge = self.edge.max(1.0 / radius);
        let inside = smooth((outline - distance) / edge + 0.5);
        let hollow = if self.cavity > 0.0 {
            smooth((self.cavity * (1.0 + wavy) - distance) / edge + 0.5)
        } else {
            0.0
        };
        inside * (1.0 - 0.9 * hollow)
    }

    fn level(&self, (across, down): (f64, f64), tones: Tones) -> f64 {
        let grains = self.grains.iter();
        let grain: f64 = grains
            .map(|(x, y, phase)| (x * across + y * down + phase).cos())
            .sum();
        let share = self.opacity + self.grain * grain / GRAINS as f64;
        f64::from(tones.lung) + f64::from(tones.tissue - tones.lung) * share
    }
}

fn outline(draws: &mut Draws, largest: f64) -> [(f64, f64); WAVES] {
    std::array::from_fn(|wave| {
        let amplitude = draws.about_zero(largest) / (1.0 + 0.5 * wave as f64);
        (amplitude, draws.between(0.0, TAU))
    })
}

fn grains(draws: &mut Draws) -> [(f64, f64, f64); GRAINS] {
    std::array::from_fn(|_| {
        let (waves, direction) = (draws.log_between(2.0, 12.0), draws.between(0.0, TAU));
        let phase = draws.between(0.0, TAU);
        (waves * direction.cos(), waves * direction.sin(), phase)
    })
}

/// Smoothstep: 0 below 0, 1 above 1.
fn smooth(value: f64) -> f64 {
    let value = value.clamp(0.0, 1.0);
    value * value * (3.0 - 2.0 * value)
}
