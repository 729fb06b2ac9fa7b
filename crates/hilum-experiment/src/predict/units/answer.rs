//! What is said of a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use hilum_core::ClassName;
use hilum_trust::Reason;
use serde::{Serialize, Serializer};

use super::Whole;

/// What the model says of a series or a patient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitPrediction {
    /// What it is an answer for.
    pub by: Whole,
    /// The folder or the file where all of it lies; `None` if it lies in several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The DICOM study, if all slices are of one.
    pub study_uid: Option<String>,
    /// The DICOM series, if all slices are of one.
    pub series_uid: Option<String>,
    /// The DICOM patient: said to whoever asks by patient, and to nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
    /// What a manifest calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The most likely class of the whole; `None` if the answer is "I don't know".
    pub class: Option<ClassName>,
    /// Whether the answer is "I don't know".
    pub abstained: bool,
    /// Why it is.
    pub reason: Option<UnitReason>,
    /// How likely each class is, by the rule.
    pub probabilities: BTreeMap<ClassName, f64>,
    /// Whether these probabilities, those of the whole, are calibrated.
    pub calibrated: bool,
    /// How slices become one answer.
    pub rule: &'static str,
    /// The same in words, a phrase that goes on from "by".
    pub rule_says: String,
    /// Which model said so.
    pub model: String,
    /// How many slices say what.
    pub slices: SliceCounts,
    /// The slices that carry the answer, the weightiest first.
    pub evidence: Vec<Evidence>,
    /// What there is to doubt about slices, and how many of them it is about.
    pub warnings: Vec<String>,
}

/// How many slices say what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SliceCounts {
    /// Slices that were judged.
    pub count: usize,
    /// Those that were given a class,
    pub answered: usize,
    /// and those of which the answer is "I don't know".
    pub abstained: usize,
    /// Files and frames that could not be read, or were refused; not among the others.
    pub unreadable: usize,
    /// How many were given each class.
    pub classes: BTreeMap<ClassName, usize>,
    /// Why how many were given none.
    pub reasons: BTreeMap<Reason, usize>,
}

/// A slice that carries the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The file.
    #[serde(serialize_with = "super::super::display")]
    pub path: PathBuf,
    /// Its series, where there may be several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_uid: Option<String>,
    /// Its number in the series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_number: Option<i64>,
    /// Where it lies along the normal of its plane, in mm; for axial slices, towards the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_mm: Option<f64>,
    /// Which frame, page or plane of a file that holds several, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    /// What it was chosen and stands here by: under `suspicious-tenth` how likely it is that there
    /// is something to be seen, under `mean` how likely the class of the whole is.
    pub weight: f64,
    /// Its most likely class,
    pub class: ClassName,
    /// and how likely that is.
    pub probability: f64,
    /// Whether the answer of the slice by itself is "I don't know".
    pub abstained: bool,
}

/// Why there is no answer for a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitReason {
    /// More than half of the slices are not like the training data.
    MostUnlike,
    /// What holds for a slice holds for the whole.
    Of(Reason),
}

impl fmt::Display for UnitReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MostUnlike => formatter.pad("most slices are not like the training data"),
            Self::Of(reason) => reason.fmt(formatter),
        }
    }
}

impl Serialize for UnitReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
