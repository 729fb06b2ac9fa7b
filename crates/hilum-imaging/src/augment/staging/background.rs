//! Another surrounding of the body: air of another level, with noise, with a table.

use super::super::draws::{Draws, unit};
use crate::{Anatomy, Extent, Pixels};

/// What lies outside of the body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Background {
    /// Of the air, in shares of the way from black to the slice's own soft tissue.
    air: f64,
    /// Grey levels, peak to peak.
    noise: f64,
    noise_seed: u64,
    table: Option<Table>,
}

/// Two arcs beneath the body, in shares of the body's height and width.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Table {
    /// Below the hull's lowest row.
    gap: f64,
    /// How far its edges rise.
    rise: f64,
    /// Between the arcs.
    depth: f64,
    /// Of each arc, in pixels.
    thickness: f64,
    half_width: f64,
    level: f64,
    /// Between the arcs, in shares of the arcs' level.
    filling: f64,
}

impl Background {
    pub(super) fn draw(draws: &mut Draws) -> Self {
        let is_black = draws.unit() < 0.4;
        let air = draws.between(0.0, 0.25);
        let is_noisy = draws.unit() < 0.3;
        let noise = draws.between(2.0, 16.0);
        let noise_seed = draws.word();
        let has_table = draws.unit() < 0.6;
        let table = Table {
            gap: draws.between(-0.04, 0.08),
            rise: draws.between(-0.03, 0.3),
            depth: draws.between(0.02, 0.12),
            thickness: draws.between(0.8, 2.5),
            half_width: draws.between(0.4, 1.0),
            level: draws.between(0.3, 1.5),
            filling: draws.between(0.0, 0.4),
        };
        Self {
            air: if is_black { 0.0 } else { air },
            noise: if is_noisy { noise } else { 0.0 },
            noise_seed,
            table: has_table.then_some(table),
        }
    }

    pub(super) fn lay(&self, pixels: &mut Pixels, anatomy: &Anatomy) {
        let (width, height) = (pixels.width(), pixels.height());
        let channels = pixels.channels().count();
        let tissue = anatomy
            .tones()
            .map_or(160.0, |tones| f64::from(tones.tissue));
        let extent = anatomy.extent(width, height);
        let mut noise = self.noise_seed;
        let rows = pixels.data_mut().chunks_exact_mut(width * channels);
        for (row, values) in rows.enumerate() {
            let (from, to) = anatomy.columns(row, width, height);
            for column in (0..from).chain(to.max(from)..width) {
                let mut share = self.air;
                if let Some(table) = &self.table {
                    share = share.max(table.at(&extent, row as f64, column as f64));
                }
                let mut level = share * tissue;
                if self.noise > 0.0 {
                    // Marsaglia's xorshift: quick, and good enough for grain.
                    noise ^= noise << 13;
                    noise ^= noise >> 7;
                    noise ^= noise << 17;
                    level += self.noise * (unit(noise) - 0.5);
                }
                let level = level.clamp(0.0, 255.0) as u8;
                values[column * channels..(column + 1) * channels].fill(level);
            }
        }
    }
}

impl Table {
    /// The level at a place, in shares of the tissue's; 0 off the table.
    fn at(&self, extent: &Extent, row: f64, column: f64) -> f64 {
        let middle = extent.left as f64 + extent.width as f64 / 2.0;
        let across = (column - middle) / (extent.width as f64 * self.half_width);
        if across.abs() > 1.0 {
            return 0.0;
        }
        let body_height = extent.height as f64;
        let bottom = (extent.top + extent.height) as f64;
        let top = bottom + (self.gap - self.rise * across * across) * body_height;
        let below = row - top;
        let depth = self.depth * body_height;
        if below < 0.0 || below > depth + self.thickness {
            0.0
        } else if below <= self.thickness || below >= depth {
            self.level
        } else {
            self.level * self.filling
        }
    }
}
