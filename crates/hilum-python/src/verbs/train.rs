//! `hilum.train` and `hilum.preview`.

use std::path::PathBuf;

use hilum_experiment::{ExperimentError, Place, Resume, Run, Session, Trained, resume};
use pyo3::prelude::*;
use serde::Deserialize;

use crate::call::{Observer, verb};
use crate::choices::Chosen;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    data: PathBuf,
    out: Option<PathBuf>,
    runs: PathBuf,
    name: Option<String>,
    resume: bool,
    settings: Chosen,
}

/// Trains a network on a folder of slices, or goes on with it.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn train<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, trained)
}

fn trained(request: Request, session: &Session<'_>) -> Result<Trained, ExperimentError> {
    let choices = request.settings.choices()?;
    let run = if request.resume {
        resume(&Resume {
            out: request.out,
            runs: request.runs,
            name: request.name,
            data: request.data,
            given: choices,
        })?
    } else {
        let settings = choices.resolve(&request.data)?;
        let usual = settings.network.architecture.name();
        let place = match request.out {
            Some(path) => Place::At(path),
            None => Place::New {
                runs: request.runs,
                name: request.name.unwrap_or_else(|| usual.to_owned()),
            },
        };
        Run { place, settings }
    };
    hilum_experiment::train(&run, session)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewRequest {
    data: PathBuf,
    out: PathBuf,
    settings: Chosen,
}

/// Writes a picture of augmented slices of each class.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn preview<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, previewed)
}

fn previewed(request: PreviewRequest, session: &Session<'_>) -> Result<PathBuf, ExperimentError> {
    let settings = request.settings.choices()?.resolve(&request.data)?;
    hilum_experiment::preview(&request.out, &settings, session)?;
    Ok(request.out)
}
