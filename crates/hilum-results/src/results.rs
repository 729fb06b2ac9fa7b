//! From answers to objects, series by series.

use std::io;

use hilum_experiment::{
    ExperimentError, FileAnswer, Judging, Predict, Session, Sources, predict_each,
};

use crate::{
    CaptureSettings, JudgedSeries, ModelIdentity, ResultObject, Unreferenced, captures,
    judged_series, report,
};

/// What came of all answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Results {
    /// The series that objects are about, in the order in which they came.
    pub series: Vec<SeriesResult>,
    /// Files that no object is about: each once, in their order.
    pub unreferenced: Vec<Unreferenced>,
}

/// What was made of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesResult {
    /// Study Instance UID.
    pub study_uid: String,
    /// Series Instance UID.
    pub series_uid: String,
    /// Its answer.
    pub answer: hilum_experiment::UnitPrediction,
    /// How many objects were made: a report, and captures.
    pub object_count: usize,
}

/// Makes a report and captures of every DICOM series among `answers`, which `request` was answered
/// with, and hands each object to `take` as it comes: a report before heat is looked for, which
/// takes far longer. Memory holds the objects of one series.
///
/// # Errors
/// As [`captures`], and [`ExperimentError::Output`] with what `take` says.
pub fn results_of<'m>(
    model: impl Into<Judging<'m>>,
    identity: &ModelIdentity,
    request: &Predict,
    answers: impl IntoIterator<Item = FileAnswer>,
    settings: &CaptureSettings,
    session: &Session<'_>,
    take: &mut dyn FnMut(ResultObject) -> io::Result<()>,
) -> Result<Results, ExperimentError> {
    let mut model = model.into();
    let sources = Sources::list(request, session)?;
    let policy = &request.policy;
    let (judged, unreferenced) = judged_series(&model, policy, answers, &sources);
    let mut series = Vec::with_capacity(judged.len());
    for one in judged {
        session.cancel().check()?;
        take(report(&one, identity, policy))?;
        let model = model.reborrow();
        let of_slices = captures(model, &one, identity, policy, settings, &sources, session)?;
        series.push(SeriesResult::of(&one, 1 + of_slices.len()));
        for object in of_slices {
            take(object)?;
        }
    }
    Ok(Results {
        series,
        unreferenced,
    })
}

/// Predicts files and makes the objects of what is said, in one call.
///
/// # Errors
/// As [`predict_each`] and [`results_of`].
pub fn predict_results<'m>(
    model: impl Into<Judging<'m>>,
    identity: &ModelIdentity,
    request: &Predict,
    settings: &CaptureSettings,
    session: &Session<'_>,
    take: &mut dyn FnMut(ResultObject) -> io::Result<()>,
) -> Result<Results, ExperimentError> {
    let mut model = model.into();
    let mut answers = Vec::new();
    predict_each(model.reborrow(), request, session, &mut |answer| {
        answers.push(answer);
        Ok(())
    })?;
    results_of(model, identity, request, answers, settings, session, take)
}

impl SeriesResult {
    fn of(series: &JudgedSeries, object_count: usize) -> Self {
        let source = series.source();
        Self {
            study_uid: source.study_uid.clone(),
            series_uid: source.series_uid.clone(),
            answer: series.answer.clone(),
            object_count,
        }
    }
}
