//! How a network is trained: everything that can be set, and in which ranges.

mod class_weights;
mod freeze;
mod settings;
mod validation;

pub use class_weights::ClassWeights;
pub use freeze::{Freeze, Stage, UnknownNode};
pub use settings::{Keep, Settings};
pub use validation::SettingsError;
