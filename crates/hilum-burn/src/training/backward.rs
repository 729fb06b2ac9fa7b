//! Backward: each operation's gradient spelled out.
//!
//! Burn's own differentiation would keep more than is needed and, for depthwise convolutions,
//! goes through one channel at a time.

use burn_tensor::Tensor;

use hilum_graph::{NodeIndex, Op, Padding, ParameterRole};

use super::{Gradients, Record, Tape};
use crate::batch_norm::{self, BatchStatistics};
use crate::shards::{self, Shards};
use crate::{convolution, dense, inference, operation};

impl Tape<'_> {
    /// Gradients of all trained parameters, given that of the logits, row by row.
    pub(crate) fn backward(mut self, loss_gradient: Vec<f32>) -> Gradients {
        let mut found = vec![None; self.variables.specs().len()];
        let node_count = self.graph.nodes().len();
        let classes = self.graph.class_count();
        let count = self.sizes.iter().sum();
        let device = self.variables.device();
        let logits = shards::tensor(loss_gradient, [count, classes, 1, 1], &device);

        let mut gradients: Vec<Option<Shards>> = vec![None; node_count];
        gradients[node_count - 1] = Some(shards::split(logits, &self.sizes));
        for index in (self.first_trained.0..node_count).rev().map(NodeIndex) {
            let record = self.records.pop().expect("one record for every node");
            let gradient = gradients[index.0].take();
            if let Some(gradient) = gradient.filter(|_| self.wanted[index.0]) {
                let inputs = self.pass_back(index, record, gradient, &mut found);
                self.collect(index, inputs, &mut gradients);
            }
        }
        found
    }

    /// Adds gradients of a node's inputs to what other users of the inputs found.
    fn collect(&self, node: NodeIndex, found: Vec<Shards>, gradients: &mut [Option<Shards>]) {
        let inputs = &self.graph.node(node).inputs;
        for (input, found) in inputs.iter().zip(found) {
            if !self.wanted[input.0] {
                continue;
            }
            let slot = &mut gradients[input.0];
            *slot = Some(match slot.take() {
                Some(others) => shards::zip(others, found, Tensor::add),
                None => found,
            });
        }
    }

    /// The gradients of the inputs of `node`, or none if none of them wants one; parameters'
    /// gradients go to `found`.
    fn pass_back(
        &self,
        node: NodeIndex,
        record: Record,
        gradient: Shards,
        found: &mut Gradients,
    ) -> Vec<Shards> {
        let inputs = &self.graph.node(node).inputs;
        let onward = inputs.iter().any(|input| self.wanted[input.0]);
        match record {
            Record::Convolution { input } => {
                self.convolution_back(node, &input, &gradient, onward, found)
            }
            Record::BatchNorm { input, statistics } => {
                self.batch_norm_back(node, input, &statistics, gradient, onward, found)
            }
            Record::Dense { input } => self.dense_back(node, input, gradient, onward, found),
            _ if !onward => Vec::new(),
            record => self.plain_back(node, record, gradient),
        }
    }

    fn convolution_back(
        &self,
        node: NodeIndex,
        input: &Shards,
        gradient: &Shards,
        onward: bool,
        found: &mut Gradients,
    ) -> Vec<Shards> {
        let window = inference::window(self.graph, node);
        let weight: Tensor<4> = self.variables.shaped(node, ParameterRole::Weight);
        let for_weight = convolution::weight_gradient(input, gradient, window, weight.dims());
        self.note(node, ParameterRole::Weight, for_weight, found);
        if self.variables.slot(node, ParameterRole::Bias).is_some() {
            let sums = shards::each(gradient, batch_norm::channel_sums);
            self.note(node, ParameterRole::Bias, shards::sum(sums), found);
        }
        if !onward {
            return Vec::new();
        }
        let [.., height, width] = input[0].dims();
        vec![convolution::input_gradient(
            gradient,
            &weight,
            window,
            [height, width],
        )]
    }

    fn batch_norm_back(
        &self,
        node: NodeIndex,
        input: Shards,
        statistics: &BatchStatistics,
        gradient: Shards,
        onward: bool,
        found: &mut Gradients,
    ) -> Vec<Shards> {
        let Op::BatchNorm { epsilon, .. } = self.graph.node(node).op else {
            unreachable!("recorded as a batch norm");
        };
        let scale = self.variables.per_channel(node, ParameterRole::Scale);
        let gradients = batch_norm::backward(input, gradient, statistics, epsilon, scale, onward);
        self.note(node, ParameterRole::Scale, gradients.scale, found);
        self.note(node, ParameterRole::Shift, gradients.shift, found);
        gradients.input.into_iter().collect()
    }

    fn dense_back(
        &self,
        node: NodeIndex,
        input: Tensor<2>,
        gradient: Shards,
        onward: bool,
        found: &mut Gradients,
    ) -> Vec<Shards> {
        let gradient = dense::matrix(gradient);
        let (weight, bias) = dense::parameter_gradients(input, gradient.clone());
        self.note(node, ParameterRole::Weight, weight, found);
        if self.variables.slot(node, ParameterRole::Bias).is_some() {
            self.note(node, ParameterRole::Bias, bias, found);
        }
        if !onward {
            return Vec::new();
        }
        let weight = self.variables.shaped(node, ParameterRole::Weight);
        vec![dense::input_gradient(gradient, weight, &self.sizes)]
    }

    fn plain_back(&self, node: NodeIndex, record: Record, gradient: Shards) -> Vec<Shards> {
        let input_shape = |position: usize| {
            let input = self.graph.node(node).inputs[position];
            self.graph.node(input).shape
        };
        match (self.graph.node(node).op, record) {
            (Op::Activation(activation), Record::Activation { kept }) => {
                vec![operation::activation_gradient(kept, gradient, activation)]
            }
            (
                Op::MaxPool { padding, .. },
                Record::MaxPool {
                    input,
                    pool,
                    indices,
                },
            ) => {
                let found = operation::max_pool_gradient(input, indices, gradient, pool);
                let rim = if pool.padding == padding {
                    Padding::NONE
                } else {
                    padding
                };
                vec![operation::crop(found, rim, input_shape(0))]
            }
            (Op::Gate, Record::Gate { input, gate }) => vec![
                operation::gate(gradient.clone(), gate),
                operation::gate_gradient(input, gradient),
            ],
            (_, Record::Dropout { factors }) => vec![operation::gate(gradient, factors)],
            (Op::GlobalAveragePool, _) => {
                vec![operation::average_gradient(gradient, input_shape(0))]
            }
            (Op::Flatten, _) => vec![operation::unflatten(gradient, input_shape(0))],
            (Op::Add, _) => vec![gradient.clone(), gradient],
            (Op::Concat, _) => {
                let mut start = 0;
                (0..self.graph.node(node).inputs.len())
                    .map(|position| {
                        let width = input_shape(position).channels;
                        start += width;
                        operation::channels(&gradient, start - width, width)
                    })
                    .collect()
            }
            (Op::RepeatChannels { .. }, _) => {
                vec![shards::map(gradient, |shard| shard.sum_dim(1))]
            }
            _ => vec![gradient],
        }
    }

    fn note<const D: usize>(
        &self,
        node: NodeIndex,
        role: ParameterRole,
        gradient: Tensor<D>,
        found: &mut Gradients,
    ) {
        let slot = self.variables.slot(node, role);
        let slot = slot.expect("gradients belong to parameters");
        let length = gradient.shape().num_elements();
        found[slot.0] = Some(gradient.reshape([length]));
    }
}
