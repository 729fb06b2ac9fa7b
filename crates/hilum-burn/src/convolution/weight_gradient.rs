//! The gradient of a convolution's weight: for every tap of the kernel, the product of the
//! gradient and what the tap saw.

use burn_tensor::Tensor;

use super::Window;
use super::taps::{each_tap, pad};
use crate::lanes;
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
        let parts = shards::zip(input.clone(), gradient.clone(), move |input, gradient| {
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
        let gradient = shards::merge(gradient.clone());
        return lanes::wide(|| products(&pad(input, window), gradient, window, shape));
    }
    let parts = shards::zip(input.clone(), gradient.clone(), move |input, gradient| {
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
