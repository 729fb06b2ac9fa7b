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

use super::batch::Batch;
use super::judge::{CHUNK, Judge, one_by_one};
use super::{FileAnswer, FileCounts, Predict, Prediction};
use crate::inputs::{self, Input};
use crate::session::Session;
use crate::{Event, ExperimentError, Model, Task};
use collect::Collected;
use member::{UnitName, units};

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
pub fn predict_units(
    model: &mut Model,
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
pub fn predict_units_and_slices(
    model: &mut Model,
    request: &Predict,
    whole: Whole,
    session: &Session<'_>,
    see: &mut dyn FnMut(&FileAnswer) -> io::Result<()>,
    take: &mut dyn FnMut(UnitAnswer) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    request.policy.check()?;
    let inputs = inputs::list(&request.paths, session)?;
    let units = units(&inputs, whole, request.limits, &model.workers, session)?;
    let task = Task::Predict;
    session.tell(&Event::Begins {
        task,
        total: inputs.len(),
    });
    let (mut counts, mut batch) = (FileCounts::default(), Batch::default());
    for unit in units {
        let mut collected = Collected::new(model, request.policy, whole, unit.name);
        let mut take_slice = one_by_one(|answer| {
            see(&answer)?;
            match answer {
                FileAnswer::Predicted(prediction) => {
                    collected.slice(prediction);
                    Ok(())
                }
                FileAnswer::Unreadable { path, frame, error } => {
                    collected.unreadable();
                    take(UnitAnswer::Unreadable { path, frame, error })
                }
            }
        });
        let mut judge = Judge {
            model,
            request,
            session,
            take: &mut take_slice,
            keeps_pixels: false,
            counts,
            batch,
        };
        for chunk in unit.members.chunks(CHUNK) {
            let chunk: Vec<&Input> = chunk.iter().map(|member| &inputs[*member]).collect();
            judge.files(&chunk)?;
        }
        (counts, batch) = (judge.counts, judge.batch);
        drop(take_slice);
        if let Some(prediction) = collected.answer() {
            take(UnitAnswer::Predicted(Box::new(prediction)))?;
        }
    }
    session.tell(&Event::Ends { task });
    if let Some(found) = batch.held_against(&model.file) {
        session.tell(&Event::HeldAgainstCalibration(&found));
    }
    Ok(counts)
}

/// What the slices of one DICOM series say together, once each of them is answered; `None`
/// without a slice. `unreadable_count` files of the series could not be read or were refused.
pub fn answer_series(
    model: &Model,
    policy: &Policy,
    slices: &[Prediction],
    unreadable_count: usize,
) -> Option<UnitPrediction> {
    let series = slices.iter().find_map(|slice| slice.series_uid.clone());
    let name = UnitName::Series(series.unwrap_or_default());
    let mut collected = Collected::new(model, *policy, Whole::Series, name);
    for slice in slices {
        collected.slice(slice.clone());
    }
    for _ in 0..unreadable_count {
        collected.unreadable();
    }
    collected.answer()
}
