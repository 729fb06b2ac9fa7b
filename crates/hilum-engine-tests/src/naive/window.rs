//! A kernel over an image.

use hilum_graph::{Padding, Shape};

/// Positions in a kernel and in the image below it, along one axis; padding left out.
pub(super) fn under(
    output: usize,
    kernel: usize,
    stride: usize,
    before: usize,
    size: usize,
) -> impl Iterator<Item = (usize, usize)> {
    (0..kernel).filter_map(move |tap| {
        let position = (output * stride + tap).checked_sub(before)?;
        (position < size).then_some((tap, position))
    })
}

/// Calls `visit` with the rows and columns of the image that lie under a kernel.
pub(super) fn window(
    shape: Shape,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
    [row, column]: [usize; 2],
    mut visit: impl FnMut(usize, usize),
) {
    for (_, from_row) in under(row, kernel[0], stride[0], padding.top, shape.height) {
        for (_, from) in under(column, kernel[1], stride[1], padding.left, shape.width) {
            visit(from_row, from);
        }
    }
}
