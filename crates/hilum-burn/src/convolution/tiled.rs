//! Convolution on the CPU as matrix products, a few rows of the result at a time.
//!
//! Burn's own arranges the pixels of each window one by one and in an order that its matrix
//! product must rearrange; here whole rows are copied, into the order that it reads.

use burn_tensor::Tensor;

use super::Window;
use super::taps::{each_tap, pad};

/// About as many values as the second-level cache of a core holds, of what the taps saw.
const TILE_VALUES: usize = 1 << 18;

/// `[out, in, rows, columns]` as `[out, taps * in]`.
pub(super) fn matrix(weight: Tensor<4>) -> Tensor<2> {
    let [out_channels, in_channels, rows, columns] = weight.dims();
    weight
        .permute([0, 2, 3, 1])
        .reshape([out_channels, rows * columns * in_channels])
}

/// The convolution of one group with a [`matrix`], without bias.
pub(super) fn convolve(images: Tensor<4>, matrix: &Tensor<2>, window: Window) -> Tensor<4> {
    let images = pad(images, window);
    let [count, _, height, width] = images.dims();
    let [out_channels, depth] = matrix.dims();
    let [rows, columns] = window.output([height, width]);
    let tile_rows = (TILE_VALUES / (depth * count * columns)).clamp(1, rows);
    let tiles = (0..rows).step_by(tile_rows).map(|first| {
        let tile_rows = tile_rows.min(rows - first);
        let below = images.clone().slice_dim(2, first * window.stride[0]..);
        let seen = each_tap(&below, window, [tile_rows, columns], |tap| {
            tap.swap_dims(0, 1)
        });
        let seen = Tensor::cat(seen, 0).reshape([depth, count * tile_rows * columns]);
        matrix
            .clone()
            .matmul(seen)
            .reshape([out_channels, count, tile_rows, columns])
    });
    Tensor::cat(tiles.collect(), 2).swap_dims(0, 1)
}
