//! One number for the whole content, so that a changed file is noticed.

use std::collections::BTreeMap;

use blake3::Hasher;

use super::values;
use crate::Tensor;

/// Where the digest stands in the metadata.
pub(crate) const DIGEST_KEY: &str = "hilum.digest";

/// BLAKE3 over the tensors in alphabetical order and all metadata but the digest itself.
///
/// Hashed are: the count of tensors; of each, its name, its rank, the length of each axis and its
/// values as little-endian f32; the count of metadata entries; of each, key and text. Counts and
/// lengths are little-endian u64, and the length of a text goes before it, so that no two
/// contents hash the same bytes.
pub(super) fn of<'a>(
    tensors: impl ExactSizeIterator<Item = (&'a str, &'a Tensor)>,
    metadata: &BTreeMap<String, String>,
) -> String {
    let mut hasher = Hasher::new();
    number(&mut hasher, tensors.len());
    for (name, tensor) in tensors {
        text(&mut hasher, name);
        number(&mut hasher, tensor.shape.len());
        for length in &tensor.shape {
            number(&mut hasher, *length);
        }
        values::for_each_chunk(&tensor.data, |bytes| {
            hasher.update(bytes);
        });
    }
    number(&mut hasher, metadata.len());
    for (key, value) in metadata {
        text(&mut hasher, key);
        text(&mut hasher, value);
    }
    format!("blake3:{}", hasher.finalize().to_hex())
}

fn number(hasher: &mut Hasher, number: usize) {
    hasher.update(&(number as u64).to_le_bytes());
}

fn text(hasher: &mut Hasher, text: &str) {
    number(hasher, text.len());
    hasher.update(text.as_bytes());
}
