//! What is found in a weights file.

use std::fmt;

use hilum_graph::{Parameters, Tensor};
use hilum_onnx::OnnxLayer;

/// The tensors of a weights file.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsFile {
    /// What kind of file it was.
    pub format: WeightsFormat,
    /// Its tensors of floating-point numbers as f32, all finite.
    pub tensors: Parameters,
    /// Its other tensors, but for PyTorch's `num_batches_tracked`.
    pub ignored: Vec<IgnoredTensor>,
    /// The layers of an ONNX file, whose tensors may be called anything; else none.
    pub layers: Vec<OnnxLayer>,
}

/// What kind of file weights came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsFormat {
    /// safetensors.
    Safetensors,
    /// `torch.save` since PyTorch 1.6: a zip archive.
    PytorchZip,
    /// `torch.save` before PyTorch 1.6.
    PytorchLegacy,
    /// ONNX.
    Onnx,
}

impl fmt::Display for WeightsFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Safetensors => "safetensors",
            Self::PytorchZip => "PyTorch",
            Self::PytorchLegacy => "PyTorch, legacy",
            Self::Onnx => "ONNX",
        })
    }
}

/// A tensor that no network of hilum could use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredTensor {
    /// Its name.
    pub name: String,
    /// What it holds, as safetensors spells it: `I64`.
    pub element_type: String,
}

/// What a format's reader finds, before names and values are looked at.
#[derive(Debug, Default)]
pub(super) struct RawTensors {
    pub(super) tensors: Vec<(String, Tensor)>,
    pub(super) ignored: Vec<IgnoredTensor>,
    pub(super) layers: Vec<OnnxLayer>,
}

/// Batch norm's count of the batches that it has seen; nothing uses it.
pub(super) fn is_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}
