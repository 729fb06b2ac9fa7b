//! Tests of real slices and weights, which lie beside the checkout and never in it.
//!
//! A test that wants them is ignored where they are not, and says why: a summary that counts it
//! as passed would say what did not happen. Rust's own harness cannot leave a test out while it
//! runs, so these tests stand in a target of their own (`harness = false`):
//!
//! ```no_run
//! use hilum_real_data::{Absent, shared, tests};
//!
//! fn every_slice_is_read() -> Result<(), Absent> {
//!     let folder = shared("data/chest-ct")?;
//!     assert!(folder.is_dir());
//!     Ok(())
//! }
//!
//! tests![every_slice_is_read];
//! ```
//!
//! `cargo test` and `cargo nextest` take its names and filters like those of other tests.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

/// What a test wants and this machine lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent(String);

impl Absent {
    /// Says what is missing, such as `no ../shared/data/chest-ct`.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// A file or folder under `../shared`, beside the checkout.
///
/// # Errors
/// [`Absent`] if it is not there.
pub fn shared(relative: &str) -> Result<PathBuf, Absent> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = beside.join(relative).canonicalize();
    path.map_err(|_| Absent::new(format!("no ../shared/{relative}")))
}

/// A test: it panics if what it checks is wrong.
pub type Test = fn() -> Result<(), Absent>;

/// Runs named tests as the arguments of the process wish; [`tests!`] calls it.
pub fn run(tests: &[(&'static str, Test)]) -> ExitCode {
    let trial = |(name, test): &(&'static str, Test)| {
        let test = *test;
        Trial::ignorable_test(*name, move || {
            Ok(match test() {
                Ok(()) => Completion::Completed,
                Err(Absent(what)) => Completion::ignored_with(what),
            })
        })
    };
    let trials = tests.iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The `main` of a test target that runs these functions, each a [`Test`].
#[macro_export]
macro_rules! tests {
    ($($test:ident),+ $(,)?) => {
        fn main() -> std::process::ExitCode {
            $crate::run(&[$((stringify!($test), $test as $crate::Test)),+])
        }
    };
}
