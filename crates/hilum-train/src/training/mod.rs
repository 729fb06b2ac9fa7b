//! The loop: epochs of training and validation, from the first check to the end of the run.

mod check;
mod error;
mod inputs;
mod observer;
mod outcome;
mod pass;
mod pass_on_kept;
mod random;
mod run;
mod saving;
mod train;
mod validation;

pub use error::TrainError;
pub use inputs::Training;
pub use observer::{BatchDone, EpochDone, Observer, Phase, RunStart, epoch_line, two_digits};
pub use outcome::{Outcome, StopReason};
pub use train::train;
