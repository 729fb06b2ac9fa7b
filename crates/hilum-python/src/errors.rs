//! Errors of the library as exceptions of the package, with their hints.

use std::error::Error;

use hilum_experiment::{ErrorKind, ExperimentError, Said};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

/// The module that declares the exceptions.
const MODULE: &str = "hilum.errors";

/// The exception for an error of the library.
pub(crate) fn of_library(py: Python<'_>, error: &ExperimentError) -> PyErr {
    match error.kind() {
        ErrorKind::BadInput => raised(py, "InputError", error),
        ErrorKind::Failure => raised(py, "FailureError", error),
        ErrorKind::Cancelled => PyKeyboardInterrupt::new_err(Said::of(error).parts.join(": ")),
    }
}

/// The exception for what cannot be asked for.
pub(crate) fn of_request(py: Python<'_>, error: &(dyn Error + 'static)) -> PyErr {
    raised(py, "InputError", error)
}

fn raised(py: Python<'_>, class: &str, error: &(dyn Error + 'static)) -> PyErr {
    let said = Said::of(error);
    let made = py
        .import(MODULE)
        .and_then(|module| module.getattr(class))
        .and_then(|class| class.call1((said.parts.join(": "), said.hints)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}
