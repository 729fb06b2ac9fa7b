//! Convolution and its gradients, in the formulation that suits the device.

use burn_tensor::Tensor;
use burn_tensor::module::{conv2d, conv_transpose2d};
use burn_tensor::ops::{ConvOptions, ConvTransposeOptions, PadMode};

use hilum_graph::Padding;

use crate::shards::{self, Shards};

/// How a kernel moves over an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: Padding,
    pub(crate) groups: usize,
}

impl Window {
    fn options(&self) -> ConvOptions<2> {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        ConvOptions::new_with_padding(
            self.stride,
            [(top, bottom), (left, right)],
            [1, 1],
            self.groups,
        )
    }

    fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == Padding::NONE
    }
}

/// `weight` is `[out, in / groups, rows, columns]`.
pub(crate) fn forward(
    input: &Shards,
    weight: &Tensor<4>,
    bias: Option<&Tensor<1>>,
    window: Window,
) -> Shards {
    shards::each(input, |shard| {
        conv2d(
            shard.clone(),
            weight.clone(),
            bias.cloned(),
            window.options(),
        )
    })
}

/// The gradient of the input `[images, in, rows, columns]`, whose size is `[rows, columns]`.
pub(crate) fn input_gradient(
    gradient: &Shards,
    weight: &Tensor<4>,
    window: Window,
    size: [usize; 2],
) -> Shards {
    shards::each(gradient, |shard| {
        input_gradient_of_shard(shard.clone(), weight.clone(), window, size)
    })
}

fn input_gradient_of_shard(
    gradient: Tensor<4>,
    weight: Tensor<4>,
    window: Window,
    [height, width]: [usize; 2],
) -> Tensor<4> {
    let Window {
        kernel,
        stride,
        padding,
        groups,
    } = window;
    // Without padding and cropped afterwards: sides may differ.
    let [_, _, rows, columns] = gradient.dims();
    let grown = [
        (rows - 1) * stride[0] + kernel[0],
        (columns - 1) * stride[1] + kernel[1],
    ];
    let options = ConvTransposeOptions::new(stride, [0, 0], [0, 0], [1, 1], groups);
    let full = conv_transpose2d(gradient, weight, None, options);
    // Pixels behind the last window have no gradient.
    let missing = [
        (height + padding.top).saturating_sub(grown[0]),
        (width + padding.left).saturating_sub(grown[1]),
    ];
    let full = if missing == [0, 0] {
        full
    } else {
        full.pad([(0, missing[0]), (0, missing[1])], PadMode::Constant(0.0))
    };
    full.narrow(2, padding.top, height)
        .narrow(3, padding.left, width)
}

/// The gradient of the weight `[out, in / groups, rows, columns]`.
pub(crate) fn weight_gradient(
    input: &Shards,
    gradient: &Shards,
    window: Window,
    shape: [usize; 4],
) -> Tensor<4> {
    let pairs: Vec<Tensor<4>> = gradient.clone();
    let parts = shards::zip(input.clone(), pairs, |input, gradient| {
        weight_gradient_of_shard(input, gradient, window, shape)
    });
    shards::sum(parts)
}

fn weight_gradient_of_shard(
    input: Tensor<4>,
    gradient: Tensor<4>,
    window: Window,
    [out_channels, in_per_group, kernel_rows, kernel_columns]: [usize; 4],
) -> Tensor<4> {
    let [images, channels, ..] = input.dims();
    let [_, _, rows, columns] = gradient.dims();
    let pixels = rows * columns;
    let input = pad(input, window);
    let [.., padded_rows, padded_columns] = input.dims();
    let reach = |size: usize, stride: usize| (size - 1) * stride + 1;
    let [stride_rows, stride_columns] = window.stride;
    debug_assert!(reach(rows, stride_rows) + kernel_rows - 1 <= padded_rows);
    debug_assert!(reach(columns, stride_columns) + kernel_columns - 1 <= padded_columns);

    let groups = window.groups;
    let mut taps = Vec::with_capacity(kernel_rows * kernel_columns);
    for row in 0..kernel_rows {
        for column in 0..kernel_columns {
            let seen = every_nth(
                every_nth(input.clone(), 2, row, rows, stride_rows),
                3,
                column,
                columns,
                stride_columns,
            );
            let tap = if in_per_group == 1 && out_channels == channels {
                (seen * gradient.clone())
                    .reshape([images, channels, pixels])
                    .sum_dim(2)
                    .sum_dim(0)
                    .reshape([groups, 1, 1])
            } else {
                let seen = seen.reshape([images, groups, in_per_group, pixels]);
                gradient
                    .clone()
                    .reshape([images, groups, out_channels / groups, pixels])
                    .matmul(seen.swap_dims(2, 3))
                    .sum_dim(0)
                    .reshape([groups, out_channels / groups, in_per_group])
            };
            taps.push(tap.reshape([out_channels, in_per_group, 1]));
        }
    }
    Tensor::cat(taps, 2).reshape([out_channels, in_per_group, kernel_rows, kernel_columns])
}

/// `count` lines along `axis`, the first of them at `start`, `stride` apart.
fn every_nth(
    tensor: Tensor<4>,
    axis: usize,
    start: usize,
    count: usize,
    stride: usize,
) -> Tensor<4> {
    if stride == 1 {
        return tensor.narrow(axis, start, count);
    }
    let end = start + (count - 1) * stride + 1;
    tensor.slice_dim(
        axis,
        burn_tensor::Slice::new(start as isize, Some(end as isize), stride as isize),
    )
}

fn pad(input: Tensor<4>, window: Window) -> Tensor<4> {
    let Padding {
        top,
        bottom,
        left,
        right,
    } = window.padding;
    if window.padding == Padding::NONE {
        return input;
    }
    input.pad([(top, bottom), (left, right)], PadMode::Constant(0.0))
}
