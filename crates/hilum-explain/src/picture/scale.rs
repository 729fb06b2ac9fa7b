//! Which values of a map are drawn as how much heat.

use std::fmt;

use crate::{HeatMap, Signal};

/// Where a few places are far hotter than all others, this share of the warm ones is drawn alike.
const CROWDED: f64 = 0.01;
/// They are far hotter if the rest does not reach this share of the range.
const FAR: f32 = 0.5;

/// The values that are drawn as no heat and as most.
///
/// From the coolest place to the hottest; but what speaks against a class (below zero) is no
/// heat, and where less than one warm place in 100 is more than twice as hot as all others, these
/// are drawn alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub(super) low: f32,
    pub(super) high: f32,
    pub(super) least: f32,
    pub(super) most: f32,
}

/// Why a map has no heat to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// All places are alike.
    Flat,
    /// No place speaks for the class, some speak against it.
    OnlyAgainst,
    /// Some values are no numbers.
    NotFinite {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
    },
}

impl Scale {
    /// The scale of one map.
    ///
    /// # Errors
    /// [`Silence`] if there is no heat in it.
    pub fn of(map: &HeatMap) -> Result<Self, Silence> {
        match map.signal() {
            Signal::Flat => return Err(Silence::Flat),
            Signal::NotFinite => {
                let values = map.values();
                return Err(Silence::NotFinite {
                    count: values.iter().filter(|value| !value.is_finite()).count(),
                    of: values.len(),
                });
            }
            Signal::Present => {}
        }
        let (least, most) = map.range();
        if most <= f32::EPSILON * least.abs() {
            return Err(Silence::OnlyAgainst);
        }
        let low = least.max(0.0);
        Ok(Self {
            low,
            high: top(map.values(), low, most),
            least,
            most,
        })
    }

    /// One scale for several maps, so that their colours can be compared; `None` of none.
    pub fn over<'a>(scales: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        scales.into_iter().copied().reduce(|a, b| Self {
            low: a.low.min(b.low),
            high: a.high.max(b.high),
            least: a.least.min(b.least),
            most: a.most.max(b.most),
        })
    }

    /// The value that lies at a share of the range.
    pub fn value(&self, share: f32) -> f32 {
        self.low + share * (self.high - self.low)
    }

    /// How far up the range a value lies, in `0.0..=1.0`.
    pub fn share(&self, value: f32) -> f32 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

fn top(values: &[f32], low: f32, most: f32) -> f32 {
    let mut warm: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| *value > low)
        .collect();
    let rank = (warm.len() as f64 * (1.0 - CROWDED)) as usize;
    if rank >= warm.len() {
        return most;
    }
    let (_, crowd, _) = warm.select_nth_unstable_by(rank, f32::total_cmp);
    if *crowd - low < FAR * (most - low) {
        *crowd
    } else {
        most
    }
}

impl Silence {
    /// What is written over the picture.
    pub fn words(self, class: &str, layer: Option<&str>) -> String {
        let place = if layer.is_some() { "layer" } else { "image" };
        match self {
            Self::Flat => format!("no signal: nothing in this {place} speaks for {class}"),
            Self::OnlyAgainst => {
                format!("no heat: nothing in this {place} speaks for {class}, only against it")
            }
            Self::NotFinite { count, of } => {
                format!("no numbers: {count} of {of} values are not finite")
            }
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Flat => "no signal",
            Self::OnlyAgainst => "no heat",
            Self::NotFinite { .. } => "no numbers",
        })
    }
}
