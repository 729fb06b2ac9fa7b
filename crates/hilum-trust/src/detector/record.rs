//! The detector as it lies in a model file.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::body::{BodyRule, Departure, SeenBody};
use super::contrast::{Contrast, ContrastSettings};
use super::density::Density;
use super::features::{Part, Rows};
use super::packed;

/// The version of the record that is written, and the latest that is read.
pub const DETECTOR_VERSION: u32 = 1;

/// What a detector learns from: rows of a network's taps.
#[derive(Debug, Clone)]
pub struct Examples {
    /// Training slices as they are.
    pub plain: Rows,
    /// The same in other tones.
    pub toned: Rows,
    /// The same in other tones and fields of view.
    pub framed: Rows,
    /// What no training slice is like.
    pub unlike: Rows,
    /// Of which kind each of these is, from 1 on.
    pub kinds: Vec<usize>,
}

/// Why there is no detector.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FitError {
    /// Too few slices to put a threshold by.
    #[error("there are {found} slices to put its threshold by; {wanted} are needed")]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many are needed.
        wanted: usize,
    },
    /// All slices are one to the network.
    #[error("the network makes the same of all slices")]
    Constant,
}

/// The members, and what held-out slices of the training's kind score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectorRecord {
    /// The version of this record.
    pub version: u32,
    /// Values of a row that the network's taps hand out.
    pub tapped_width: usize,
    density: Density,
    contrast: Contrast,
    /// What the training slices show of a body; `None` if they are not of chests, or if nobody
    /// looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyRule>,
    /// Median, and the distance from there to the 90th percentile, of each member's score on
    /// held-out slices.
    standards: [[f64; 2]; 2],
    /// The scores of held-out slices, as they are and varied, lowest first.
    #[serde(with = "packed")]
    held_out: Vec<f32>,
    /// How many slices these are of; as many where there is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_out_slices: Option<usize>,
    /// The share of held-out slices above the threshold, at most.
    pub flagged_share: f64,
    /// What was held out.
    pub threshold_source: ThresholdSource,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl fmt::Display for DetectorRecord {
    /// What it flags, in words: for notes, details and reports.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.held_out_count();
        let percent = 100.0 * (1.0 - self.flagged_share);
        let slices = match self.threshold_source {
            ThresholdSource::Valid => "validation slices",
            ThresholdSource::CrossFitted => {
                "training slices, each judged by a detector of the other half"
            }
        };
        write!(
            formatter,
            "flags what is less like the training data than {percent:.0}% of {count} {slices}"
        )?;
        if self.held_out_slices.is_some() {
            formatter.write_str(", as they are and varied")?;
        }
        match self.body {
            Some(_) => formatter.write_str(", and slices without lungs"),
            None => Ok(()),
        }
    }
}

/// What the threshold was put by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdSource {
    /// The validation split, which nothing was learned from.
    Valid,
    /// Halves of the training slices: each scored by a detector that learned from the other. The
    /// network learned from both, so that more strangers than the share may be flagged.
    CrossFitted,
}

/// How like the training data a slice is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Typicality {
    /// The score; the higher, the less like it.
    pub score: f64,
    /// The share of held-out slices, as they are and varied, that are as unlike or more, in
    /// `0.0..=1.0`.
    pub share: f64,
    /// Whether it lies above the threshold, or departs from the training data.
    pub is_unlike: bool,
    /// How it departs from what all training slices show; `None` if it does not.
    pub departure: Option<Departure>,
}

impl DetectorRecord {
    /// Held-out slices that are needed.
    pub const FEWEST: usize = 10;
    /// The share of held-out slices that is flagged, if nobody says otherwise.
    pub const FLAGGED_SHARE: f64 = 0.1;
    /// Where a member's standardised score ends on either side, so that none outvotes the other
    /// within reason.
    pub const STANDARDISED: [f64; 2] = [-1.0, 10.0];
    /// So far above the threshold a score may lie: they are kept with three digits.
    pub const ABOVE_THRESHOLD: f64 = 1e-3;

