//! Which layer a map is made of.

use hilum_core::closest;
use hilum_graph::{Graph, NodeIndex, Op};
use thiserror::Error;

/// A coarser layer than this, in rows and columns, shows no place.
const LEAST_CELLS: usize = 5;

/// A layer that a graph does not have, or that has no places.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayerError {
    /// No node has the name, or begins with it.
    #[error("`{graph}` has no layer `{name}`\nhint: {hint}")]
    Unknown {
        /// The network.
        graph: String,
        /// What was given.
        name: String,
        /// Where to look.
        hint: String,
    },
    /// Its result is one vector.
    #[error(
        "layer `{name}` of `{graph}` has no places: its result is one vector\nhint: `{suggested}` is the last that has"
    )]
    NoPlaces {
        /// The network.
        graph: String,
        /// What was given.
        name: String,
        /// The default.
        suggested: String,
    },
}

/// The layer to look at if nobody names one: the last one that still has places, with at least
/// five rows and columns where there is such a one.
///
/// Later layers know classes, earlier ones places; what comes just before places are lost has the
/// most of both.
pub fn default_layer(graph: &Graph) -> NodeIndex {
    let cells = |index: &usize| {
        let shape = graph.nodes()[*index].shape;
        shape.height.min(shape.width)
    };
    let computed = 1..graph.nodes().len();
    let is_fine = |index: &usize| cells(index) >= LEAST_CELLS;
    let fine = computed.clone().rev().find(is_fine);
    let any = || computed.clone().rev().find(|index| cells(index) > 1);
    NodeIndex(fine.or_else(any).unwrap_or(0))
}

/// The layer called `name`, or the last of a block that is: `features.18` of MobileNetV2 ends in
/// its activation.
///
/// # Errors
/// [`LayerError`] if there is none, or it has no places.
pub fn layer(graph: &Graph, name: &str) -> Result<NodeIndex, LayerError> {
    let is_it = |node: &str| {
        node.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let nodes = graph.nodes();
    let found = nodes.iter().rposition(|node| is_it(&node.name));
    let graph_name = || graph.name().to_owned();
    let Some(found) = found else {
        let names = nodes.iter().map(|node| node.name.as_str());
        let hint = closest(name, names).map_or_else(
            || format!("`hilum arch {}` lists them", graph.name()),
            |near| {
                format!(
                    "did you mean `{near}`? `hilum arch {}` lists all",
                    graph.name()
                )
            },
        );
        return Err(LayerError::Unknown {
            graph: graph_name(),
            name: name.to_owned(),
            hint,
        });
    };
    let shape = nodes[found].shape;
    if shape.height * shape.width == 1 || nodes[found].op == Op::Flatten {
        return Err(LayerError::NoPlaces {
            graph: graph_name(),
            name: name.to_owned(),
            suggested: graph.node(default_layer(graph)).name.clone(),
        });
    }
    Ok(NodeIndex(found))
}
