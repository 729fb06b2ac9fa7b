//! The values of a network: tensors by name, and the first ones.

mod by_name;
mod initialise;
mod tensor;

pub use by_name::{Parameters, ParametersError};
pub use initialise::{initialise, initialise_head};
pub use tensor::Tensor;
