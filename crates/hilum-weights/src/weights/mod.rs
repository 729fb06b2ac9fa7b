//! Pre-trained weights: reading them from a file, and giving them to a graph.

mod apply;
mod contents;
mod error;
mod named;
mod onnx;
mod pytorch;
mod read;
mod report;
mod safetensors;

pub use apply::{ApplyError, Partial, apply_weights};
pub use contents::{IgnoredTensor, WeightsFile, WeightsFormat};
pub use error::WeightsError;
pub use named::NamedBy;
pub use onnx::onnx_entries;
pub use pytorch::{PickleError, PytorchError};
pub use read::read_weights;
pub use report::{ApplyReport, HeadReplaced, Misshapen};

#[cfg(test)]
mod tests;
