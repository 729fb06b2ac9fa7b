//! One number for the whole content, so that a changed file is noticed.

use std::collections::BTreeMap;

use blake3::{Hash, Hasher};

use hilum_graph::Tensor;

use super::values;

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
    let mut content = Content::default();
    content.number(tensors.len());
    for (name, tensor) in tensors {
        content.text(name);
        content.number(tensor.shape.len());
        for length in &tensor.shape {
            content.number(*length);
        }
        values::for_each_chunk(&tensor.data, |bytes| content.bytes(bytes));
    }
    content.number(metadata.len());
    for (key, value) in metadata {
        content.text(key);
        content.text(value);
    }
    format!("blake3:{}", content.finish().to_hex())
}

/// Bytes that are hashed at once: many of BLAKE3's chunks, which it takes side by side.
const BLOCK: usize = 1 << 16;

/// Gathers small pieces, which would be hashed one by one, into whole blocks.
#[derive(Default)]
struct Content {
    hasher: Hasher,
    block: Vec<u8>,
}

impl Content {
    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK - self.block.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.extend_from_slice(now);
            if self.block.len() == BLOCK {
                self.hasher.update(&self.block);
                self.block.clear();
            }
            bytes = later;
        }
    }

    fn finish(mut self) -> Hash {
        self.hasher.update(&self.block);
        self.hasher.finalize()
    }
}
