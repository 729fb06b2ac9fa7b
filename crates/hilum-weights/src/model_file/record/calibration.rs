//! How logits become calibrated probabilities, and sets of classes.

use std::fmt;

use hilum_core::Grouping;
use hilum_trust::{Confidences, ConformalScores, Exchangeability, Expected, LogLosses, Scaling};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Record as _, first_version};

/// How logits become calibrated probabilities, and sets of classes.
///
/// Version 1 had a temperature alone; a hilum that knows no other would leave out the bias, and
/// refuses version 2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRecord {
    /// The version of this record.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Temperature and bias.
    #[serde(flatten)]
    pub scaling: Scaling,
    /// Which slices it was fitted on; absent from version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fitted_on: Option<CalibrationSlices>,
    /// What it is worth on slices that it was not fitted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_losses: Option<LogLosses>,
    /// From which sets of any coverage are made; absent from version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformal: Option<ConformalScores>,
    /// How sure the model was of the slices, which new ones are held against; absent from
    /// version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidences: Option<Confidences>,
    /// What a newer hilum wrote beside that.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Slices that a model was calibrated on, and how it came to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalibrationSlices {
    /// Which they are.
    pub source: CalibrationSource,
    /// How many.
    pub slices: usize,
    /// Of how many groups; a slice of which nothing is known is one.
    pub groups: usize,
    /// Where groups come from.
    pub grouping: Grouping,
    /// How many of the slices are of groups that the model learned from other slices of, by a guess
    /// from how alike slices are.
    #[serde(default)]
    pub of_learned_groups: usize,
}

/// Where slices to calibrate on come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CalibrationSource {
    /// The validation split, judged by the model itself.
    Valid,
    /// Every slice of a cross-validation, judged by the model of its fold.
    OutOfFold,
}

impl CalibrationRecord {
    /// A scaling of which nothing else is known.
    pub fn new(scaling: Scaling) -> Self {
        Self {
            version: Self::VERSION,
            scaling,
            fitted_on: None,
            log_losses: None,
            conformal: None,
            confidences: None,
            other: Map::new(),
        }
    }

    /// Holds how sure the model is of new slices, each with the number of its group, against how
    /// sure it was of those it is calibrated on; `None` if either are too few.
    pub fn hold_against(&self, new: &[(f64, usize)]) -> Option<Exchangeability> {
        let source = self.fitted_on.as_ref().map(|slices| slices.source);
        let expected = match source {
            Some(CalibrationSource::OutOfFold) => Expected::Surer,
            Some(CalibrationSource::Valid) | None => Expected::AsSure,
        };
        self.confidences.as_ref()?.hold_against(new, expected)
    }

    /// Whether it can stand in a model of `class_count` classes.
    pub(crate) fn fits(&self, class_count: usize) -> bool {
        let conformal = self.conformal.as_ref();
        let confidences = self.confidences.as_ref();
        self.scaling.fits(class_count)
            && conformal.is_none_or(|scores| scores.fit(class_count))
            && confidences.is_none_or(Confidences::are_sound)
    }
}

impl fmt::Display for CalibrationRecord {
    /// Such as: calibrated on 72 slices of `valid`, temperature 0.52.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("calibrated")?;
        if let Some(slices) = &self.fitted_on {
            write!(formatter, " on {slices}")?;
        }
        write!(formatter, ", temperature {:.2}", self.scaling.temperature)?;
        if self.scaling.bias.is_some() {
            formatter.write_str(" and a bias for each class")?;
        }
        Ok(())
    }
}

impl fmt::Display for CalibrationSlices {
    /// Such as: 72 slices of `valid` in 60 groups.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slices, groups, .. } = self;
        match self.source {
            CalibrationSource::Valid => write!(formatter, "{slices} slices of `valid`")?,
            CalibrationSource::OutOfFold => write!(formatter, "{slices} out-of-fold slices")?,
        }
        if groups < slices {
            write!(formatter, " in {groups} groups")?;
        }
        Ok(())
    }
}