    /// Learns from `examples`; the threshold is put by slices that were held out, as they are and
    /// `varied` in tones and fields of view. The density looks at `middle`, the contrast at both parts.
    ///
    /// # Errors
    /// [`FitError`] if nothing is to be learned.
    pub fn fit(
        [early, middle]: [Part; 2],
        examples: &Examples,
        held_out: &Rows,
        varied: &Rows,
    ) -> Result<Self, FitError> {
        let members = Members::fit([early, middle], examples)?;
        let [plain, varied] = [held_out, varied].map(|rows| {
            rows.iter()
                .map(|row| members.scores(row))
                .collect::<Vec<_>>()
        });
        let width = examples.plain.width();
        Self::assembled(members, &plain, &varied, width, ThresholdSource::Valid)
    }

    /// The same where nothing was held out: halves of the training slices stand in, each scored by
    /// what learned from the other.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_crossed(parts: [Part; 2], examples: &Examples) -> Result<Self, FitError> {
        let count = examples.plain.len();
        let rows = [&examples.plain, &examples.toned, &examples.framed];
        let mut scores = rows.map(|_| vec![[0.0; 2]; count]);
        for half in 0..2 {
            let (own, other): (Vec<_>, Vec<_>) =
                (0..count).partition(|at| Self::half(*at, count) == half);
            let members = Members::fit(parts, &examples.only(&own))?;
            for (scores, rows) in scores.iter_mut().zip(rows) {
                for (at, row) in other.iter().zip(rows.at(other.iter().copied()).iter()) {
                    scores[*at] = members.scores(row);
                }
            }
        }
        let members = Members::fit(parts, examples)?;
        let width = examples.plain.width();
        let [plain, toned, framed] = scores;
        let varied = [toned, framed].concat();
        Self::assembled(
            members,
            &plain,
            &varied,
            width,
            ThresholdSource::CrossFitted,
        )
    }

    /// Neighbours, which are often of one patient, stay on one side.
    fn half(at: usize, count: usize) -> usize {
        const BLOCKS: usize = 20;
        at * BLOCKS / count.max(1) % 2
    }

    fn assembled(
        members: Members,
        plain: &[[f64; 2]],
        varied: &[[f64; 2]],
        tapped_width: usize,
        threshold_source: ThresholdSource,
    ) -> Result<Self, FitError> {
        let (found, wanted) = (plain.len(), Self::FEWEST);
        if found < wanted {
            return Err(FitError::TooFew { found, wanted });
        }
        let standards = [0, 1].map(|member: usize| {
            let mut of: Vec<f64> = plain.iter().map(|both| both[member]).collect();
            of.sort_by(f64::total_cmp);
            let [median, high] = [0.5, 0.9].map(|share| quantile(&of, share));
            [median, (high - median).max(1e-3)]
        });
        let mut record = Self {
            version: DETECTOR_VERSION,
            tapped_width,
            density: members.density,
            contrast: members.contrast,
            body: None,
            standards,
            held_out: Vec::new(),
            held_out_slices: Some(plain.len()),
            flagged_share: Self::FLAGGED_SHARE,
            threshold_source,
            other: Map::new(),
        };
        let mut held_out: Vec<f32> = plain
            .iter()
            .chain(varied)
            .map(|both| packed::rounded(record.sum(*both) as f32))
            .collect();
        held_out.sort_by(f32::total_cmp);
        record.held_out = held_out;
        Ok(record)
    }

    fn sum(&self, scores: [f64; 2]) -> f64 {
        let [low, high] = Self::STANDARDISED;
        let standardised = scores.iter().zip(&self.standards);
        standardised
            .map(|(score, [middle, scale])| ((score - middle) / scale).clamp(low, high))
            .sum()
    }

    /// The score of a row of what the network's taps hand out; the higher, the less like the
    /// training slices. What is not finite is like nothing.
    ///
    /// # Panics
    /// If the row is not as wide as those that it learned from.
    pub fn score(&self, row: &[f32]) -> f64 {
        assert_eq!(row.len(), self.tapped_width, "a row of the same taps");
        if row.iter().any(|value| !value.is_finite()) {
            return f64::INFINITY;
        }
        self.sum([self.density.score(row), self.contrast.score(row)])
    }

    /// The score above which a slice is unlike the training data: of `n` held-out scores the
    /// `ceil((n + 1) * (1 - share))`th, so that a new slice of their kind lies above it with a
    /// probability of at most `share` (the quantile of split conformal prediction); the highest,
    /// where they are too few for that.
    pub fn threshold(&self) -> f64 {
        let count = self.held_out.len();
        let rank = ((count + 1) as f64 * (1.0 - self.flagged_share)).ceil() as usize;
        f64::from(self.held_out[rank.clamp(1, count) - 1])
    }

    /// What it says of a row, and of what is seen of the body in the slice; `None` where nobody
    /// looked, as [`body`](Self::body) asks for.
    ///
    /// # Panics
    /// As [`score`](Self::score).
    pub fn judge(&self, row: &[f32], seen: Option<SeenBody>) -> Typicality {
        let score = self.score(row);
        let departure = self
            .body
            .zip(seen)
            .and_then(|(rule, seen)| rule.departure(seen));
        let below = self
            .held_out
            .partition_point(|held| f64::from(*held) < score);
        let share = 1.0 - below as f64 / self.held_out.len() as f64;
        Typicality {
            score,
            share: if departure.is_some() { 0.0 } else { share },
            is_unlike: departure.is_some() || score > self.threshold() + Self::ABOVE_THRESHOLD,
            departure,
        }
    }

    /// The same with another share of held-out slices above the threshold; as it is where `share`
    /// is `None`.
    #[must_use]
    pub fn with_share(&self, share: Option<f64>) -> Self {
        Self {
            flagged_share: share.unwrap_or(self.flagged_share),
            ..self.clone()
        }
    }

    /// The member that sees what is of another texture.
    pub fn density(&self) -> &Density {
        &self.density
    }

    /// The member that sees what is in the wrong place.
    pub fn contrast(&self) -> &Contrast {
        &self.contrast
    }

    /// Of each member's scores, density first, what is taken from them, and by what they are divided
    /// then.
    pub fn standards(&self) -> [[f64; 2]; 2] {
        self.standards
    }

    /// The scores of held-out slices, as they are and varied, lowest first.
    pub fn held_out(&self) -> &[f32] {
        &self.held_out
    }

    /// How many slices the threshold was put by.
    pub fn held_out_count(&self) -> usize {
        self.held_out_slices.unwrap_or(self.held_out.len())
    }

    /// Whether its parts fit one another; whoever reads one from a file asks.
    pub fn is_sound(&self) -> bool {
        self.density.is_sound(self.tapped_width)
            && self.contrast.is_sound(self.tapped_width)
            && self.body.is_none_or(|rule| rule.is_sound())
            && !self.held_out.is_empty()
            && self.held_out.is_sorted()
            && self.flagged_share > 0.0
            && self.flagged_share < 1.0
            && self
                .standards
                .iter()
                .all(|[middle, scale]| middle.is_finite() && *scale > 0.0)
    }
}

