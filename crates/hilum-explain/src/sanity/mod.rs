//! How far a map can be believed.
//!
//! A picture of heat always looks convincing. These checks ask whether it would look alike if the
//! network had learned nothing, and whether the hot places matter to the class more than places drawn
//! at random; [`Placement`] counts where in the chest they lie.

#[cfg(test)]
mod peers;
mod placement;
mod randomisation;
mod ranks;
mod removal;
mod road;

use std::fmt;
use std::str::FromStr;

use hilum_core::Cancel;
use hilum_graph::{Batch, Engine, Logits};
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::{ExplainError, Explained, HeatMap, Settings, Signal};
use removal::Removal;

pub use placement::Placement;
pub use randomisation::Stage;
pub use ranks::rank_correlation;
pub use road::impute;

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Thoroughness {
    /// Nothing.
    Off,
    /// About a dozen passes a slice: weights drawn anew in two stages, deletion and insertion at
    /// three shares.
    #[default]
    Fast,
    /// Weights drawn anew block by block, deletion and insertion at nine shares, and ROAD.
    Full,
}

impl Thoroughness {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Off, Self::Fast, Self::Full];

    /// As it is written on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Fast => "fast",
            Self::Full => "full",
        }
    }

    /// Shares of the image that are blotted out.
    fn shares(self) -> &'static [f64] {
        match self {
            Self::Off => &[],
            Self::Fast => &[0.1, 0.25, 0.5],
            Self::Full => &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
        }
    }
}

impl fmt::Display for Thoroughness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A word for none of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{word}` says not how much to check\nhint: one of off, fast, full")]
pub struct UnknownThoroughness {
    /// What was given.
    pub word: String,
}

impl FromStr for Thoroughness {
    type Err = UnknownThoroughness;

    fn from_str(word: &str) -> Result<Self, UnknownThoroughness> {
        let found = Self::ALL.into_iter().find(|one| one.name() == word);
        found.ok_or_else(|| UnknownThoroughness {
            word: word.to_owned(),
        })
    }
}

impl Serialize for Thoroughness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a figure is where the hottest places go, and where places drawn at random do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgainstRandom {
    /// By the map's ranking.
    pub heat: f64,
    /// By a random one, whose places are as large as the map's.
    pub random: f64,
}

/// What was found of one map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checks {
    /// How much was checked.
    pub mode: Thoroughness,
    /// The rank correlation of the map with that of the same network whose weights were drawn
    /// anew, all of them; `None` where a map has no signal.
    pub randomised: Option<f64>,
    /// The same on the way there, from the last layer to the first.
    pub stages: Vec<Stage>,
    /// The mean probability of the class while the hottest places are blotted out; lower is better.
    pub deletion: Option<AgainstRandom>,
    /// The same while only the hottest places are there; higher is better.
    pub insertion: Option<AgainstRandom>,
    /// ROAD: half of what the logit loses more by the hottest places than by the coolest, in the
    /// mean over nine shares; above 0 is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub road: Option<f64>,
    /// What the map did not pass, in words.
    pub failed: Vec<String>,
}

/// A map that is as like one of a network that learned nothing as this shows the picture.
const MOST_ALIKE: f64 = 0.5;

impl Checks {
    /// Nothing was found.
    fn nothing(mode: Thoroughness) -> Self {
        Self {
            mode,
            randomised: None,
            stages: Vec::new(),
            deletion: None,
            insertion: None,
            road: None,
            failed: Vec::new(),
        }
    }

    fn judged(mut self) -> Self {
        let failed = &mut self.failed;
        if let Some(rho) = self.randomised.filter(|rho| rho.abs() > MOST_ALIKE) {
            failed.push(format!(
                "it hardly changes when all weights are drawn anew (rank correlation {rho:.2}): it \
                 shows the picture more than what was learned"
            ));
        }
        if self
            .deletion
            .is_some_and(|found| found.heat >= found.random)
        {
            failed.push(
                "blotting out its hottest places costs the class no more than random ones"
                    .to_owned(),
            );
        }
        if self
            .insertion
            .is_some_and(|found| found.heat <= found.random)
        {
            failed.push(
                "its hottest places alone tell the class no better than random ones".to_owned(),
            );
        }
        if self.road.is_some_and(|score| score <= 0.0) {
            failed
                .push("ROAD: the class needs its coolest places as much as its hottest".to_owned());
        }
        self
    }
}

/// Checks every map that has a signal; of the others nothing is found. The engine is left as it was.
///
/// # Errors
/// As [`explain`](crate::explain).
pub fn check(
    engine: &mut dyn Engine,
    images: &Batch,
    explained: &Explained,
    settings: &Settings,
    mode: Thoroughness,
    cancel: &Cancel,
) -> Result<Vec<Checks>, ExplainError> {
    let heat = |map: &HeatMap| settings.method.heat(map);
    let maps: Vec<HeatMap> = explained.maps.iter().map(heat).collect();
    let has_signal: Vec<bool> = maps
        .iter()
        .map(|map| map.signal() == Signal::Present)
        .collect();
    if mode == Thoroughness::Off || !has_signal.contains(&true) {
        return Ok(vec![Checks::nothing(mode); maps.len()]);
    }
    let stages = randomisation::stages(engine, images, explained, settings, mode, cancel)?;
    let subject = removal::Subject {
        images,
        maps: &maps,
        classes: &explained.classes,
        batch: settings.batch,
        shares: mode.shares(),
    };
    let found = removal::curves(engine, &subject, cancel)?;
    let road = match mode {
        Thoroughness::Full => road::scores(engine, &subject, cancel)?,
        _ => vec![None; maps.len()],
    };
    let each = stages.into_iter().zip(found).zip(road).zip(has_signal);
    let checks = each.map(|(((stages, removal), road), has_signal)| {
        let Removal {
            deletion,
            insertion,
        } = removal;
        let checks = Checks {
            mode,
            randomised: stages.last().and_then(|stage: &Stage| stage.correlation),
            stages,
            deletion: Some(deletion),
            insertion: Some(insertion),
            road,
            failed: Vec::new(),
        };
        if has_signal {
            checks.judged()
        } else {
            Checks::nothing(mode)
        }
    });
    Ok(checks.collect())
}

/// The class's probability of each image.
fn probabilities(
    logits: &Logits,
    classes: impl Iterator<Item = hilum_core::ClassIndex>,
) -> Vec<f64> {
    let of_row = |(row, class): (&[f32], hilum_core::ClassIndex)| {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exponential = |logit: f32| f64::from(logit - largest).exp();
        let sum: f64 = row.iter().map(|logit| exponential(*logit)).sum();
        exponential(row[class.get()]) / sum
    };
    logits.rows().zip(classes).map(of_row).collect()
}
