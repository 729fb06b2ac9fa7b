//! `hilum.evaluate`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use hilum_core::Split;
use hilum_experiment::{
    Evaluate, EvaluationPlace, ExperimentError, Method, Model, ModelOrigin, Session, StressGrid,
};
use hilum_metrics::{Bootstrap, EvaluationReport};
use pyo3::prelude::*;
use serde::Deserialize;

use super::{Word, read_word};
use crate::call::{Observer, verb};
use crate::choices::{AnswerChoices, Chosen};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    data: PathBuf,
    model: PathBuf,
    #[serde(deserialize_with = "read_word")]
    split: Split,
    out: Option<PathBuf>,
    overwrite: bool,
    batch: NonZeroUsize,
    #[serde(deserialize_with = "read_word")]
    stress: StressGrid,
    explain: Option<Word<Method>>,
    seed: u64,
    answers: AnswerChoices,
    settings: Chosen,
}

/// What a model is worth on slices that it has not seen.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn evaluate<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, evaluated)
}

fn evaluated(request: Request, session: &Session<'_>) -> Result<EvaluationReport, ExperimentError> {
    let choices = request.settings.choices()?;
    let origin = origin(&request.model);
    let mut model = Model::open(&origin, &choices.machine(), session)?;
    let evaluate = Evaluate {
        split: request.split,
        split_seed: choices.split_seed,
        place: match (request.out, request.overwrite) {
            (out, true) => EvaluationPlace::Over(out.unwrap_or_else(|| origin.evaluation_folder())),
            (Some(out), false) => EvaluationPlace::At(out),
            (None, false) => EvaluationPlace::Fresh(origin.evaluation_folder()),
        },
        batch: request.batch,
        bootstrap: Bootstrap {
            seed: request.seed,
            ..Bootstrap::default()
        },
        policy: request.answers.policy(),
        explain: request.explain.map(|word| word.0),
        stress: request.stress,
        ..Evaluate::new(choices.data(&request.data), &origin)
    };
    hilum_experiment::evaluate(&mut model, &evaluate, session)
}

/// The model of a path, or the one that comes along.
pub(crate) fn origin(path: &std::path::Path) -> ModelOrigin {
    match path.to_string_lossy().parse() {
        Ok(ModelOrigin::Bundled) => ModelOrigin::Bundled,
        _ => ModelOrigin::File(path.to_owned()),
    }
}
