//! Which network a model is.

use serde::{Deserialize, Serialize};

use hilum_graph::{Graph, GraphError, NetworkName, Shape};

/// All that it takes to build a model's graph again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ArchitectureDescription {
    /// The network.
    pub name: NetworkName,
    /// The image that it reads.
    pub input: Shape,
    /// How many logits it gives.
    pub class_count: usize,
    /// The share of values that dropout zeroes before the head; `None` for the network's own.
    pub dropout: Option<f32>,
}

impl ArchitectureDescription {
    /// The graph; `imported` is that of a network that has no name here.
    ///
    /// # Errors
    /// [`GraphError`] if the network cannot read such images, or is not the one that is described.
    pub fn graph(&self, imported: Option<&Graph>) -> Result<Graph, GraphError> {
        if let Some(known) = self.name.known() {
            return known.build(self.input, self.class_count, self.dropout);
        }
        let graph = imported.ok_or_else(|| GraphError::Unsound {
            node: "input".to_owned(),
            what: "is not described".to_owned(),
        })?;
        if graph.input_shape() != self.input {
            return Err(GraphError::ImageOfImported {
                expected: graph.input_shape(),
                found: self.input,
            });
        }
        let graph = graph.clone().with_class_count(self.class_count)?;
        match self.dropout {
            Some(share) if (0.0..1.0).contains(&share) => Ok(graph.with_head_dropout(share)),
            Some(share) => Err(GraphError::Dropout {
                found: share.to_string(),
            }),
            None => Ok(graph),
        }
    }
}
