//! The gradient of a convolution's input.

use burn_tensor::Tensor;
use burn_tensor::module::{conv_transpose2d, conv2d};
use burn_tensor::ops::{ConvOptions, ConvTransposeOptions, PadMode};

use super::{Window, merging_pays};
use crate::shards::{self, Shards};

/// The gradient of the input `[images, in, rows, columns]`, whose size is `[rows, columns]`.
pub(crate) fn input_gradient(
    gradient: &Shards,
    weight: &Tensor<4>,
    window: Window,
    size: [usize; 2],
) -> Shards {
    if window.is_pointwise() {
        let weight = weight.clone();
        return shards::each(gradient, move |shard| pointwise(shard, weight.clone()));
    }
    if window.is_depthwise(weight.dims()) {
        let flipped = weight.clone().flip([2, 3]);
        return shards::each(gradient, move |shard| {
            depthwise(shard, flipped.clone(), window, size)
        });
    }
    let merging_pays = merging_pays(gradient, weight.dims());
    let weight = weight.clone();
    let back = move |gradient| transposed(gradient, weight.clone(), window, size);
    if merging_pays {
        shards::merged(gradient, back)
    } else {
        shards::each(gradient, back)
    }
}

/// A matrix product with the transposed weight.
fn pointwise(gradient: Tensor<4>, weight: Tensor<4>) -> Tensor<4> {
    let [images, out_channels, rows, columns] = gradient.dims();
    let [_, in_channels, ..] = weight.dims();
    weight
        .reshape([1, out_channels, in_channels])
        .swap_dims(1, 2)
        .matmul(gradient.reshape([images, out_channels, rows * columns]))
        .reshape([images, in_channels, rows, columns])
}

/// A convolution with the flipped kernel, for which Burn has a fast path, over the gradient
/// with zeros where a stride left pixels out.
fn depthwise(
    gradient: Tensor<4>,
    flipped: Tensor<4>,
    window: Window,
    [height, width]: [usize; 2],
) -> Tensor<4> {
    let [kernel_rows, kernel_columns] = window.kernel;
    let spread = spread(gradient, window.stride);
    let whole = [
        (kernel_rows - 1, kernel_rows - 1),
        (kernel_columns - 1, kernel_columns - 1),
    ];
    let options = ConvOptions::new_with_padding([1, 1], whole, [1, 1], window.groups);
    let full = conv2d(spread, flipped, None, options);
    crop(full, window, [height, width])
}

/// `stride - 1` zeros behind every row and column.
fn spread(gradient: Tensor<4>, [down, across]: [usize; 2]) -> Tensor<4> {
    if [down, across] == [1, 1] {
        return gradient;
    }
    let [images, channels, rows, columns] = gradient.dims();
    let planes = images * channels;
    gradient
        .reshape([planes * rows, columns, 1, 1])
        .pad([(0, 0), (0, across - 1)], PadMode::Constant(0.0))
        .reshape([planes, rows, 1, columns * across])
        .pad([(0, down - 1), (0, 0)], PadMode::Constant(0.0))
        .reshape([images, channels, rows * down, columns * across])
}

fn transposed(
    gradient: Tensor<4>,
    weight: Tensor<4>,
    window: Window,
    size: [usize; 2],
) -> Tensor<4> {
    let options = ConvTransposeOptions::new(window.stride, [0, 0], [0, 0], [1, 1], window.groups);
    crop(
        conv_transpose2d(gradient, weight, None, options),
        window,
        size,
    )
}

/// The image out of the gradient of the padded image; pixels behind the last window have none.
fn crop(full: Tensor<4>, window: Window, [height, width]: [usize; 2]) -> Tensor<4> {
    let [.., rows, columns] = full.dims();
    let [(top, _), (left, _)] = window.around();
    let missing = [
        (top + height).saturating_sub(rows),
        (left + width).saturating_sub(columns),
    ];
    let full = if missing == [0, 0] {
        full
    } else {
        full.pad([(0, missing[0]), (0, missing[1])], PadMode::Constant(0.0))
    };
    full.narrow(2, top, height).narrow(3, left, width)
}
