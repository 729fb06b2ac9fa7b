//! `metrics.json` of an evaluation.

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, Split};
use serde::{Deserialize, Serialize};

use crate::by_group::{ByGroup, Drawn};
use crate::evaluation::Evaluation;
use crate::heat::HeatTable;
use crate::selective::Selective;
use crate::set_scores::{Abstained, SetScores};
use crate::stress::StressTable;

/// Pictures of the split that the model learned from or was watched on; copies are one picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaked {
    /// How many the model knew.
    pub count: usize,
    /// How many there were.
    pub of: usize,
    /// A file of each that it knew.
    #[serde(default)]
    pub files: Vec<String>,
}

/// `metrics.json`: what a model does on a split, and what is known of the split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// The split that was judged.
    pub split: Split,
    /// On every slice of the split.
    pub as_is: Evaluation,
    /// Without copies of other splits' images, without repeats, and without what the model knew
    /// before; equal to `as_is` where nothing had to be left out, `None` where nothing is left.
    pub clean: Option<Evaluation>,
    /// Every group or patient judged once; `None` where no slices belong together.
    #[serde(default)]
    pub by_group: Option<ByGroup>,
    /// What was drawn for the intervals of `as_is` and `clean`.
    #[serde(default)]
    pub drawn: Drawn,
    /// What the model knew of the slices; `None` where nobody can tell.
    #[serde(default)]
    pub leaked: Option<Leaked>,
    /// What its answers are worth: sets, silence, and whether the slices are as they should be.
    #[serde(flatten)]
    pub answers: AnswerScores,
    /// What changes of the pictures do to the figures; `None` where none was tried.
    #[serde(default)]
    pub stress: Option<StressTable>,
    /// Where the model looked; `None` where nobody asked.
    #[serde(default)]
    pub heat: Option<HeatTable>,
    /// What the audit said of the data.
    pub audit: AuditSummary,
    /// The model file.
    pub model: String,
    /// What else a reader needs to make the numbers again: architecture, recipe, versions,
    /// seeds, fingerprints; name to value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// What answers are worth that are more than a class: of the clean slices, where any is clean, else
/// of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerScores {
    /// How often sets hold the truth; `None` if the model has no quantiles.
    pub conformal: Option<SetScores>,
    /// How often the answer is "I don't know"; `None` in files of an older hilum.
    pub abstained: Option<Abstained>,
    /// What the model is worth where it is sure; `None` in files of an older hilum.
    pub selective: Option<Selective>,
    /// Whether the slices look like those that the model was calibrated on; `None` if it was not,
    /// or if either are too few.
    pub exchangeability: Option<Exchangeability>,
}

/// Whether slices look like those that a model was calibrated on: what its probabilities and sets
/// rest on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exchangeability {
    /// How often slices that do belong together look as different.
    pub p_value: f64,
    /// Whether that is so rare that probabilities and sets should not be counted on.
    pub alarm: bool,
    /// How many slices were held against those of the calibration.
    pub slices: usize,
    /// Of how many groups, which are what is compared.
    pub groups: usize,
    /// How sure the model is of them, in the mean over groups,
    pub confidence: f64,
    /// and how sure it was of those of the calibration.
    pub calibration_confidence: f64,
}

/// The part of the judged slices that says something about slices that the model has not seen.
#[derive(Debug, Clone, Copy)]
pub enum CleanPart<'a> {
    /// All of them: nothing had to be left out.
    All(&'a Evaluation),
    /// What is left without copies, repeats and slices that the model knew.
    Part(&'a Evaluation),
    /// Nothing: there is no clean figure.
    Nothing,
}

impl EvaluationReport {
    /// Which figures can be believed.
    pub fn clean_part(&self) -> CleanPart<'_> {
        match &self.clean {
            Some(clean) if clean.count == self.as_is.count => CleanPart::All(&self.as_is),
            Some(clean) if clean.count > 0 => CleanPart::Part(clean),
            _ => CleanPart::Nothing,
        }
    }

    /// How many slices are not in the clean part.
    pub fn unclean_count(&self) -> usize {
        let clean = self.clean.as_ref().map_or(0, |clean| clean.count);
        self.as_is.count.saturating_sub(clean)
    }
}
