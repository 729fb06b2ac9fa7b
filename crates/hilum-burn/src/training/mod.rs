//! Forward in training mode, with a record of each node, and backward from the records.

mod backward;

use burn_tensor::{Int, Tensor};

use hilum_graph::{
    Activation, DropoutUnit, Graph, NodeIndex, Op, ParameterRole, Shape, dropout_keeps,
};

use crate::batch_norm::{self, BatchStatistics};
use crate::inference::{self, Values};
use crate::operation::{self, Pool};
use crate::shards::{self, Shards};
use crate::variables::{Slot, Variables};
use crate::{convolution, dense};

/// What backward needs of a node's forward pass.
enum Record {
    /// Nothing.
    Nothing,
    Convolution {
        input: Shards,
    },
    BatchNorm {
        input: Shards,
        statistics: Box<BatchStatistics>,
    },
    Dense {
        input: Tensor<2>,
    },
    Activation {
        kept: Shards,
    },
    MaxPool {
        input: Shards,
        pool: Pool,
        indices: Vec<Tensor<4, Int>>,
    },
    Gate {
        input: Shards,
        gate: Shards,
    },
    Dropout {
        factors: Shards,
    },
}

/// A forward pass in training mode.
pub(crate) struct Tape<'a> {
    graph: &'a Graph,
    variables: &'a Variables,
    first_trained: NodeIndex,
    seed: u64,
    sizes: Vec<usize>,
    records: Vec<Record>,
    wanted: Vec<bool>,
    statistics: Vec<(Slot, Tensor<1>)>,
}

/// Gradients by slot; `None` where nothing is trained.
pub(crate) type Gradients = Vec<Option<Tensor<1>>>;

impl<'a> Tape<'a> {
    /// An empty tape for batches in shards of `sizes` images.
    pub(crate) fn new(
        graph: &'a Graph,
        variables: &'a Variables,
        first_trained: NodeIndex,
        seed: u64,
        sizes: Vec<usize>,
    ) -> Self {
        Self {
            graph,
            variables,
            first_trained,
            seed,
            sizes,
            records: Vec::new(),
            wanted: wanted_gradients(graph, variables, first_trained),
            statistics: Vec::new(),
        }
    }

    /// Runs the nodes from `first_trained` on; `values` hold the results of those before.
    pub(crate) fn forward(&mut self, values: &mut Values) {
        let first = self.first_trained.0.max(1);
        self.records.resize_with(first, || Record::Nothing);
        for index in (first..self.graph.nodes().len()).map(NodeIndex) {
            let inputs = values.inputs(self.graph, index);
            let (result, record) = self.run(index, inputs);
            let kept = if self.wanted[index.0] {
                record
            } else {
                Record::Nothing
            };
            self.records.push(kept);
            values.put(index, result);
        }
    }

    /// The running statistics after this pass.
    pub(crate) fn take_statistics(&mut self) -> Vec<(Slot, Tensor<1>)> {
        std::mem::take(&mut self.statistics)
    }

    fn run(&mut self, node: NodeIndex, mut inputs: Vec<Shards>) -> (Shards, Record) {
        let op = self.graph.node(node).op;
        match op {
            Op::Convolution { .. } => {
                let input = inputs.swap_remove(0);
                let weight = self.variables.shaped(node, ParameterRole::Weight);
                let bias = self.variables.find(node, ParameterRole::Bias);
                let window = inference::window(self.graph, node);
                let result = convolution::forward(&input, &weight, bias.as_ref(), window);
                (result, Record::Convolution { input })
            }
            Op::BatchNorm { epsilon, momentum } => {
                self.normalize(node, inputs.swap_remove(0), epsilon, momentum)
            }
            Op::Dense { .. } => {
                let input = dense::matrix(inputs.swap_remove(0));
                let weight = self.variables.shaped(node, ParameterRole::Weight);
                let bias = self.variables.find(node, ParameterRole::Bias);
                let result = dense::forward(input.clone(), weight, bias, &self.sizes);
                (result, Record::Dense { input })
            }
            Op::Activation(activation) => activate(inputs.swap_remove(0), activation),
            Op::MaxPool { .. } => {
                let (input, pool) = inference::pool(op).prepare(inputs.swap_remove(0));
                let (result, indices) = operation::max_pool_with_indices(&input, pool);
                let record = Record::MaxPool {
                    input,
                    pool,
                    indices,
                };
                (result, record)
            }
            Op::Gate => {
                let record = Record::Gate {
                    input: inputs[0].clone(),
                    gate: inputs[1].clone(),
                };
                (inference::run_plain(op, inputs), record)
            }
            Op::Dropout { probability, unit } if probability > 0.0 => {
                let factors = self.dropout_factors(node, probability, unit);
                let result = operation::gate(inputs.swap_remove(0), factors.clone());
                (result, Record::Dropout { factors })
            }
            _ => (inference::run_plain(op, inputs), Record::Nothing),
        }
    }

