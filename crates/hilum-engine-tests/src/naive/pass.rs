//! A graph forward and back, node by node.

use std::collections::BTreeMap;

use hilum_graph::{Batch, Graph, NodeIndex, Op, ParameterRole, Step};

use super::given::Given;
use super::loss::{loss, loss_slopes};
use super::norm::{self, Norm};
use super::value::Value;
use super::weights::Weights;
use super::{functions, joins, pooling, products};

/// Inference, or training with dropout's seed.
#[derive(Clone, Copy)]
pub enum Mode {
    /// Running statistics normalise, dropout does nothing.
    Inference,
    /// Batch statistics normalise and dropout drops, from a node on.
    Training {
        /// Dropout's seed.
        seed: u64,
        /// Nodes before it run in inference mode.
        first_trained: NodeIndex,
    },
}

/// What one pass over a graph computes.
pub struct Pass {
    values: Vec<Value>,
    /// The running statistics that training mode leaves behind, by name.
    pub statistics: Vec<(String, Vec<f64>)>,
}

impl Pass {
    /// Logits, row by row.
    pub fn logits(&self) -> &[Vec<f64>] {
        &self.values.last().expect("a graph has nodes").images
    }

    /// What a node made of each image: height, width, channels.
    pub fn result(&self, node: NodeIndex) -> &[Vec<f64>] {
        &self.values[node.0].images
    }

    /// The loss of the logits.
    pub fn loss(&self, step: &Step<'_>) -> f64 {
        loss(self.logits(), step)
    }
}

/// Runs a graph over a batch.
pub fn run(graph: &Graph, weights: &Weights, images: &Batch, mode: Mode) -> Pass {
    let mut values: Vec<Value> = Vec::new();
    let mut statistics = Vec::new();
    for index in (0..graph.nodes().len()).map(NodeIndex) {
        let node = graph.node(index);
        let inputs: Vec<&Value> = node.inputs.iter().map(|input| &values[input.0]).collect();
        let training = match mode {
            Mode::Training {
                seed,
                first_trained,
            } if index >= first_trained => Some(seed),
            _ => None,
        };
        let value = match node.op {
            Op::Input => image_values(images),
            Op::BatchNorm { epsilon, momentum } => {
                let norm = Norm::new(index, weights, epsilon, training.is_some(), inputs[0]);
                if training.is_some() {
                    statistics.extend(norm.statistics(&node.name, f64::from(momentum), weights));
                }
                norm.apply(inputs[0])
            }
            Op::Dropout { probability, unit } => match training {
                Some(seed) => functions::dropout(inputs[0], index, probability, unit, seed),
                None => inputs[0].clone(),
            },
            op @ (Op::Convolution { .. } | Op::Dense { .. }) => {
                let weight = weights.get(index, ParameterRole::Weight);
                let bias = weights.get(index, ParameterRole::Bias);
                products::forward(op, node.shape, inputs[0], weight.expect("a weight"), bias)
            }
            Op::Activation(activation) => functions::forward(activation, inputs[0]),
            op if op.window().is_some() || op == Op::GlobalAveragePool => {
                pooling::forward(op, node.shape, inputs[0])
            }
            op => joins::forward(op, node.shape, &inputs),
        };
        values.push(value);
    }
    Pass { values, statistics }
}

fn image_values(images: &Batch) -> Value {
    let values = images.data.chunks_exact(images.shape.value_count());
    Value {
        shape: images.shape,
        images: values
            .map(|image| image.iter().map(|value| f64::from(*value)).collect())
            .collect(),
    }
}

impl Pass {
    /// How far the nearest value lies from where a slope jumps: a ReLU's zero, the six of a
    /// ReLU6, two values that both could be the largest. An engine whose rounding is of that
    /// size may find another slope there and be right.
    pub fn distance_to_jump(&self, graph: &Graph) -> f64 {
        let nodes = graph.nodes().iter().zip(&self.values);
        let distances = nodes.filter_map(|(node, value)| {
            let input = &self.values[node.inputs.first()?.0];
            Some(match node.op {
                Op::Activation(activation) => functions::distance_to_jump(activation, input),
                op => pooling::distance_to_jump(op, input, value),
            })
        });
        distances.fold(f64::INFINITY, f64::min)
    }

