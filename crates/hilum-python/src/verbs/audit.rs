//! `hilum.audit`.

use std::path::PathBuf;

use hilum_dataset::Overwrite;
use hilum_dataset::audit::Audit;
use hilum_experiment::{AuditOutput, AuditRequest, ExperimentError, Session};
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};

use crate::call::{Observer, verb};
use crate::choices::Chosen;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    data: PathBuf,
    /// The folder of a page.
    page: Option<PathBuf>,
    /// The manifest of what is mended.
    fix: Option<PathBuf>,
    overwrite: bool,
    settings: Chosen,
}

#[derive(Serialize)]
struct Result {
    #[serde(flatten)]
    audit: Audit,
    /// The same in words.
    text: String,
}

/// What makes a number worthless, before it is a number.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn audit<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, audited)
}

fn audited(
    request: Request,
    session: &Session<'_>,
) -> std::result::Result<Result, ExperimentError> {
    let choices = request.settings.choices()?;
    let mended = request.fix.map(|path| AuditOutput::Mended {
        path,
        overwrite: Overwrite::when(request.overwrite),
    });
    let request = AuditRequest {
        data: choices.data(&request.data),
        machine: choices.machine(),
        output: mended.or(request.page.map(AuditOutput::Page)),
    };
    let audit = hilum_experiment::audit(&request, session)?;
    let text = audit.to_text();
    Ok(Result { audit, text })
}
