//! From a pickle and its storages to named tensors.

use std::collections::BTreeSet;
use std::rc::Rc;

use safetensors::Dtype;

use hilum_graph::Tensor;

use super::error::PytorchError;
use super::pickle::{Unpickled, Value, View};
use super::storage::Storages;
use crate::tensor_file::{element_type, floats};
use crate::weights::contents::{IgnoredTensor, RawTensors};

/// Where training scripts keep the weights in a larger checkpoint.
const NESTED_KEYS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// The named tensors of a pickle.
pub(super) struct StateDict<'a> {
    unpickled: &'a Unpickled,
    views: Vec<(&'a str, &'a View)>,
}

impl<'a> StateDict<'a> {
    /// Looks at the top and under the usual keys.
    pub(super) fn find(unpickled: &'a Unpickled) -> Result<Self, PytorchError> {
        let root = unpickled.entries(&unpickled.root);
        let root = root.ok_or_else(|| PytorchError::NoStateDict {
            found: kind(unpickled).to_owned(),
        })?;
        let nested = NESTED_KEYS.iter().filter_map(|wanted| {
            let (_, value) = root.iter().rfind(|(key, _)| key == wanted)?;
            unpickled.entries(value)
        });
        let views = std::iter::once(root.clone())
            .chain(nested)
            .map(|entries| views(unpickled, &entries))
            .find(|views| !views.is_empty())
            .ok_or_else(|| PytorchError::NoStateDict {
                found: found_keys(&root),
            })?;
        Ok(Self { unpickled, views })
    }

    /// Names and views of the tensors of floating-point numbers.
    pub(super) fn floats(&self) -> impl Iterator<Item = (&'a str, &'a View)> {
        self.views.iter().copied().filter(|(_, view)| {
            let dtype = self.unpickled.storages[&view.storage].dtype;
            floats(dtype, &[]).is_some()
        })
    }

    /// The storages that its tensors of floating-point numbers need.
    pub(super) fn storage_keys(&self) -> BTreeSet<Rc<str>> {
        self.floats()
            .map(|(_, view)| view.storage.clone())
            .collect()
    }

    /// Copies every tensor out of `storages`.
    pub(super) fn tensors(
        &self,
        storages: &Storages<'_>,
        mut budget: Budget,
    ) -> Result<RawTensors, PytorchError> {
        let mut raw = RawTensors::default();
        for (name, view) in &self.views {
            let dtype = self.unpickled.storages[&view.storage].dtype;
            if floats(dtype, &[]).is_none() {
                raw.ignored.push(IgnoredTensor {
                    name: (*name).to_owned(),
                    element_type: element_type(dtype),
                });
                continue;
            }
            let tensor = copied(name, view, dtype, storages, &mut budget)?;
            raw.tensors.push(((*name).to_owned(), tensor));
        }
        Ok(raw)
    }
}

/// Copies one tensor of type `dtype` out of its storage.
fn copied(
    name: &str,
    view: &View,
    dtype: Dtype,
    storages: &Storages<'_>,
    budget: &mut Budget,
) -> Result<Tensor, PytorchError> {
    let storage = storages.get(&view.storage);
    let storage = storage.ok_or_else(|| PytorchError::Storage {
        key: view.storage.to_string(),
        found: "missing".to_owned(),
    })?;
    let outside = || PytorchError::OutsideStorage {
        name: name.to_owned(),
    };
    let reach = reach(view).ok_or_else(outside)?;
    budget.spend(name, reach.count)?;
    let width = dtype.bitsize() / 8;
    let start = view.offset.checked_mul(width).ok_or_else(outside)?;
    let length = reach.span.checked_mul(width).ok_or_else(outside)?;
    let bytes = storage.get(start..).and_then(|rest| rest.get(..length));
    let span = floats(dtype, bytes.ok_or_else(outside)?).unwrap_or_default();
    let data = gather(view, span, reach.count);
    Ok(Tensor::new(view.shape.clone(), data))
}

fn views<'a>(
    unpickled: &'a Unpickled,
    entries: &[(&'a str, &'a Value)],
) -> Vec<(&'a str, &'a View)> {
    entries
        .iter()
        .filter_map(|(name, value)| Some((*name, unpickled.tensor(value)?)))
        .collect()
}

fn kind(unpickled: &Unpickled) -> &'static str {
    if unpickled.tensor(&unpickled.root).is_some() {
        "a single tensor without a name"
    } else if unpickled.list(&unpickled.root).is_some() {
        "a list"
    } else {
        "a plain value"
    }
}

fn found_keys(entries: &[(&str, &Value)]) -> String {
    let keys: Vec<String> = entries
        .iter()
        .take(8)
        .map(|(key, _)| format!("`{}`", key.escape_debug()))
        .collect();
    if keys.is_empty() {
        "an empty dictionary".to_owned()
    } else {
        format!("a dictionary with {}", keys.join(", "))
    }
}

/// How many values a view has, and how far they reach from the first.
struct Reach {
    count: usize,
    span: usize,
}

/// `None` if that is beyond any memory.
fn reach(view: &View) -> Option<Reach> {
    if view.shape.contains(&0) {
        return Some(Reach { count: 0, span: 0 });
    }
    let (mut count, mut last) = (1_usize, 0_usize);
    for (length, stride) in view.shape.iter().zip(&view.strides) {
        count = count.checked_mul(*length)?;
        last = last.checked_add((length - 1).checked_mul(*stride)?)?;
    }
    let span = last.checked_add(1)?;
    Some(Reach { count, span })
}

/// The values of a view in row-major order, from the part of the storage that it spans.
fn gather(view: &View, span: Vec<f32>, count: usize) -> Vec<f32> {
    if is_contiguous(view) {
        return span;
    }
    let mut index = vec![0; view.shape.len()];
    let mut position = 0;
    let mut data = Vec::with_capacity(count);
    while data.len() < count {
        data.push(span[position]);
        for axis in (0..index.len()).rev() {
            index[axis] += 1;
            position += view.strides[axis];
            if index[axis] < view.shape[axis] {
                break;
            }
            position -= view.shape[axis] * view.strides[axis];
            index[axis] = 0;
        }
    }
    data
}

fn is_contiguous(view: &View) -> bool {
    let mut expected = 1;
    view.shape.contains(&0)
        || view
            .shape
            .iter()
            .zip(&view.strides)
            .rev()
            .all(|(length, stride)| {
                let fits = *length == 1 || *stride == expected;
                expected *= length;
                fits
            })
}

/// How many values may still be read.
///
/// Compression and tensors that share a storage let a small file ask for any amount of memory;
/// no honest one asks for more than a few times its own size.
pub(super) struct Budget {
    values_left: usize,
}

impl Budget {
    /// What a file of so many bytes may ask for.
    pub(super) fn of_file(byte_count: usize) -> Self {
        Self {
            values_left: byte_count.saturating_mul(8).saturating_add(1 << 20),
        }
    }

    /// Takes `count` values for the tensor or storage called `name`.
    pub(super) fn spend(&mut self, name: &str, count: usize) -> Result<(), PytorchError> {
        let left = self.values_left.checked_sub(count);
        self.values_left = left.ok_or_else(|| PytorchError::TooLarge {
            name: name.to_owned(),
        })?;
        Ok(())
    }
}
