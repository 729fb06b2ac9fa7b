//! Why a shared model does not answer.

use thiserror::Error;

/// Why a shared model does not answer.
#[derive(Debug, Error)]
pub enum SharedModelError {
    /// The system has no more threads.
    #[error("cannot start the engine's thread")]
    Thread {
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine failed with this caller's slices.
    #[error("the engine failed: {reason}")]
    Engine {
        /// What it said.
        reason: String,
    },
    /// Its thread has ended.
    #[error("the model's engine has stopped\nhint: start the program again; its log says why")]
    Gone,
}
