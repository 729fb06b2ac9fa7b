//! Which network a graph is, whatever its nodes are called.

use super::Architecture;
use crate::network::{DropoutUnit, Graph, Op};
use crate::parameters::Parameters;

/// How far numbers that were written in decimals may lie apart, as a share of them.
const TOLERANCE: f32 = 1e-4;

/// A graph that is one of the networks that hilum knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// The network.
    pub architecture: Architecture,
    /// The share that its head's dropout zeroes, if it is not [the network's
    /// own](Architecture::default_dropout).
    pub dropout: Option<f32>,
    /// The same graph with the network's names.
    pub graph: Graph,
}

impl Architecture {
    /// The network that computes what `graph` does, node by node, if there is one.
    pub fn recognise(graph: &Graph) -> Option<Recognised> {
        let dropout = head_dropout(graph);
        Self::ALL.into_iter().find_map(|architecture| {
            let is_own = (dropout - architecture.default_dropout()).abs() < TOLERANCE;
            let dropout = (!is_own).then_some(dropout);
            let known = architecture.build(graph.input_shape(), graph.class_count(), dropout);
            let known = known.ok()?;
            is_same(graph, &known).then_some(Recognised {
                architecture,
                dropout,
                graph: known,
            })
        })
    }
}

impl Recognised {
    /// `parameters` of `graph`, the one that was recognised, under the network's names.
    ///
    /// # Panics
    /// If they are not those of `graph`.
    pub fn renamed(&self, graph: &Graph, mut parameters: Parameters) -> Parameters {
        let pairs = graph.parameters().into_iter().zip(self.graph.parameters());
        let tensors = pairs.map(|(theirs, ours)| {
            let tensor = parameters.remove(&theirs.name);
            (ours.name, tensor.expect("the parameters of the graph"))
        });
        tensors.collect()
    }
}

/// The share that the last dropout of single values zeroes; 0 if there is none.
fn head_dropout(graph: &Graph) -> f32 {
    let shares = graph.nodes().iter().rev().map(|node| match node.op {
        Op::Dropout {
            probability,
            unit: DropoutUnit::Value,
        } => Some(probability),
        _ => None,
    });
    shares.flatten().next().unwrap_or(0.0)
}

fn is_same(left: &Graph, right: &Graph) -> bool {
    let (left, right) = (left.nodes(), right.nodes());
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| {
            left.shape == right.shape
                && left.inputs == right.inputs
                && is_same_op(left.op, right.op)
        })
}

fn is_same_op(left: Op, right: Op) -> bool {
    let close = |left: f32, right: f32| (left - right).abs() <= TOLERANCE * left.abs().max(1e-3);
    match (left, right) {
        (
            Op::BatchNorm { epsilon, momentum },
            Op::BatchNorm {
                epsilon: other_epsilon,
                momentum: other_momentum,
            },
        ) => close(epsilon, other_epsilon) && close(momentum, other_momentum),
        (
            Op::Dropout { probability, unit },
            Op::Dropout {
                probability: other_probability,
                unit: other_unit,
            },
        ) => close(probability, other_probability) && unit == other_unit,
        _ => left == right,
    }
}
