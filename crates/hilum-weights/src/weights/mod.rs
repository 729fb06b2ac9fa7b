//! Pre-trained weights: reading them from a file, and giving them to a graph.

mod apply;
mod pickle;
mod pytorch;
mod report;
mod safetensors;
mod state_dict;

use std::path::{Path, PathBuf};
use std::{fmt, io};

use thiserror::Error;

use hilum_graph::{Parameters, Tensor};

use crate::TensorFileError;

pub use apply::{ApplyError, Partial, apply_weights};
pub use pickle::PickleError;
pub use pytorch::PytorchError;
pub use report::{ApplyReport, HeadReplaced, Misshapen};

/// The tensors of a weights file.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsFile {
    /// What kind of file it was.
    pub format: WeightsFormat,
    /// Its tensors of floating-point numbers as f32, all finite.
    pub tensors: Parameters,
    /// Its other tensors, but for PyTorch's `num_batches_tracked`.
    pub ignored: Vec<IgnoredTensor>,
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
}

impl fmt::Display for WeightsFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Safetensors => "safetensors",
            Self::PytorchZip => "PyTorch",
            Self::PytorchLegacy => "PyTorch, legacy",
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
    /// The content is of no format that holds weights.
    #[error(
        "`{}` is not a weights file: it is {found}\n\
         hint: expected safetensors or a PyTorch state dict (`.pth`)",
        path.display()
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

/// What a format's reader finds, before names and values are looked at.
#[derive(Debug, Default)]
struct RawTensors {
    tensors: Vec<(String, Tensor)>,
    ignored: Vec<IgnoredTensor>,
}

/// Reads a weights file: safetensors, or a state dict written by `torch.save`.
///
/// The content decides which, never the file's name. Half and double precision become f32;
/// tensors that are views, transposed or shared, are copied out in order. The state dict may be
/// nested under `state_dict`, `model_state_dict` or `model`, and a prefix that `DataParallel` or
/// `torch.compile` put before every name is taken off. Nothing in the file is executed.
///
/// # Errors
/// [`WeightsError`], with the path. No file makes it panic, and memory stays within a small
/// multiple of the file's size.
pub fn read_weights(path: &Path) -> Result<WeightsFile, WeightsError> {
    let path = path.to_owned();
    let bytes = match fs_err::read(&path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(WeightsError::Read { path, source }),
    };
    let (format, raw) = read_raw(&path, &bytes)?;
    drop(bytes);
    let tensors: Parameters = unwrapped(raw.tensors).into_iter().collect();
    if tensors.is_empty() {
        return Err(WeightsError::Empty { path });
    }
    for (name, tensor) in tensors.iter() {
        if let Some(position) = tensor.data.iter().position(|value| !value.is_finite()) {
            let name = name.to_owned();
            return Err(WeightsError::NotFinite {
                path,
                name,
                position,
            });
        }
    }
    let mut ignored = raw.ignored;
    ignored.retain(|tensor| !is_counter(&tensor.name));
    Ok(WeightsFile {
        format,
        tensors,
        ignored,
    })
}

fn read_raw(path: &Path, bytes: &[u8]) -> Result<(WeightsFormat, RawTensors), WeightsError> {
    let pytorch = |source| WeightsError::Pytorch {
        path: path.to_owned(),
        source,
    };
    if bytes.starts_with(b"PK\x03\x04") {
        let raw = pytorch::read_zip(bytes).map_err(pytorch)?;
        Ok((WeightsFormat::PytorchZip, raw))
    } else if bytes.starts_with(&pytorch::LEGACY_START) {
        let raw = pytorch::read_legacy(bytes).map_err(pytorch)?;
        Ok((WeightsFormat::PytorchLegacy, raw))
    } else if bytes.get(8) == Some(&b'{') {
        Ok((WeightsFormat::Safetensors, safetensors::read(path, bytes)?))
    } else {
        let (path, found) = (path.to_owned(), described(bytes));
        Err(WeightsError::Format { path, found })
    }
}

/// What a file is that holds no weights, from its first bytes.
fn described(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "empty",
        [0x80, 2..=5, ..] => "a pickle, but not one of `torch.save`",
        [0x89, b'H', b'D', b'F', ..] => "HDF5, as Keras writes it",
        [0x08, ..] if bytes.windows(4).take(64).any(|part| part == b"onnx") => "an ONNX model",
        [0x1f, 0x8b, ..] => "compressed with gzip",
        [b'<', ..] => "a web page; the download may have failed",
        _ if bytes
            .iter()
            .take(512)
            .all(|byte| *byte >= 9 && *byte < 0x7f) =>
        {
            "text"
        }
        _ => "of an unknown format",
    }
}

/// Takes off what wrappers put before every name.
fn unwrapped(mut tensors: Vec<(String, Tensor)>) -> Vec<(String, Tensor)> {
    for prefix in ["_orig_mod.", "module.", "_orig_mod."] {
        if tensors.iter().all(|(name, _)| name.starts_with(prefix)) {
            for (name, _) in &mut tensors {
                name.drain(..prefix.len());
            }
        }
    }
    tensors
}

/// Batch norm's count of the batches that it has seen; nothing uses it.
fn is_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

#[cfg(test)]
mod tests;
