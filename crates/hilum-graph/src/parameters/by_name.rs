//! Weights, biases and running statistics by name, in PyTorch's layouts.

use std::collections::BTreeMap;

use thiserror::Error;

use super::tensor::Tensor;
use crate::network::Graph;

/// The parameters of a graph, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters(BTreeMap<String, Tensor>);

/// Why parameters do not fit a graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParametersError {
    /// The graph needs a tensor that is not there.
    #[error("parameter `{name}` is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor has another shape.
    #[error("parameter `{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// What the graph needs.
        expected: Vec<usize>,
        /// What is there.
        found: Vec<usize>,
    },
    /// A tensor that no node uses.
    #[error("parameter `{name}` belongs to no node")]
    Unused {
        /// Its name.
        name: String,
    },
    /// A value is NaN or infinite.
    #[error("parameter `{name}` holds a value that is not finite, at position {position}")]
    NotFinite {
        /// Its name.
        name: String,
        /// Where the first such value stands.
        position: usize,
    },
}

impl Parameters {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a tensor.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.0.insert(name.into(), tensor);
    }

    /// The tensor called `name`.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// The tensor called `name`, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Tensor> {
        self.0.get_mut(name)
    }

    /// Takes out the tensor called `name`.
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        self.0.remove(name)
    }

    /// Names and tensors, in alphabetical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that these are exactly what `graph` needs, and finite.
    ///
    /// # Errors
    /// The first that is missing, misshapen, not finite or unused.
    pub fn check(&self, graph: &Graph) -> Result<(), ParametersError> {
        let specs = graph.parameters();
        for spec in &specs {
            let name = &spec.name;
            let tensor = self
                .get(name)
                .ok_or_else(|| ParametersError::Missing { name: name.clone() })?;
            if tensor.shape != spec.shape {
                return Err(ParametersError::Shape {
                    name: name.clone(),
                    expected: spec.shape.clone(),
                    found: tensor.shape.clone(),
                });
            }
            if let Some(position) = tensor.data.iter().position(|value| !value.is_finite()) {
                return Err(ParametersError::NotFinite {
                    name: name.clone(),
                    position,
                });
            }
        }
        match self
            .0
            .keys()
            .find(|name| specs.iter().all(|spec| spec.name != **name))
        {
            Some(name) => Err(ParametersError::Unused { name: name.clone() }),
            None => Ok(()),
        }
    }
}

impl FromIterator<(String, Tensor)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, Tensor)>>(tensors: I) -> Self {
        Self(tensors.into_iter().collect())
    }
}

impl IntoIterator for Parameters {
    type Item = (String, Tensor);
    type IntoIter = std::collections::btree_map::IntoIter<String, Tensor>;

    /// Names and tensors, in alphabetical order.
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
