//! hilum for Python, below the package's own modules: requests and results cross the border as
//! plain values, files and pictures as bytes.
//!
//! Every verb is a function of one request and an observer; what a verb takes is the struct of its
//! file in `verbs`. The package in `python/hilum` makes keyword arguments of the one side and typed
//! objects of the other. A call runs on a thread of its own, without the interpreter's lock, and ends
//! with Ctrl-C.

#![expect(
    clippy::result_large_err,
    reason = "an error ends a call of seconds; what it weighs is nothing"
)]

mod array;
mod call;
mod choices;
mod errors;
mod model;
mod told;
mod verbs;

use pyo3::prelude::*;

/// hilum's library; use the package `hilum`.
#[pymodule(name = "_hilum")]
mod native {
    #[pymodule_export]
    use super::array::tiff_of;
    #[pymodule_export]
    use super::model::NativeModel;
    #[pymodule_export]
    use super::verbs::audit::audit;
    #[pymodule_export]
    use super::verbs::evaluate::evaluate;
    #[pymodule_export]
    use super::verbs::folds::cross_validate;
    #[pymodule_export]
    use super::verbs::phantoms::phantoms;
    #[pymodule_export]
    use super::verbs::search::{judge_trial, search, trials_ahead};
    #[pymodule_export]
    use super::verbs::split::split;
    #[pymodule_export]
    use super::verbs::train::{preview, train};

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
