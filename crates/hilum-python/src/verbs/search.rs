//! `hilum.search`, on one machine or many.

use std::path::PathBuf;

use hilum_experiment::{
    DEFAULT_SPACE, ExperimentError, Search, SearchOutcome, Session, Strategy, TrialRecord,
    TrialsAhead,
};
use pyo3::prelude::*;
use serde::Deserialize;

use super::folds::Folds;
use super::read_word;
use crate::call::{Observer, verb};
use crate::choices::Chosen;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    data: PathBuf,
    /// As TOML; the usual one, if absent.
    space: Option<String>,
    trials: usize,
    #[serde(deserialize_with = "read_word")]
    strategy: Strategy,
    folds: Folds,
    runs: PathBuf,
    name: Option<String>,
    /// Trials that were trained elsewhere.
    #[serde(default)]
    known: Vec<TrialRecord>,
    settings: Chosen,
}

impl Request {
    fn search(self) -> Result<Search, ExperimentError> {
        Ok(Search {
            choices: self.settings.choices()?,
            data: self.data,
            space: self.space.unwrap_or_else(|| DEFAULT_SPACE.to_owned()),
            space_path: PathBuf::from("space"),
            trial_count: self.trials,
            strategy: self.strategy,
            folds: self.folds.settings(),
            runs: self.runs,
            name: self.name,
            known: self.known,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrialRequest {
    trial: usize,
    rung: usize,
    search: Request,
}

/// Which settings do best on folds of train and valid.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn search<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, searched)
}

fn searched(request: Request, session: &Session<'_>) -> Result<SearchOutcome, ExperimentError> {
    hilum_experiment::search(&request.search()?, session)
}

/// Which trials can be trained next, side by side.
#[pyfunction]
pub(crate) fn trials_ahead<'py>(request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    verb(request, None, ahead)
}

fn ahead(request: Request, _: &Session<'_>) -> Result<Option<TrialsAhead>, ExperimentError> {
    hilum_experiment::trials_ahead(&request.search()?)
}

/// Trains and judges one trial.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn judge_trial<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, judged)
}

fn judged(request: TrialRequest, session: &Session<'_>) -> Result<TrialRecord, ExperimentError> {
    let search = request.search.search()?;
    hilum_experiment::judge_trial(&search, request.trial, request.rung, session)
}
