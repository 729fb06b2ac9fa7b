//! `hilum.split`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hilum_core::Split;
use hilum_dataset::{Overwrite, SplitFractions};
use hilum_experiment::{ExperimentError, Session, SplitRequest};
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};

use super::read_word;
use crate::call::{Observer, verb};
use crate::choices::Chosen;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    data: PathBuf,
    out: PathBuf,
    #[serde(deserialize_with = "read_word")]
    fractions: SplitFractions,
    infer_groups: bool,
    overwrite: bool,
    settings: Chosen,
}

#[derive(Serialize)]
struct Divided {
    manifest: PathBuf,
    /// Slices of each class of each split.
    splits: BTreeMap<String, BTreeMap<String, usize>>,
}

/// A stratified, group-aware split as a manifest.
#[pyfunction]
#[pyo3(signature = (request, observer=None))]
pub(crate) fn split<'py>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
) -> PyResult<Bound<'py, PyAny>> {
    verb(request, observer, divided)
}

fn divided(request: Request, session: &Session<'_>) -> Result<Divided, ExperimentError> {
    let choices = request.settings.choices()?;
    let wanted = SplitRequest {
        data: choices.data(&request.data),
        machine: choices.machine(),
        fractions: request.fractions,
        infers_groups: request.infer_groups,
        out: request.out,
        overwrite: Overwrite::when(request.overwrite),
    };
    let dataset = hilum_experiment::split(&wanted, session)?;
    let mut splits: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for split in Split::ALL {
        let counts = splits.entry(split.to_string()).or_default();
        for (_, sample) in dataset.of(split) {
            let name = dataset.classes().name(sample.class).to_string();
            *counts.entry(name).or_default() += 1;
        }
    }
    Ok(Divided {
        manifest: wanted.out,
        splits,
    })
}
