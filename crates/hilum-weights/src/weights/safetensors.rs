//! Weights from a safetensors file.

use std::path::Path;

use hilum_graph::Tensor;

use super::contents::{IgnoredTensor, RawTensors};
use crate::tensor_file::{DIGEST_KEY, Layout, element_type, floats};
use crate::tensor_file::{TensorFileError, read_tensors};

/// Reads all tensors of a file whose bytes are `bytes`; a digest, if it has one, is checked.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<RawTensors, TensorFileError> {
    let layout = Layout::parse(bytes).map_err(|error| error.at(path))?;
    let mut raw = RawTensors::default();
    if layout.metadata().contains_key(DIGEST_KEY) {
        raw.tensors = read_tensors(path)?.0.into_iter().collect();
        return Ok(raw);
    }
    for (name, dtype, shape, bytes) in layout.tensors() {
        match floats(dtype, bytes) {
            Some(data) => raw.tensors.push((name, Tensor::new(shape, data))),
            None => raw.ignored.push(IgnoredTensor {
                name,
                element_type: element_type(dtype),
            }),
        }
    }
    Ok(raw)
}
