//! Folds, and `hilum.cross_validate`.

use std::path::PathBuf;

use hilum_core::{Grouping, Split};
use hilum_experiment::{
    CrossValidatedRun, CrossValidation, ExperimentError, FoldSettings, InnerValid, LeakMeasure,
    Session,
};
use pyo3::prelude::*;
use serde::Deserialize;

use super::{Word, read_word};
use crate::call::{Observer, verb};
use crate::choices::Chosen;

/// How folds are made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Folds {
    splits: Vec<Word<Split>>,
    #[serde(deserialize_with = "read_word")]
    group: Grouping,
    inner_valid: Option<Word<InnerValid>>,
    count: usize,
}

impl Folds {
    pub(crate) fn settings(self) -> FoldSettings {
        FoldSettings {
            splits: self.splits.into_iter().map(|word| word.0).collect(),
            group: self.group,
            inner_valid: self.inner_valid.map(|word| word.0),
            fold_count: self.count,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CrossValidationRequest {
    data: PathBuf,
    folds: Folds,
    repeats: usize,
    keep_models: bool,
    leak: bool,
    runs: PathBuf,
    name: Option<String>,
    settings: Chosen,
}

/// What to expect of a model that is trained like this.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn cross_validate<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, cross_validated)
}

fn cross_validated(
    request: CrossValidationRequest,
    session: &Session<'_>,
) -> Result<CrossValidatedRun, ExperimentError> {
    let request = CrossValidation {
        settings: request.settings.choices()?.resolve(&request.data)?,
        folds: request.folds.settings(),
        repeat_count: request.repeats,
        keeps_models: request.keep_models,
        runs: request.runs,
        name: request.name,
        leak: if request.leak {
            LeakMeasure::Take
        } else {
            LeakMeasure::Skip
        },
    };
    hilum_experiment::cross_validate(&request, session)
}
