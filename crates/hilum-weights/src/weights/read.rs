//! Reading weights of whatever format.

use std::path::Path;

use hilum_graph::{Parameters, Tensor};

use super::contents::{RawTensors, WeightsFile, WeightsFormat, is_counter};
use super::error::{KERAS, KERAS_ARCHIVE, WeightsError};
use super::{onnx, pytorch, safetensors};

/// Reads a weights file: safetensors, a state dict written by `torch.save`, or ONNX.
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
        layers: raw.layers,
    })
}

fn read_raw(path: &Path, bytes: &[u8]) -> Result<(WeightsFormat, RawTensors), WeightsError> {
    let pytorch = |source| WeightsError::Pytorch {
        path: path.to_owned(),
        source,
    };
    if bytes.starts_with(b"PK\x03\x04") && is_keras_archive(bytes) {
        let (path, found) = (path.to_owned(), KERAS_ARCHIVE);
        Err(WeightsError::Format { path, found })
    } else if bytes.starts_with(b"PK\x03\x04") {
        let raw = pytorch::read_zip(bytes).map_err(pytorch)?;
        Ok((WeightsFormat::PytorchZip, raw))
    } else if bytes.starts_with(&pytorch::LEGACY_START) {
        let raw = pytorch::read_legacy(bytes).map_err(pytorch)?;
        Ok((WeightsFormat::PytorchLegacy, raw))
    } else if bytes.get(8) == Some(&b'{') {
        Ok((WeightsFormat::Safetensors, safetensors::read(path, bytes)?))
    } else if onnx::begins(bytes) {
        Ok((WeightsFormat::Onnx, onnx::read(path, bytes)?))
    } else {
        let (path, found) = (path.to_owned(), described(bytes));
        Err(WeightsError::Format { path, found })
    }
}

/// Whether a ZIP's directory, which is its end, names Keras's weights.
fn is_keras_archive(bytes: &[u8]) -> bool {
    let name = b"model.weights.h5";
    let end = &bytes[bytes.len().saturating_sub(1 << 12)..];
    end.windows(name.len()).any(|part| part == name)
}

/// What a file is that holds no weights, from its first bytes.
fn described(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "empty",
        [0x80, 2..=5, ..] => "a pickle, but not one of `torch.save`",
        [0x89, b'H', b'D', b'F', ..] => KERAS,
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
pub(super) fn unwrapped(mut tensors: Vec<(String, Tensor)>) -> Vec<(String, Tensor)> {
    for prefix in ["_orig_mod.", "module.", "_orig_mod."] {
        if tensors.iter().all(|(name, _)| name.starts_with(prefix)) {
            for (name, _) in &mut tensors {
                name.drain(..prefix.len());
            }
        }
    }
    tensors
}
