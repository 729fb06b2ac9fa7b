//! The header of a safetensors file: what stands where.
//!
//! The `safetensors` crate checks a header; two things are done here instead. It writes metadata
//! in the random order of a `HashMap`, while equal content shall give equal bytes. And it reports
//! a truncated file like any other damage, while a person wants to know which it is.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Serialize;

use hilum_graph::Tensor;

use super::error::TensorFileError;
use super::precision::Precision;

/// The header's entry for metadata, beside the names of tensors.
pub(super) const METADATA_KEY: &str = "__metadata__";

/// The longest header that is read, in bytes; the `safetensors` crate has the same limit.
pub(super) const MAX_HEADER: u64 = 100_000_000;

/// The bytes of a safetensors file, checked: every tensor lies within, and nothing else does.
pub(crate) struct Layout<'a> {
    header: Metadata,
    data: &'a [u8],
}

/// What is wrong with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutError {
    /// The file ends too early.
    Truncated { expected: u64, found: u64 },
    /// The header is none, or contradicts itself.
    Malformed { reason: String },
}

impl LayoutError {
    fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed {
            reason: reason.into(),
        }
    }

    /// The same with the file that it is about.
    pub(crate) fn at(self, path: &Path) -> TensorFileError {
        let path = path.to_owned();
        match self {
            Self::Truncated { expected, found } => TensorFileError::Truncated {
                path,
                expected,
                found,
            },
            Self::Malformed { reason } => TensorFileError::NotSafetensors { path, reason },
        }
    }
}

impl<'a> Layout<'a> {
    /// Reads and checks the header of a whole file.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, LayoutError> {
        let found = bytes.len() as u64;
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Err(LayoutError::malformed("it is shorter than any header"));
        };
        let length = u64::from_le_bytes(*length);
        if length > MAX_HEADER || rest.first().is_some_and(|byte| *byte != b'{') {
            return Err(LayoutError::malformed("it does not begin with a header"));
        }
        let expected = 8 + length;
        let (header, data) = rest
            .split_at_checked(length as usize)
            .ok_or(LayoutError::Truncated { expected, found })?;
        let header: Metadata = serde_json::from_slice(header)
            .map_err(|error| LayoutError::malformed(error.to_string()))?;
        let expected = expected + header.data_len() as u64;
        match expected.cmp(&found) {
            std::cmp::Ordering::Greater => Err(LayoutError::Truncated { expected, found }),
            std::cmp::Ordering::Less => Err(LayoutError::malformed(format!(
                "it is longer than its header says, by {} bytes",
                found - expected
            ))),
            std::cmp::Ordering::Equal => Ok(Self { header, data }),
        }
    }

    /// The text entries.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        let entries: Option<&HashMap<_, _>> = self.header.metadata().as_ref();
        entries
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Name, element type, shape and bytes of each tensor, in the order of the file.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (String, Dtype, Vec<usize>, &'a [u8])> {
        self.header.offset_keys().into_iter().filter_map(|name| {
            let info = self.header.info(&name)?;
            let (start, end) = info.data_offsets;
            Some((name, info.dtype, info.shape.clone(), &self.data[start..end]))
        })
    }
}

#[derive(Serialize)]
struct Header<'a> {
    #[serde(rename = "__metadata__")]
    metadata: &'a BTreeMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<&'a str, TensorInfo>,
}

/// The first bytes of a file whose tensors follow in the order of their names.
pub(super) fn header(
    tensors: &BTreeMap<&str, &Tensor>,
    metadata: &BTreeMap<String, String>,
    precision: Precision,
) -> Vec<u8> {
    let mut offset = 0;
    let mut infos = BTreeMap::new();
    for (name, tensor) in tensors {
        let start = offset;
        offset += tensor.data.len() * precision.width();
        let info = TensorInfo {
            dtype: precision.element_type(),
            shape: tensor.shape.clone(),
            data_offsets: (start, offset),
        };
        infos.insert(*name, info);
    }
    let header = Header {
        metadata,
        tensors: infos,
    };
    let mut json = serde_json::to_vec(&header).expect("text and numbers always become JSON");
    // The format asks for values that are aligned to eight bytes.
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.append(&mut json);
    bytes
}