    /// The gradient of the step's loss by every trained parameter, by name.
    ///
    /// The pass is one in training mode, with every node trained and the step's seed.
    pub fn gradients(
        &self,
        graph: &Graph,
        weights: &Weights,
        step: &Step<'_>,
    ) -> BTreeMap<String, Vec<f64>> {
        let mut slopes: Vec<Value> = self.values.iter().map(Value::zeros_like).collect();
        let last = slopes.last_mut().expect("a graph has nodes");
        last.images = loss_slopes(self.logits(), step);
        let mut gradients = BTreeMap::new();
        for index in (1..graph.nodes().len()).rev().map(NodeIndex) {
            let given = self.back(graph, weights, step.seed, index, &slopes[index.0]);
            for (input, slope) in graph.node(index).inputs.iter().zip(given.inputs) {
                add(&mut slopes[input.0], &slope);
            }
            for (role, gradient) in given.parameters {
                gradients.insert(weights.name(index, role).to_owned(), gradient);
            }
        }
        gradients
    }

    /// Of a pass in inference mode: the gradient of the logits' sum, weighted by `factors` row by
    /// row, by what every node made of each image.
    pub fn slopes(&self, graph: &Graph, weights: &Weights, factors: &[f64]) -> Vec<Vec<Vec<f64>>> {
        let mut slopes: Vec<Value> = self.values.iter().map(Value::zeros_like).collect();
        let last = slopes.last_mut().expect("a graph has nodes");
        let classes = graph.class_count();
        last.images = factors.chunks_exact(classes).map(<[f64]>::to_vec).collect();
        for index in (1..graph.nodes().len()).rev().map(NodeIndex) {
            let node = graph.node(index);
            let slope = &slopes[index.0];
            let inputs = match node.op {
                Op::BatchNorm { epsilon, .. } => {
                    let input = &self.values[node.inputs[0].0];
                    let norm = Norm::new(index, weights, epsilon, false, input);
                    vec![norm::backward_as_ever(&norm, slope)]
                }
                Op::Dropout { .. } => vec![slope.clone()],
                _ => self.back(graph, weights, 0, index, slope).inputs,
            };
            for (input, slope) in node.inputs.iter().zip(inputs) {
                add(&mut slopes[input.0], &slope);
            }
        }
        slopes.into_iter().map(|slope| slope.images).collect()
    }

    fn back(
        &self,
        graph: &Graph,
        weights: &Weights,
        seed: u64,
        index: NodeIndex,
        slope: &Value,
    ) -> Given {
        let node = graph.node(index);
        let inputs: Vec<&Value> = node.inputs.iter().map(|i| &self.values[i.0]).collect();
        let input = inputs[0];
        let back = match node.op {
            op @ (Op::Convolution { .. } | Op::Dense { .. }) => {
                let weight = weights.get(index, ParameterRole::Weight);
                return products::backward(op, input, weight.expect("a weight"), slope);
            }
            Op::BatchNorm { epsilon, .. } => {
                let norm = Norm::new(index, weights, epsilon, true, input);
                return norm::backward(&norm, input, slope);
            }
            Op::Activation(activation) => vec![functions::backward(activation, input, slope)],
            Op::Dropout { probability, unit } => {
                // It scales values by what it drew, and slopes alike.
                vec![functions::dropout(slope, index, probability, unit, seed)]
            }
            op if op.window().is_some() || op == Op::GlobalAveragePool => {
                vec![pooling::backward(op, input, slope)]
            }
            op => joins::backward(op, &inputs, slope),
        };
        Given::to_inputs(back)
    }
}

fn add(to: &mut Value, what: &Value) {
    let values = what.images.iter().flatten();
    for (sum, value) in to.images.iter_mut().flatten().zip(values) {
        *sum += value;
    }
}
