//! Probabilities that are ones: of the slices that get 0.8, eight in ten are what was said.

mod fit;
mod folds;
mod likelihood;
mod newton;
mod scaling;

pub use fit::{Bias, Calibration, LogLosses, TooFewSlices, calibrate};
pub use scaling::Scaling;
