//! What is decided from epoch to epoch: the learning rate, and when the run ends.

mod early_stopping;
mod schedule;

pub use early_stopping::{EarlyStopping, Monitor, Patience};
pub use schedule::{Plateau, Position, Schedule};
