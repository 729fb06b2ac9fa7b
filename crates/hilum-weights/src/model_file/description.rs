//! Which network a model is.

use serde::{Deserialize, Serialize};

use hilum_graph::{Architecture, Graph, GraphError, Shape};

/// All that it takes to build a model's graph again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ArchitectureDescription {
    /// The network.
    pub name: Architecture,
    /// The image that it reads.
    pub input: Shape,
    /// How many logits it gives.
    pub class_count: usize,
    /// The share of values that dropout zeroes before the head; `None` for the network's own.
    pub dropout: Option<f32>,
}

impl ArchitectureDescription {
    /// The graph.
    ///
    /// # Errors
    /// [`GraphError`] if the network cannot read such images.
    pub fn graph(&self) -> Result<Graph, GraphError> {
        self.name.build(self.input, self.class_count, self.dropout)
    }
}
