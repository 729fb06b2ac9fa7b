//! Why a weights file cannot be read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::pytorch::PytorchError;
use crate::tensor_file::TensorFileError;

/// What a file of Keras is.
pub(super) const KERAS: &str = "HDF5, as Keras writes it";

/// What a `.keras` is.
pub(super) const KERAS_ARCHIVE: &str = "a model of Keras";

fn hint_for(found: &str) -> &'static str {
    if found == KERAS || found == KERAS_ARCHIVE {
        "make a model of it with `hilum import FILE --out model.safetensors`, and begin with that"
    } else {
        "expected safetensors, a PyTorch state dict (`.pth`) or ONNX"
    }
}

/// Why a weights file cannot be read.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The file cannot be read from the disk.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: io::Error,
    },
    /// A safetensors file that is damaged, truncated or altered.
    #[error(transparent)]
    TensorFile(#[from] TensorFileError),
    /// A file of PyTorch that is damaged, truncated or holds more than weights.
    #[error("cannot read weights from `{}`", path.display())]
    Pytorch {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PytorchError,
    },
    /// An ONNX file that is damaged, truncated or lacks a file beside it.
    #[error("cannot read weights from `{}`", path.display())]
    Onnx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: hilum_onnx::ReadError,
    },
    /// The content is of no format that holds weights.
    #[error(
        "`{}` is not a weights file: it is {found}\n\
         hint: {}",
        path.display(), hint_for(found)
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What its first bytes say.
        found: &'static str,
    },
    /// There is no tensor of floating-point numbers in it.
    #[error("`{}` holds no weights: no tensor of floating-point numbers", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A weight is NaN or infinite.
    #[error(
        "tensor `{name}` of `{}` holds a value that is not finite, at position {position}\n\
         hint: the training that wrote it diverged; take weights from before that",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Where its first such value stands.
        position: usize,
    },
}
