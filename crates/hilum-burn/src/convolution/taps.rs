//! What each tap of a kernel sees.

use burn_tensor::ops::PadMode;
use burn_tensor::{Slice, Tensor};

use hilum_graph::Padding;

use super::Window;

/// `operation` on the pixels of the padded `input` that each tap of the kernel saw, tap by tap;
/// as many pixels as the convolution's result has `[rows, columns]`.
pub(super) fn each_tap<T>(
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

/// The images with the zeros of the padding around them.
pub(super) fn pad(input: Tensor<4>, window: Window) -> Tensor<4> {
    if window.padding == Padding::NONE {
        return input;
    }
    input.pad(window.around(), PadMode::Constant(0.0))
}
