//! Slices on their way to the network: what a run learns from, in which batches, as which numbers.

pub(crate) mod batches;
mod preparation;
mod training_data;
mod variation;

pub(crate) use preparation::Preparation;
pub use training_data::{LabelledSlice, TrainingData};
pub(crate) use variation::Variation;
