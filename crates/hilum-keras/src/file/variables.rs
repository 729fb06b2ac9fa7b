//! Which dataset is which layer's weight.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use hilum_graph::Tensor;

use super::hdf5::{Entry, Hdf5};
use crate::config::Place;
use crate::error::ContentError;

/// Weights by layer.
pub(crate) struct Variables {
    file: Hdf5,
    scheme: Scheme,
}

enum Scheme {
    /// `model_weights/LAYER/.../LAYER/kernel:0`. Datasets of a group, once it was looked at.
    ByName(RefCell<HashMap<String, Rc<Vec<Entry>>>>),
    /// `layers/conv2d_1/vars/0`, by the layer's class and how many of it came before.
    ByClass { root: &'static str },
}

/// What a layer's weight is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable {
    /// By any of the versions of Keras.
    pub(crate) names: &'static [&'static str],
}

impl Variables {
    pub(super) fn by_name(file: Hdf5) -> Self {
        let scheme = Scheme::ByName(RefCell::default());
        Self { file, scheme }
    }

    pub(super) fn by_class(file: Hdf5) -> Self {
        // Keras 2.12 called it otherwise.
        let roots = ["layers", "_layer_checkpoint_dependencies"];
        let root = roots.into_iter().find(|root| file.has_group(root));
        let scheme = Scheme::ByClass {
            root: root.unwrap_or("layers"),
        };
        Self { file, scheme }
    }

    /// The weight of the layer at `place`, of `shape`; `index` counts its weights.
    pub(crate) fn tensor(
        &self,
        place: &Place,
        variable: Variable,
        index: usize,
        shape: &[usize],
    ) -> Result<Tensor, ContentError> {
        let layer = || place.layer.clone();
        let name = variable.names[0];
        let found = match &self.scheme {
            Scheme::ByName(groups) => {
                let entries = self.group(groups, &place.group)?;
                let entry = named(&entries, place, variable)?;
                entry.map(|entry| self.file.tensor(entry)).transpose()?
            }
            Scheme::ByClass { root } => {
                let path = format!("{root}/{}/vars/{index}", place.by_class(root));
                let entry = self.file.dataset(&path);
                entry.map(|entry| self.file.tensor(&entry)).transpose()?
            }
        };
        let tensor = found.ok_or_else(|| ContentError::NoWeight {
            layer: layer(),
            variable: name,
        })?;
        let tensor = tensor.map_err(|found| ContentError::WeightType {
            layer: layer(),
            variable: name,
            found,
        })?;
        if tensor.shape != shape {
            return Err(ContentError::WeightShape {
                layer: layer(),
                variable: name,
                expected: shape.to_owned(),
                found: tensor.shape,
            });
        }
        Ok(tensor)
    }

    fn group(
        &self,
        groups: &RefCell<HashMap<String, Rc<Vec<Entry>>>>,
        name: &str,
    ) -> Result<Rc<Vec<Entry>>, ContentError> {
        if let Some(known) = groups.borrow().get(name) {
            return Ok(Rc::clone(known));
        }
        let entries = Rc::new(self.file.datasets(&format!("model_weights/{name}"))?);
        groups
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&entries));
        Ok(entries)
    }
}

/// The dataset of a layer's weight: its own name, and in a model within the model its layer's
/// before it.
fn named<'a>(
    entries: &'a [Entry],
    place: &Place,
    variable: Variable,
) -> Result<Option<&'a Entry>, ContentError> {
    let is_called = |entry: &&Entry| {
        let last = entry.path.last().map_or("", String::as_str);
        variable.names.contains(&last.trim_end_matches(":0"))
    };
    let is_of_layer = |entry: &&Entry| {
        let before = entry.path.len().checked_sub(2);
        before.is_some_and(|before| entry.path[before] == place.layer)
    };
    let called: Vec<&Entry> = entries.iter().filter(is_called).collect();
    let mut of_layer = called.iter().copied().filter(is_of_layer);
    let ambiguous = || ContentError::Ambiguous {
        layer: place.layer.clone(),
        variable: variable.names[0],
    };
    match (of_layer.next(), of_layer.next()) {
        (Some(one), None) => Ok(Some(one)),
        (Some(_), Some(_)) => Err(ambiguous()),
        // A layer that was renamed kept the names of its weights.
        (None, _) if place.is_outermost() => match called[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(ambiguous()),
        },
        (None, _) => Ok(None),
    }
}
