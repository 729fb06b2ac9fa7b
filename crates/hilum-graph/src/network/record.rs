//! A graph as text, and back.

use serde::{Deserialize, Serialize};

use super::builder::GraphBuilder;
use super::error::GraphError;
use super::graph::Graph;
use super::initialisation::Initialisation;
use super::node::NodeIndex;
use super::op::Op;
use super::shape::Shape;
use super::tap::Tap;

/// All that a [`Graph`] is, without what follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GraphRecord {
    name: String,
    input: Shape,
    /// All nodes but the input, in the order in which they run.
    nodes: Vec<NodeRecord>,
    head: NodeIndex,
    /// Besides what the head reads.
    taps: Vec<Tap>,
    initialisation: Initialisation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct NodeRecord {
    name: String,
    #[serde(flatten)]
    op: Op,
    inputs: Vec<NodeIndex>,
}

impl From<Graph> for GraphRecord {
    fn from(graph: Graph) -> Self {
        let input = graph.input_shape();
        let mut taps = graph.taps;
        taps.pop();
        let nodes = graph.nodes.into_iter().skip(1).map(|node| NodeRecord {
            name: node.name,
            op: node.op,
            inputs: node.inputs,
        });
        Self {
            name: graph.name,
            input,
            nodes: nodes.collect(),
            head: graph.head,
            taps,
            initialisation: graph.initialisation,
        }
    }
}

impl TryFrom<GraphRecord> for Graph {
    type Error = GraphError;

    /// Nothing of the record is believed.
    fn try_from(record: GraphRecord) -> Result<Self, GraphError> {
        let unsound = |node: &str, what: &str| GraphError::Unsound {
            node: node.to_owned(),
            what: what.to_owned(),
        };
        let mut builder = GraphBuilder::try_new(record.name, record.input)?
            .initialise_with(record.initialisation);
        for node in &record.nodes {
            builder.try_add(&node.name, node.op, &node.inputs)?;
        }
        for tap in record.taps {
            if tap.node.0 > record.nodes.len() || !(1..=Tap::GRID).contains(&tap.grid) {
                return Err(unsound("taps", "name nodes that are not there"));
            }
            builder.tap_on_grid(tap);
        }
        builder.head_at(record.head)?;
        builder.finish()
    }
}
