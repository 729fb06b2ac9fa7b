//! Which part of a network learns, and when.

use hilum_graph::{Graph, NodeIndex};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Which part of a network learns, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Freeze {
    /// Everything learns, from the first step.
    None,
    /// Only the head learns.
    Backbone,
    /// Everything before a node keeps its weights.
    Before {
        /// The node's name, or that of the module which it begins: `features.14`.
        node: String,
    },
    /// The head first, then everything.
    ///
    /// While the backbone is frozen, early stopping and the plateau schedule take no note: they
    /// judge the second stage, from its first epoch. The best model may come from either.
    Staged {
        /// Epochs in which only the head learns.
        head_epochs: usize,
        /// What the learning rate is multiplied by once everything learns; positive.
        learning_rate_factor: f64,
    },
}

/// Nothing of this name could be the first to learn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{graph}` has no layer `{node}`\nhint: `hilum arch {graph}` lists its layers")]
pub struct UnknownNode {
    /// The network.
    pub graph: String,
    /// What was asked for.
    pub node: String,
}

/// What learns in an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// The first node that learns; all behind it do.
    pub first_trained: NodeIndex,
    /// What the learning rate is multiplied by.
    pub learning_rate_factor: f64,
    /// Whether this stage lasts to the end of the run.
    pub is_last: bool,
    /// Whether layers before the first trained one could be run ahead.
    pub is_frozen: bool,
}

/// The first node called `name`, or of the module of that name.
fn find(graph: &Graph, name: &str) -> Option<NodeIndex> {
    let begins = |node: &hilum_graph::Node| {
        let rest = node.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    graph.nodes().iter().position(begins).map(NodeIndex)
}

impl Freeze {
    /// Checks that `graph` has the node that is to be the first to learn.
    ///
    /// # Errors
    /// [`UnknownNode`] if not.
    pub fn check(&self, graph: &Graph) -> Result<(), UnknownNode> {
        match self {
            Self::Before { node } if find(graph, node).is_none() => Err(UnknownNode {
                graph: graph.name().to_owned(),
                node: node.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// What learns in `epoch`, counted from 1.
    pub fn stage(&self, epoch: usize, graph: &Graph) -> Stage {
        let (first_trained, learning_rate_factor, is_last) = match self {
            Self::None => (NodeIndex(0), 1.0, true),
            Self::Backbone => (graph.head(), 1.0, true),
            // A run begins only if the node is there.
            Self::Before { node } => (find(graph, node).unwrap_or(NodeIndex(0)), 1.0, true),
            Self::Staged { head_epochs, .. } if epoch <= *head_epochs => (graph.head(), 1.0, false),
            Self::Staged {
                learning_rate_factor,
                ..
            } => (NodeIndex(0), *learning_rate_factor, true),
        };
        Stage {
            first_trained,
            learning_rate_factor,
            is_last,
            is_frozen: graph.has_border(first_trained),
        }
    }
}
