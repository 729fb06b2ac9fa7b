//! Lungs and soft tissue in other grey levels: another window, another monitor.

use super::super::draws::Draws;
use crate::{Pixels, Tones};

/// From each grey level to another.
///
/// A line through two tones (a window in DICOM's sense, clipped at black and white), then a
/// power (gamma).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ToneCurve {
    /// Of the lungs, in grey levels; below 0 the window leaves nothing of them.
    lung: f64,
    /// Of soft tissue, in grey levels; above 255 it is white.
    tissue: f64,
    gamma: f64,
}

/// Where nothing was found in a slice, its lungs and tissue are taken for what they are in a
/// common lung window.
const COMMON: Tones = Tones {
    lung: 40.0,
    tissue: 160.0,
};

impl ToneCurve {
    pub(super) fn draw(draws: &mut Draws) -> Self {
        let lung = draws.between(-30.0, 110.0);
        let tissue = lung.max(0.0) + draws.between(60.0, 220.0);
        Self {
            lung,
            tissue: tissue.min(270.0),
            gamma: draws.log_between(0.75, 1.0 / 0.75),
        }
    }

    pub(super) fn apply(&self, pixels: &mut Pixels, tones: Option<Tones>) {
        let tones = tones.unwrap_or(COMMON);
        let (lung, tissue) = (f64::from(tones.lung), f64::from(tones.tissue));
        let slope = (self.tissue - self.lung) / (tissue - lung);
        let table: [u8; 256] = std::array::from_fn(|level| {
            let line = (level as f64 - lung) * slope + self.lung;
            let share = (line / 255.0).clamp(0.0, 1.0);
            (share.powf(self.gamma) * 255.0).round() as u8
        });
        for value in pixels.data_mut() {
            *value = table[usize::from(*value)];
        }
    }
}
