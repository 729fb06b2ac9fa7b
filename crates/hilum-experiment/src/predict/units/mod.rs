//! One answer for a whole: a series, or a patient.
//!
//! Files are asked first where they belong, then each whole is read, judged and answered before
//! the next one: memory holds the slices of one of them, and the names of all files.

mod answer;
mod collect;
mod member;

use std::fmt;
use std::io;
use std::path::PathBuf;

use hilum_trust::Policy;
use serde::Serialize;

use super::answer_each::{GivenAnswer, Wishes, answer_each};
use super::{FileAnswer, FileCounts, Predict, Prediction};
use crate::ExperimentError;
use crate::judging::Judging;
use crate::named_model::NamedModel;
use crate::session::Session;
use member::UnitName;

pub(super) use collect::Collected;
pub(super) use member::{Unit, units};

pub use answer::{Evidence, SliceCounts, UnitPrediction, UnitReason};

/// What gets one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// A DICOM series, a volume, or the pictures of a folder.
    Series,
    /// All series of a patient; what names none is a patient of its own, as far as one can tell.
    Patient,
}

impl fmt::Display for Whole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Series => "series",
            Self::Patient => "patient",
        })
    }
}

/// What there is to say of one whole, or of a file that is no part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum UnitAnswer {
    /// It was judged.
    Predicted(Box<UnitPrediction>),
    /// A file could not be read, or was refused.
    Unreadable {
        /// The file.
        #[serde(serialize_with = "super::display")]
        path: PathBuf,
        /// Which frame of several, if it was read and refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        frame: Option<usize>,
        /// Why.
        error: String,
    },
}

/// Judges every slice, and hands one answer for each series or patient to `take` as it comes, in
/// the order of their first files.
///
/// # Errors
/// As [`predict_each`](super::predict_each).
pub fn predict_units<'m>(
    model: impl Into<Judging<'m>>,
    request: &Predict,
    whole: Whole,
    session: &Session<'_>,
    take: &mut dyn FnMut(UnitAnswer) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    predict_units_and_slices(model, request, whole, session, &mut |_| Ok(()), take)
}

/// The same, but that the answer of each slice is shown to `see` before its whole is answered.
///
/// # Errors
/// As [`predict_units`].
pub fn predict_units_and_slices<'m>(
    model: impl Into<Judging<'m>>,
    request: &Predict,
    whole: Whole,
    session: &Session<'_>,
    see: &mut dyn FnMut(&FileAnswer) -> io::Result<()>,
    take: &mut dyn FnMut(UnitAnswer) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    let wishes = Wishes {
        by: Some(whole),
        ..Wishes::default()
    };
    answer_each(model, request, &wishes, session, &mut |given| match given {
        GivenAnswer::Unit(prediction) => take(UnitAnswer::Predicted(prediction)),
        GivenAnswer::Slice { answer, .. } => {
            see(&answer)?;
            match answer {
                FileAnswer::Predicted(_) => Ok(()),
                FileAnswer::Unreadable { path, frame, error } => {
                    take(UnitAnswer::Unreadable { path, frame, error })
                }
            }
        }
    })
}

/// What the slices of one DICOM series say together, once each of them is answered; `None`
/// without a slice. `unreadable_count` files of the series could not be read or were refused.
pub fn answer_series<'m>(
    model: impl Into<NamedModel<'m>>,
    policy: &Policy,
    slices: &[Prediction],
    unreadable_count: usize,
) -> Option<UnitPrediction> {
    let series = slices.iter().find_map(|slice| slice.series_uid.clone());
    let name = UnitName::Series(series.unwrap_or_default());
    let mut collected = Collected::new(&model.into(), *policy, Whole::Series, name);
    for slice in slices {
        collected.slice(slice);
    }
    for _ in 0..unreadable_count {
        collected.unreadable();
    }
    collected.answer()
}
