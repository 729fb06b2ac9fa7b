//! What a network consists of and what it costs.

use serde::{Deserialize, Serialize};

use super::graph::Graph;
use super::node::Node;
use super::op::Op;
use super::shape::Shape;

/// A network layer by layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The architecture's name.
    pub name: String,
    /// Trained values, as PyTorch counts them.
    pub parameters: usize,
    /// Running means and variances, which Keras counts among its parameters.
    pub statistics: usize,
    /// Multiplications with a following addition for one image, in convolutions and dense
    /// layers: torchvision's and fvcore's GFLOPS times 10^9. Half of what counts both separately.
    pub multiply_adds: u64,
    /// Every node, in the order in which they run.
    pub layers: Vec<Layer>,
}

/// One node of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The node's name.
    pub name: String,
    /// What it computes: `convolution 3x3, stride 2`.
    pub operation: String,
    /// The shape of its result.
    pub output: Shape,
    /// Trained values.
    pub parameters: usize,
    /// Running means and variances.
    pub statistics: usize,
    /// Multiplications with a following addition.
    pub multiply_adds: u64,
    /// Names of the nodes that it reads.
    pub inputs: Vec<String>,
}

/// Counts parameters and multiply-adds of `graph`, layer by layer.
pub fn summarise(graph: &Graph) -> Summary {
    let mut layers: Vec<Layer> = graph
        .nodes()
        .iter()
        .map(|node| Layer {
            name: node.name.clone(),
            operation: node.op.to_string(),
            output: node.shape,
            parameters: 0,
            statistics: 0,
            multiply_adds: multiply_adds(graph, node),
            inputs: node
                .inputs
                .iter()
                .map(|input| graph.node(*input).name.clone())
                .collect(),
        })
        .collect();
    for spec in graph.parameters() {
        let count = spec.shape.iter().product::<usize>();
        let layer = &mut layers[spec.node.0];
        if spec.role.is_trained() {
            layer.parameters += count;
        } else {
            layer.statistics += count;
        }
    }
    Summary {
        name: graph.name().to_owned(),
        parameters: layers.iter().map(|layer| layer.parameters).sum(),
        statistics: layers.iter().map(|layer| layer.statistics).sum(),
        multiply_adds: layers.iter().map(|layer| layer.multiply_adds).sum(),
        layers,
    }
}

fn multiply_adds(graph: &Graph, node: &Node) -> u64 {
    let per_output = match node.op {
        Op::Convolution { kernel, groups, .. } => {
            graph.node(node.inputs[0]).shape.channels / groups * kernel[0] * kernel[1]
        }
        Op::Dense { .. } => graph.node(node.inputs[0]).shape.channels,
        _ => 0,
    };
    per_output as u64 * node.shape.value_count() as u64
}
