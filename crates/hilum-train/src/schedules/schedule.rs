//! How the learning rate changes over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the learning rate changes over a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Schedule {
    /// It does not.
    Constant,
    /// It shrinks when the validation loss stays flat, as Keras's `ReduceLROnPlateau` does; see
    /// [`Plateau`].
    Plateau {
        /// What it is multiplied by; in `0.0..1.0`.
        factor: f64,
        /// After how many flat epochs; 1 or more.
        patience: usize,
        /// It never falls below this; not negative.
        floor: f64,
    },
    /// Up and down once, step by step (Smith & Topin, 2019), by the formula of PyTorch's
    /// `OneCycleLR` with its defaults (`pct_start` 0.3, `div_factor` 25, `final_div_factor` 1e4,
    /// cosine). The momentum stays as it is: `cycle_momentum=False`.
    OneCycle,
    /// Half a cosine down to zero, step by step (Loshchilov & Hutter, 2017), by the formula of
    /// PyTorch's `CosineAnnealingLR`.
    Cosine {
        /// Epochs before, in which the rate rises linearly, step by step.
        warm_up_epochs: usize,
    },
}

/// Where a step stands in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Steps taken before it, since the run began.
    pub step: usize,
    /// Steps in each epoch; 1 or more.
    pub steps_per_epoch: usize,
    /// Epochs in the run, if nothing stops it early; 1 or more.
    pub epochs: usize,
}

impl Schedule {
    /// The reference recipe: times 0.1 after 3 flat epochs, not below 6e-6.
    pub const REFERENCE: Self = Self::Plateau {
        factor: 0.1,
        patience: 3,
        floor: 6e-6,
    };

    /// What the base learning rate is multiplied by at `position`; in `0.0..=1.0`.
    ///
    /// 1 for [`Schedule::Plateau`], whose rate depends on what was measured.
    pub fn factor(&self, position: Position) -> f64 {
        let step = position.step as f64;
        let total = (position.steps_per_epoch * position.epochs) as f64;
        match self {
            Self::Constant | Self::Plateau { .. } => 1.0,
            Self::OneCycle => one_cycle(step, total),
            Self::Cosine { warm_up_epochs } => {
                let warm_up = (warm_up_epochs * position.steps_per_epoch) as f64;
                if step < warm_up {
                    (step + 1.0) / warm_up
                } else {
                    between(1.0, 0.0, (step - warm_up) / (total - warm_up))
                }
            }
        }
    }
}

/// PyTorch's `OneCycleLR`, for a peak of 1.
fn one_cycle(step: f64, total: f64) -> f64 {
    const RISING_SHARE: f64 = 0.3;
    const START: f64 = 1.0 / 25.0;
    const END: f64 = START / 1e4;
    let peak = RISING_SHARE * total - 1.0;
    if step < peak {
        between(START, 1.0, step / peak)
    } else {
        between(1.0, END, (step - peak) / (total - 1.0 - peak))
    }
}

/// Half a cosine from `start` to `end`, at `share` of the way.
fn between(start: f64, end: f64, share: f64) -> f64 {
    end + (start - end) / 2.0 * (1.0 + (PI * share).cos())
}

/// The state of [`Schedule::Plateau`].
///
/// As Keras's `ReduceLROnPlateau` (monitor `val_loss`, `min_delta` 1e-4, no cooldown) and
/// PyTorch's of the same name (`threshold` 1e-4, `threshold_mode` `abs`; its `patience` is one
/// less than Keras's).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Plateau {
    /// The lowest validation loss so far.
    best: Option<f64>,
    /// Epochs since then, or since the last reduction.
    flat_epochs: usize,
    /// How often the rate was reduced.
    reductions: u32,
}

impl Plateau {
    /// A loss must fall by more than this to count as lower.
    const THRESHOLD: f64 = 1e-4;

    /// Takes note of an epoch's validation loss.
    pub fn observe(&mut self, schedule: &Schedule, base_rate: f64, valid_loss: f64) {
        let Schedule::Plateau {
            patience, floor, ..
        } = *schedule
        else {
            return;
        };
        if self
            .best
            .is_none_or(|best| valid_loss < best - Self::THRESHOLD)
        {
            self.best = Some(valid_loss);
            self.flat_epochs = 0;
            return;
        }
        self.flat_epochs += 1;
        if self.flat_epochs >= patience && self.rate(schedule, base_rate) > floor {
            self.flat_epochs = 0;
            self.reductions += 1;
        }
    }

    /// The learning rate that `base_rate` has shrunk to.
    pub fn rate(&self, schedule: &Schedule, base_rate: f64) -> f64 {
        match *schedule {
            Schedule::Plateau { factor, floor, .. } if self.reductions > 0 => {
                (base_rate * factor.powi(self.reductions as i32)).max(floor)
            }
            _ => base_rate,
        }
    }
}
