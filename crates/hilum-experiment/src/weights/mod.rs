//! The weights that a training begins with.

mod obtain;
mod source;

pub use obtain::StartingWeightsError;
pub(crate) use obtain::{imported, known_slices, network_of, prepare, read};
pub use source::{StartingWeights, WeightsChoice, WeightsSource};
