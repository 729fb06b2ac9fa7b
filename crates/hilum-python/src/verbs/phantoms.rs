//! `hilum.phantoms`.

use std::path::PathBuf;

use hilum_experiment::Session;
use hilum_imaging::{DatasetSettings, DatasetWriteError, PhantomFormat, write_dataset};
use pyo3::prelude::*;
use pythonize::pythonize;
use serde::Deserialize;

use crate::call::{call, read};
use crate::errors;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    folder: PathBuf,
    train_per_class: usize,
    valid_per_class: usize,
    test_per_class: usize,
    slices_per_patient: usize,
    size: usize,
    seed: u64,
    dicom: bool,
}

/// Draws synthetic chest slices of four classes.
#[pyfunction]
pub(crate) fn phantoms<'py>(request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = request.py();
    let request: Request = read(request)?;
    let written = call(py, None, |_: &Session<'_>| Ok(drawn(&request)))?;
    let written = written.map_err(|error| errors::of_request(py, &error))?;
    Ok(pythonize(py, &written)?)
}

fn drawn(request: &Request) -> Result<Vec<PathBuf>, DatasetWriteError> {
    let settings = DatasetSettings {
        train_per_class: request.train_per_class,
        valid_per_class: request.valid_per_class,
        test_per_class: request.test_per_class,
        slices_per_patient: request.slices_per_patient,
        size: request.size,
        seed: request.seed,
        format: if request.dicom {
            PhantomFormat::Dicom
        } else {
            PhantomFormat::Png
        },
    };
    write_dataset(&request.folder, &settings, |_, _| {})
}
