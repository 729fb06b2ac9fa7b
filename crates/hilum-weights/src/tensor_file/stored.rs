//! How many bits the values of a file take, from its header alone.

use std::io::Read;

use serde_json::{Map, Value};

use super::layout::{MAX_HEADER, METADATA_KEY};
use super::precision::Precision;

/// How the numbers of a safetensors file are kept; `None` if its header cannot be read or names a
/// type that hilum does not write.
///
/// [`Precision::Half`] if any tensor is of half precision: what was trained in full was rounded.
pub fn stored_precision(mut file: impl Read) -> Option<Precision> {
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER {
        return None;
    }
    let header: Map<String, Value> = serde_json::from_reader(file.take(length)).ok()?;
    let mut found = None;
    for (name, tensor) in &header {
        if name == METADATA_KEY {
            continue;
        }
        match tensor.get("dtype").and_then(Value::as_str) {
            Some("F16") => return Some(Precision::Half),
            Some("F32") => found = Some(Precision::Full),
            _ => return None,
        }
    }
    found
}
