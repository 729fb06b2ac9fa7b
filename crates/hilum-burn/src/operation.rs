//! Operations without parameters, forward and backward.

use burn_tensor::activation::{relu, sigmoid, silu};
use burn_tensor::module::{max_pool2d, max_pool2d_with_indices, max_pool2d_with_indices_backward};
use burn_tensor::ops::{MaxPoolOptions, PadMode};
use burn_tensor::{Int, Tensor};

use hilum_graph::{Activation, Padding, Shape};

use crate::shards::{self, Shards};

/// `[images, 1, ...]` as `[images, count, ...]`.
pub(crate) fn repeat_channels(input: Shards, count: usize) -> Shards {
    shards::map(input, move |shard| shard.repeat_dim(1, count))
}

/// The function, in place where Burn can.
pub(crate) fn activate(input: Shards, activation: Activation) -> Shards {
    shards::map(input, move |shard| match activation {
        Activation::Relu => relu(shard),
        Activation::Relu6 => shard.clamp(0.0, 6.0),
        Activation::Silu => silu(shard),
        Activation::Sigmoid => sigmoid(shard),
    })
}

/// Whether the gradient is read from the function's result rather than from its input.
pub(crate) fn differentiates_result(activation: Activation) -> bool {
    !matches!(activation, Activation::Silu)
}

/// The gradient of the input; `kept` is what [`differentiates_result`] says.
pub(crate) fn activation_gradient(
    kept: Shards,
    gradient: Shards,
    activation: Activation,
) -> Shards {
    shards::zip(gradient, kept, move |gradient, kept| match activation {
        Activation::Relu => gradient.mask_fill(kept.lower_equal_elem(0.0), 0.0),
        Activation::Relu6 => {
            let below = kept.clone().lower_equal_elem(0.0);
            let above = kept.greater_equal_elem(6.0);
            gradient.mask_fill(below.bool_or(above), 0.0)
        }
        Activation::Silu => {
            let gate = sigmoid(kept.clone());
            let rest = gate.clone().neg().add_scalar(1.0);
            gradient * (gate * (kept * rest).add_scalar(1.0))
        }
        Activation::Sigmoid => {
            let rest = kept.clone().neg().add_scalar(1.0);
            gradient * (kept * rest)
        }
    })
}

/// The mean over rows and columns, `[images, channels, 1, 1]`.
pub(crate) fn average(input: &Shards) -> Shards {
    shards::each(input, |shard| {
        let [images, channels, rows, columns] = shard.dims();
        shard
            .reshape([images, channels, rows * columns])
            .mean_dim(2)
            .reshape([images, channels, 1, 1])
    })
}

/// The gradient of the mean's input of `shape`.
pub(crate) fn average_gradient(gradient: Shards, shape: Shape) -> Shards {
    let Shape { height, width, .. } = shape;
    shards::map(gradient, move |shard| {
        let [images, channels, ..] = shard.dims();
        shard
            .div_scalar((height * width) as f32)
            .expand([images, channels, height, width])
    })
}

/// `[images, channels * rows * columns, 1, 1]`, in PyTorch's order.
pub(crate) fn flatten(input: Shards) -> Shards {
    shards::map(input, |shard| {
        let [images, channels, rows, columns] = shard.dims();
        shard.reshape([images, channels * rows * columns, 1, 1])
    })
}

/// A flat gradient in the `shape` of the input.
pub(crate) fn unflatten(gradient: Shards, shape: Shape) -> Shards {
    shards::map(gradient, move |shard| {
        let images = shard.dims()[0];
        shard.reshape([images, shape.channels, shape.height, shape.width])
    })
}

/// Channels of all inputs behind one another.
pub(crate) fn concat(inputs: Vec<Shards>) -> Shards {
    let shard_count = inputs[0].len();
    let mut sources: Vec<_> = inputs.into_iter().map(Vec::into_iter).collect();
    (0..shard_count)
        .map(|_| Tensor::cat(sources.iter_mut().filter_map(Iterator::next).collect(), 1))
        .collect()
}

/// `width` channels of a gradient from `start` on.
pub(crate) fn channels(gradient: &Shards, start: usize, width: usize) -> Shards {
    shards::each(gradient, move |shard| shard.narrow(1, start, width))
}

/// `input * gate`; also the gradient of the gated input.
pub(crate) fn gate(input: Shards, gate: Shards) -> Shards {
    shards::zip(input, gate, |input, gate| input * gate)
}

/// The gradient of the gate.
pub(crate) fn gate_gradient(input: Shards, gradient: Shards) -> Shards {
    shards::zip(input, gradient, |input, gradient| {
        let [images, channels, rows, columns] = input.dims();
        (gradient * input)
            .reshape([images, channels, rows * columns])
            .sum_dim(2)
            .reshape([images, channels, 1, 1])
    })
}

/// How max pooling moves over an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pool {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: Padding,
    pub(crate) ceil: bool,
}

impl Pool {
    fn options(&self) -> MaxPoolOptions<2> {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        MaxPoolOptions::new(self.kernel)
            .with_stride(self.stride)
            .with_padding_pairs([(top, bottom), (left, right)])
            .with_ceil_mode(self.ceil)
    }

    /// With unequal sides, the image with minus infinity around it and a pool without padding:
    /// Burn's backward pass knows one padding per axis.
    pub(crate) fn prepare(self, input: Shards) -> (Shards, Self) {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        if (top, left) == (bottom, right) {
            return (input, self);
        }
        let around = [(top, bottom), (left, right)];
        let padded = shards::map(input, move |shard| {
            shard.pad(around, PadMode::Constant(f32::NEG_INFINITY))
        });
        let pool = Self {
            padding: Padding::NONE,
            ..self
        };
        (padded, pool)
    }
}

/// The largest value of each window.
pub(crate) fn max_pool(input: &Shards, pool: Pool) -> Shards {
    shards::each(input, move |shard| max_pool2d(shard, pool.options()))
}

/// The same, and where each was found.
pub(crate) fn max_pool_with_indices(input: &Shards, pool: Pool) -> (Shards, Vec<Tensor<4, Int>>) {
    shards::each(input, move |shard| {
        max_pool2d_with_indices(shard, pool.options())
    })
    .into_iter()
    .unzip()
}

/// The gradient of the prepared input.
pub(crate) fn max_pool_gradient(
    input: Shards,
    indices: Vec<Tensor<4, Int>>,
    gradient: Shards,
    pool: Pool,
) -> Shards {
    let gradients = gradient.into_iter().zip(indices).collect();
    shards::zip(input, gradients, move |input, (gradient, indices)| {
        max_pool2d_with_indices_backward(
            input,
            pool.kernel,
            pool.stride,
            [pool.padding.top, pool.padding.left],
            [1, 1],
            pool.ceil,
            gradient,
            indices,
        )
    })
}

/// Without the rim that [`Pool::prepare`] put around the image.
pub(crate) fn crop(gradient: Shards, padding: Padding, shape: Shape) -> Shards {
    shards::map(gradient, move |shard| {
        shard
            .narrow(2, padding.top, shape.height)
            .narrow(3, padding.left, shape.width)
    })
}
