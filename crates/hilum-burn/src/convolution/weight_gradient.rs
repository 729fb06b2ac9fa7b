//! The gradient of a convolution's weight: for every tap of the kernel, the product of the
//! gradient and what the tap saw.

use burn_tensor::ops::PadMode;
use burn_tensor::{Slice, Tensor};

use hilum_graph::Padding;

use super::Window;
use crate::shards::{self, Shards};

/// With fewer input channels a matrix product for each tap would be too slim; all taps then
/// share one.
const ENOUGH_CHANNELS: usize = 16;

/// The gradient of the weight, whose `shape` is `[out, in / groups, rows, columns]`.
pub(crate) fn weight_gradient(
    input: &Shards,
    gradient: &Shards,
    window: Window,
    shape: [usize; 4],
) -> Tensor<4> {
    if window.is_depthwise(shape) {
        let parts = shards::zip(input.clone(), gradient.clone(), |input, gradient| {
            depthwise(&pad(input, window), &gradient, window)
        });
        return shards::sum(parts);
    }
    let [_, _, rows, columns] = gradient[0].dims();
    let [out_channels, in_per_group, ..] = shape;
    let image = (out_channels + in_per_group * window.groups) * rows * columns;
    if image < out_channels * in_per_group {
        // Joining the images costs less than adding up their products.
        let input = shards::merge(input.clone());
        return products(
            &pad(input, window),
            shards::merge(gradient.clone()),
            window,
            shape,
        );
    }
    let parts = shards::zip(input.clone(), gradient.clone(), |input, gradient| {
        products(&pad(input, window), gradient, window, shape)
    });
    shards::sum(parts)
}

fn depthwise(input: &Tensor<4>, gradient: &Tensor<4>, window: Window) -> Tensor<4> {
    let [images, channels, rows, columns] = gradient.dims();
    let taps = each_tap(input, window, [rows, columns], |seen| {
        (gradient.clone() * seen)
            .reshape([images, channels, rows * columns])
            .sum_dim(2)
            .sum_dim(0)
            .reshape([channels, 1])
    });
    let [kernel_rows, kernel_columns] = window.kernel;
    Tensor::cat(taps, 1).reshape([channels, 1, kernel_rows, kernel_columns])
}

fn products(
    input: &Tensor<4>,
    gradient: Tensor<4>,
    window: Window,
    shape: [usize; 4],
) -> Tensor<4> {
    let [out_channels, in_per_group, kernel_rows, kernel_columns] = shape;
    let tap_count = kernel_rows * kernel_columns;
    let [_, _, rows, columns] = gradient.dims();
    let gradient = by_channel(gradient, window.groups);
    let taps = if in_per_group < ENOUGH_CHANNELS && tap_count > 1 {
        let seen = each_tap(input, window, [rows, columns], |tap| {
            by_channel(tap, window.groups)
        });
        gradient
            .matmul(Tensor::cat(seen, 1).swap_dims(1, 2))
            .reshape([out_channels, tap_count, in_per_group])
            .swap_dims(1, 2)
    } else {
        let taps = each_tap(input, window, [rows, columns], |tap| {
            gradient
                .clone()
                .matmul(by_channel(tap, window.groups).swap_dims(1, 2))
                .reshape([out_channels, in_per_group, 1])
        });
        Tensor::cat(taps, 2)
    };
    taps.reshape(shape)
}

/// `[images, channels, ...]` as `[groups, channels / groups, pixels of all images]`.
fn by_channel(tensor: Tensor<4>, groups: usize) -> Tensor<3> {
    let [images, channels, rows, columns] = tensor.dims();
    tensor
        .swap_dims(0, 1)
        .reshape([groups, channels / groups, images * rows * columns])
}

/// `operation` on the pixels of the padded `input` that each tap of the kernel saw, tap by tap;
/// as many pixels as the convolution's result has `[rows, columns]`.
fn each_tap<T>(
    input: &Tensor<4>,
    window: Window,
    [rows, columns]: [usize; 2],
    operation: impl Fn(Tensor<4>) -> T,
) -> Vec<T> {
    let [kernel_rows, kernel_columns] = window.kernel;
    let [down, across] = window.stride;
    let mut taps = Vec::with_capacity(kernel_rows * kernel_columns);
    for row in 0..kernel_rows {
        let lines = every_nth(input.clone(), 2, row, rows, down);
        for column in 0..kernel_columns {
            taps.push(operation(every_nth(
                lines.clone(),
                3,
                column,
                columns,
                across,
            )));
        }
    }
    taps
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
    let slice = Slice::new(start as isize, Some(end as isize), stride as isize);
    tensor.slice_dim(axis, slice)
}

fn pad(input: Tensor<4>, window: Window) -> Tensor<4> {
    if window.padding == Padding::NONE {
        return input;
    }
    input.pad(window.around(), PadMode::Constant(0.0))
}
