//! An HDF5 file in memory: texts in attributes, tensors in groups.

use std::cell::Cell;

use half::f16;
use hdf5_reader::error::ByteOrder;
use hdf5_reader::group::Group;
use hdf5_reader::{Attribute, Dataset, Datatype, Hdf5File, OpenOptions};
use hilum_graph::Tensor;

use crate::error::ContentError;

/// How deep groups lie in one another at most.
const MAX_DEPTH: usize = 24;

/// How many datasets are looked at.
const MAX_DATASETS: usize = 1 << 16;

/// How many times larger than the file its values may be. Keras stores them as they are; a tool
/// that compressed the file gains less.
const MAX_RATIO: usize = 4;

/// Bytes of one object's header; Keras writes a few hundred.
const MAX_HEADER: usize = 1 << 20;

/// An HDF5 file, and how much may still be read of it.
pub(super) struct Hdf5 {
    file: Hdf5File,
    /// Bytes. A tensor is read once, so all of them are hardly larger than the file.
    budget: Cell<usize>,
}

/// A dataset, and its path below the group that was asked for.
pub(super) struct Entry {
    pub(super) path: Vec<String>,
    dataset: Dataset,
}

impl Hdf5 {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, ContentError> {
        let length = bytes.len().saturating_mul(MAX_RATIO);
        let options = OpenOptions::default()
            .with_chunk_cache_bytes(0)
            .with_max_chunk_bytes(length)
            .with_max_read_bytes(length)
            .with_max_object_header_bytes(MAX_HEADER);
        let file = Hdf5File::from_vec_with_options(bytes, options);
        Ok(Self {
            file: file.map_err(damaged)?,
            budget: Cell::new(length),
        })
    }

    /// A text attribute of the root; `None` if there is none.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ContentError> {
        let attributes = self.root()?.attributes().map_err(damaged)?;
        let found = attributes.iter().find(|one| one.name == name);
        found.map(text_of).transpose()
    }

    /// A text attribute of the group at `path`; `None` if there is none.
    pub(super) fn text_of_group(&self, path: &str, name: &str) -> Option<String> {
        let attributes = self.file.group(path).ok()?.attributes().ok()?;
        let found = attributes.iter().find(|one| one.name == name)?;
        found.read_string().ok()
    }

    /// Whether the root has a group called `name`.
    pub(super) fn has_group(&self, name: &str) -> bool {
        self.file.group(name).is_ok()
    }

    /// The dataset at `path`.
    pub(super) fn dataset(&self, path: &str) -> Option<Entry> {
        let dataset = self.file.dataset(path).ok()?;
        let path = path.split('/').map(str::to_owned).collect();
        Some(Entry { path, dataset })
    }

    /// Every dataset below the group at `path`.
    pub(super) fn datasets(&self, path: &str) -> Result<Vec<Entry>, ContentError> {
        let mut found = Vec::new();
        if let Ok(group) = self.file.group(path) {
            collect(&group, &mut Vec::new(), &mut found)?;
        }
        Ok(found)
    }

    /// The values of a dataset, as f32.
    ///
    /// # Errors
    /// The type that it holds instead of floating-point numbers, or damage.
    pub(super) fn tensor(&self, entry: &Entry) -> Result<Result<Tensor, String>, ContentError> {
        let dataset = &entry.dataset;
        let Datatype::FloatingPoint { size, byte_order } = dataset.dtype() else {
            return Ok(Err(format!("{:?}", dataset.dtype())));
        };
        let length = dataset.raw_byte_len().map_err(damaged)?;
        let left = self.budget.get().checked_sub(length);
        self.budget.set(left.ok_or(ContentError::TooLarge)?);
        let shape = dataset.shape().iter().map(|side| usize::try_from(*side));
        let shape: Result<Vec<usize>, _> = shape.collect();
        let shape = shape.map_err(|_| ContentError::TooLarge)?;
        let bytes = dataset.read_raw_bytes().map_err(damaged)?;
        let Some(data) = floats(&bytes, usize::from(*size), *byte_order) else {
            return Ok(Err(format!("numbers of {size} bytes")));
        };
        let count = shape
            .iter()
            .try_fold(1_usize, |all, side| all.checked_mul(*side));
        if count != Some(data.len()) {
            return Err(ContentError::TooLarge);
        }
        Ok(Ok(Tensor::new(shape, data)))
    }

    fn root(&self) -> Result<Group, ContentError> {
        self.file.root_group().map_err(damaged)
    }
}

fn collect(
    group: &Group,
    path: &mut Vec<String>,
    found: &mut Vec<Entry>,
) -> Result<(), ContentError> {
    let too_many = || ContentError::Hdf5("it has groups without end".to_owned());
    if path.len() >= MAX_DEPTH {
        return Err(too_many());
    }
    let (groups, datasets) = group.members().map_err(damaged)?;
    for dataset in datasets {
        if found.len() >= MAX_DATASETS {
            return Err(too_many());
        }
        let mut path = path.clone();
        path.push(last_part(dataset.name()));
        found.push(Entry { path, dataset });
    }
    for group in groups {
        path.push(last_part(group.name()));
        collect(&group, path, found)?;
        path.pop();
    }
    Ok(())
}

fn last_part(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

fn text_of(attribute: &Attribute) -> Result<String, ContentError> {
    attribute.read_string().map_err(damaged)
}

/// `None` if numbers of `size` bytes are no floats that are known here.
fn floats(bytes: &[u8], size: usize, order: ByteOrder) -> Option<Vec<f32>> {
    let is_big = matches!(order, ByteOrder::BigEndian);
    let chunks = bytes.chunks_exact(size.max(1));
    let ordered = chunks.map(|chunk| {
        let mut eight = [0_u8; 8];
        let chunk = &chunk[..chunk.len().min(8)];
        eight[..chunk.len()].copy_from_slice(chunk);
        if is_big {
            eight[..chunk.len()].reverse();
        }
        u64::from_le_bytes(eight)
    });
    Some(match size {
        2 => ordered
            .map(|bits| f16::from_bits(bits as u16).to_f32())
            .collect(),
        4 => ordered.map(|bits| f32::from_bits(bits as u32)).collect(),
        8 => ordered.map(|bits| f64::from_bits(bits) as f32).collect(),
        _ => return None,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over errors")]
fn damaged(error: hdf5_reader::error::Error) -> ContentError {
    ContentError::Hdf5(error.to_string())
}