/// Both members, before they are held against each other.
struct Members {
    density: Density,
    contrast: Contrast,
}

impl Members {
    fn fit([early, middle]: [Part; 2], examples: &Examples) -> Result<Self, FitError> {
        let whole = Part { seen: 1, ..middle };
        let near = examples.plain.clone().and(&examples.toned);
        let density = Density::fit(&[whole], &near).ok_or(FitError::Constant)?;
        let like = examples.plain.clone().and(&examples.framed);
        let quarters = [early, middle].map(|part| Part {
            seen: if part.grid.is_multiple_of(2) { 2 } else { 1 },
            ..part
        });
        let settings = ContrastSettings::default();
        let (unlike, kinds) = (&examples.unlike, &examples.kinds);
        Ok(Self {
            density,
            contrast: Contrast::fit(&quarters, &like, unlike, kinds, settings),
        })
    }

    fn scores(&self, row: &[f32]) -> [f64; 2] {
        [self.density.score(row), self.contrast.score(row)]
    }
}

impl Examples {
    /// Those made of the training slices at some positions; what they are not stays.
    fn only(&self, positions: &[usize]) -> Self {
        let at = |rows: &Rows| rows.at(positions.iter().copied());
        Self {
            plain: at(&self.plain),
            toned: at(&self.toned),
            framed: at(&self.framed),
            unlike: self.unlike.clone(),
            kinds: self.kinds.clone(),
        }
    }
}

/// NumPy's `quantile` of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    low + (high - low) * place.fract()
}
