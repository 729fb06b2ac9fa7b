//! What Burn computes for each operation of a graph: the one file that a new operation touches.
//!
//! Inference and training take the same way; batch norm and dropout alone ask for the [`Mode`].
//! Gradients are Burn's to derive.

use burn_tensor::Tensor;
use burn_tensor::activation::{relu, sigmoid, silu};
use burn_tensor::module::{
    adaptive_avg_pool2d, batch_norm, batch_norm_train, conv2d, linear, max_pool2d,
};
use burn_tensor::ops::{ConvOptions, MaxPoolOptions};

use hilum_graph::{
    Activation, Batch, DropoutUnit, Graph, NodeIndex, Op, Padding, ParameterRole, Shape,
    dropout_keeps,
};

use crate::images;
use crate::variables::{Slot, Variables};

/// How a pass runs.
pub(crate) enum Mode<'a> {
    /// Running statistics normalise, dropout does nothing.
    Inference,
    /// Statistics of the batch normalise, dropout drops.
    Training {
        /// Seeds dropout.
        seed: u64,
        /// The running statistics after this pass, as far as it has come.
        statistics: &'a mut Vec<(Slot, Tensor<1>)>,
    },
}

/// A node and what it reads besides the results of other nodes.
pub(crate) struct Operation<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) node: NodeIndex,
    pub(crate) variables: &'a Variables,
}

impl Operation<'_> {
    /// The node's result, `[images, channels, height, width]` like `inputs`.
    pub(crate) fn run(&self, mut inputs: Vec<Tensor<4>>, mode: &mut Mode<'_>) -> Tensor<4> {
        let op = self.graph.node(self.node).op;
        if op == Op::Concat {
            return Tensor::cat(inputs, 1);
        }
        let input = inputs.remove(0);
        match op {
            Op::Convolution {
                stride,
                padding,
                groups,
                ..
            } => {
                let options =
                    ConvOptions::new_with_padding(stride, around(padding), [1, 1], groups);
                let weight = self.variables.shaped(self.node, ParameterRole::Weight);
                conv2d(input, weight, self.bias(), options)
            }
            Op::BatchNorm { epsilon, momentum } => {
                self.normalize(input, f64::from(epsilon), momentum, mode)
            }
            Op::Dense { .. } => {
                let [images, features, ..] = input.dims();
                let weight: Tensor<2> = self.variables.shaped(self.node, ParameterRole::Weight);
                let rows = input.reshape([images, features]);
                let rows = linear(rows, weight.transpose(), self.bias());
                let [images, features] = rows.dims();
                rows.reshape([images, features, 1, 1])
            }
            Op::Activation(activation) => activate(input, activation),
            Op::MaxPool {
                kernel,
                stride,
                padding,
                ceil,
            } => {
                let options = MaxPoolOptions::new(kernel)
                    .with_stride(stride)
                    .with_padding_pairs(around(padding))
                    .with_ceil_mode(ceil);
                max_pool2d(input, options)
            }
            Op::GlobalAveragePool => adaptive_avg_pool2d(input, [1, 1]),
            Op::Flatten => {
                let [images, channels, rows, columns] = input.dims();
                input.reshape([images, channels * rows * columns, 1, 1])
            }
            Op::RepeatChannels { count } => input.repeat_dim(1, count),
            Op::Add => input + inputs.remove(0),
            Op::Gate => input * inputs.remove(0),
            Op::Dropout { probability, unit } => match mode {
                Mode::Training { seed, .. } if probability > 0.0 => {
                    self.drop_out(input, probability, unit, *seed)
                }
                _ => input,
            },
            Op::Input | Op::Concat => unreachable!("has run already"),
        }
    }

    fn bias(&self) -> Option<Tensor<1>> {
        self.variables.find(self.node, ParameterRole::Bias)
    }

    fn normalize(
        &self,
        input: Tensor<4>,
        epsilon: f64,
        momentum: f32,
        mode: &mut Mode<'_>,
    ) -> Tensor<4> {
        let variable = |role| {
            let value = self.variables.find(self.node, role);
            value.expect("batch norms have all four")
        };
        let scale = variable(ParameterRole::Scale);
        let shift = variable(ParameterRole::Shift);
        let mean = variable(ParameterRole::RunningMean);
        let variance = variable(ParameterRole::RunningVariance);
        let Mode::Training { statistics, .. } = mode else {
            return batch_norm(input, scale, shift, mean, variance, epsilon);
        };

        let [images, _, rows, columns] = input.dims();
        let value_count = images * rows * columns;
        let found = batch_norm_train(input, scale, shift, epsilon);
        // By hand, because Burn's function leaves the running statistics to its caller. A batch
        // with one value per channel has no unbiased variance; the running one stays as it is.
        let mut follow = |role, old: Tensor<1>, new: Tensor<1>| {
            let slot = self.variables.slot(self.node, role);
            let slot = slot.expect("batch norms have all four");
            let new = new.without_autodiff().mul_scalar(momentum);
            statistics.push((slot, old.mul_scalar(1.0 - momentum) + new));
        };
        follow(ParameterRole::RunningMean, mean, found.mean);
        if value_count > 1 {
            let unbiased = value_count as f32 / (value_count - 1) as f32;
            let new = found.variance.mul_scalar(unbiased);
            follow(ParameterRole::RunningVariance, variance, new);
        }
        found.output
    }

    /// By hand, because all engines drop the same units: 0 for what is dropped,
    /// `1 / (1 - probability)` for what is kept.
    fn drop_out(
        &self,
        input: Tensor<4>,
        probability: f32,
        unit: DropoutUnit,
        seed: u64,
    ) -> Tensor<4> {
        let shape = match unit {
            DropoutUnit::Value => self.graph.node(self.node).shape,
            DropoutUnit::Image => Shape::vector(1),
        };
        let [count, ..] = input.dims();
        let keeps = dropout_keeps(seed, self.node, probability, count * shape.value_count());
        let kept = 1.0 / (1.0 - probability);
        let factors = keeps.into_iter().map(|keep| if keep { kept } else { 0.0 });
        let factors = Batch::new(count, shape, factors.collect());
        input * images::upload(&factors, &self.variables.device())
    }
}

fn activate(input: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::Relu => relu(input),
        // Burn's own `relu6` has the slope 1 at exactly 0, PyTorch's 0.
        Activation::Relu6 => relu(input).clamp_max(6.0),
        Activation::Silu => silu(input),
        Activation::Sigmoid => sigmoid(input),
    }
}

/// Before and after, by axis.
fn around(padding: Padding) -> [(usize, usize); 2] {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = padding;
    [(top, bottom), (left, right)]
}
