//! A kernel that slides over an image.

use super::padding::Padding;
use super::shape::Shape;

/// A kernel that slides over an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Step between outputs, down and across.
    pub stride: [usize; 2],
    /// Room around the image.
    pub padding: Padding,
    /// Whether a last, partly filled window counts (PyTorch's `ceil_mode`).
    pub ceil: bool,
}

impl Window {
    /// Rows and columns of the result, by PyTorch's formula; `None` if the kernel does not fit.
    pub fn output(&self, shape: Shape) -> Option<(usize, usize)> {
        let Padding {
            top,
            bottom,
            left,
            right,
        } = self.padding;
        Some((
            self.axis(0, shape.height, (top, bottom))?,
            self.axis(1, shape.width, (left, right))?,
        ))
    }

    fn axis(&self, axis: usize, size: usize, (before, after): (usize, usize)) -> Option<usize> {
        let (kernel, stride) = (self.kernel[axis], self.stride[axis]);
        // Rounding up, a first window may lack up to `stride - 1` rows at its end.
        let rounding = if self.ceil { stride - 1 } else { 0 };
        let room = (size + before + after + rounding).checked_sub(kernel)?;
        let count = room / stride + 1;
        // A window must not start in the padding behind the image (PyTorch's `ceil_mode`).
        Some(if self.ceil && (count - 1) * stride >= size + before {
            count - 1
        } else {
            count
        })
    }
}