    fn normalize(
        &mut self,
        node: NodeIndex,
        input: Shards,
        epsilon: f32,
        momentum: f32,
    ) -> (Shards, Record) {
        let statistics = batch_norm::statistics(&input);
        self.follow(node, &statistics, momentum);
        let (factor, summand) = batch_norm::factor_and_summand(
            statistics.mean.clone(),
            statistics.variance.clone(),
            epsilon,
            self.variables.per_channel(node, ParameterRole::Scale),
            self.variables.per_channel(node, ParameterRole::Shift),
        );
        let result = batch_norm::scale_and_shift(input.clone(), &factor, &summand);
        let statistics = Box::new(statistics);
        (result, Record::BatchNorm { input, statistics })
    }

    /// Lets running statistics follow the batch's. A batch with one value per channel has no
    /// unbiased variance; the running one then stays as it is.
    fn follow(&mut self, node: NodeIndex, statistics: &BatchStatistics, momentum: f32) {
        let mut mix = |role, found: Tensor<4>| {
            let slot = self.variables.slot(node, role);
            let slot = slot.expect("batch norms have statistics");
            let old = self.variables.per_channel(node, role);
            let new = old.mul_scalar(1.0 - momentum) + found.mul_scalar(momentum);
            self.statistics.push((slot, new.flatten(0, 3)));
        };
        mix(ParameterRole::RunningMean, statistics.mean.clone());
        if statistics.count > 1 {
            let unbiased = statistics.count as f32 / (statistics.count - 1) as f32;
            let variance = statistics.variance.clone().mul_scalar(unbiased);
            mix(ParameterRole::RunningVariance, variance);
        }
    }

    /// 0 for what is dropped, `1 / (1 - probability)` for what is kept.
    fn dropout_factors(&self, node: NodeIndex, probability: f32, unit: DropoutUnit) -> Shards {
        let shape = match unit {
            DropoutUnit::Value => self.graph.node(node).shape,
            DropoutUnit::Image => Shape::vector(1),
        };
        let count: usize = self.sizes.iter().sum();
        let unit_count = count * shape.value_count();
        let keeps = dropout_keeps(self.seed, node, probability, unit_count);
        let kept = 1.0 / (1.0 - probability);
        let factors = keeps.into_iter().map(|keep| if keep { kept } else { 0.0 });
        let factors = hilum_graph::Batch::new(count, shape, factors.collect());
        let device = self.variables.device();
        shards::upload(&factors, &self.sizes, &device)
    }
}

fn activate(input: Shards, activation: Activation) -> (Shards, Record) {
    if operation::differentiates_result(activation) {
        let result = operation::activate(input, activation);
        let kept = result.clone();
        return (result, Record::Activation { kept });
    }
    let result = operation::activate(input.clone(), activation);
    (result, Record::Activation { kept: input })
}

/// Whether the gradient of a node's result is needed: behind it, or in it, something is trained.
fn wanted_gradients(graph: &Graph, variables: &Variables, first_trained: NodeIndex) -> Vec<bool> {
    let mut wanted = vec![false; graph.nodes().len()];
    for spec in variables.specs() {
        wanted[spec.node.0] |= spec.role.is_trained();
    }
    for (index, node) in graph.nodes().iter().enumerate() {
        wanted[index] |= node.inputs.iter().any(|input| wanted[input.0]);
        wanted[index] &= index >= first_trained.0;
    }
    wanted
}
