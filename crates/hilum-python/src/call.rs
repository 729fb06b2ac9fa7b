//! A call of the library on a thread of its own, while the interpreter's thread passes on what is
//! told and looks for Ctrl-C.

use std::any::Any;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use hilum_core::Cancel;
use hilum_experiment::{ExperimentError, InstructionSet, Session};
use hilum_files::cache_folder;
use hilum_hub::HubSettings;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pythonize::{depythonize, pythonize};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors;
use crate::told::{Relay, Told};

/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// As much as a program's first thread has.
const STACK_BYTES: usize = 8 << 20;

/// A callable that is told what happens.
pub(crate) type Observer = Option<Py<PyAny>>;

/// Reads a request, does `work` of it, and gives the result as Python's own values.
pub(crate) fn verb<'py, R, T>(
    request: &Bound<'py, PyAny>,
    observer: Observer,
    work: impl FnOnce(R, &Session<'_>) -> Result<T, ExperimentError> + Send,
) -> PyResult<Bound<'py, PyAny>>
where
    R: DeserializeOwned + Send,
    T: Serialize + Send,
{
    let py = request.py();
    let request = read(request)?;
    let result = call(py, observer, |session| work(request, session))?;
    Ok(pythonize(py, &result)?)
}

/// What a request says.
pub(crate) fn read<R: DeserializeOwned>(request: &Bound<'_, PyAny>) -> PyResult<R> {
    depythonize(request).map_err(|error| errors::of_request(request.py(), &error))
}

/// Does `work` without the interpreter's lock. Whatever is raised meanwhile, by Ctrl-C or by the
/// observer, ends the work first.
pub(crate) fn call<T: Send>(
    py: Python<'_>,
    observer: Observer,
    work: impl FnOnce(&Session<'_>) -> Result<T, ExperimentError> + Send,
) -> PyResult<T> {
    let instruction_set = InstructionSet::from_environment();
    let instruction_set = instruction_set.map_err(|error| errors::of_request(py, &error))?;
    let cancel = Cancel::default();
    let (sender, told) = mpsc::channel();
    let relay = Relay::new(sender, observer.is_some());
    let asked = cancel.clone();
    let work = move || {
        let mut session = Session::observed(&relay).cancelled_by(asked);
        session.caches = cache_folder(&|name| std::env::var_os(name));
        session.hub = HubSettings::from_environment();
        session.instruction_set = instruction_set;
        work(&session)
    };
    let waited = py.detach(move || {
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            let worker = builder.spawn_scoped(scope, work)?;
            Ok(attend(worker, &told, observer.as_ref(), &cancel))
        })
    });
    let (outcome, raised) = waited.map_err(|source: std::io::Error| PyErr::from(source))?;
    match (outcome, raised) {
        (_, Some(raised)) => Err(raised),
        (Ok(outcome), None) => outcome.map_err(|error| errors::of_library(py, &error)),
        (Err(panic), None) => Err(PyRuntimeError::new_err(format!(
            "hilum stopped by a fault of its own: {}",
            words_of(panic.as_ref())
        ))),
    }
}

type Outcome<T> = thread::Result<Result<T, ExperimentError>>;

/// Passes on what is told until the work is over; gives what came of it, and what was raised.
fn attend<T>(
    worker: ScopedJoinHandle<'_, Result<T, ExperimentError>>,
    told: &Receiver<Told>,
    observer: Option<&Py<PyAny>>,
    cancel: &Cancel,
) -> (Outcome<T>, Option<PyErr>) {
    let mut raised = None;
    loop {
        let next = told.recv_timeout(LOOK);
        if matches!(next, Err(RecvTimeoutError::Disconnected)) {
            return (worker.join(), raised);
        }
        if raised.is_some() {
            continue;
        }
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            match (next, observer) {
                (Ok(told), Some(observer)) => {
                    observer.call1(py, (pythonize(py, &told)?,)).map(drop)
                }
                _ => Ok(()),
            }
        });
        if let Err(error) = outcome {
            cancel.cancel();
            raised = Some(error);
        }
    }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it does not say which")
}
