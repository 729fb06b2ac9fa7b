//! The last rows of an image, padded.

use crate::kernel::window::Window;

/// Rows of an image with room for the padding, of which the last few are kept.
pub(crate) struct Ring<'a> {
    /// `slots` rows and one of zeros.
    memory: &'a mut [f32],
    slots: usize,
    /// Pixels of a row, padding included.
    width: usize,
    stride: usize,
    padding: usize,
}

impl<'a> Ring<'a> {
    /// Values that a ring needs.
    pub(crate) fn len(slots: usize, width: usize, stride: usize) -> usize {
        (slots + 1) * width * stride
    }

    /// A ring in `memory`, of [`len`](Self::len) values: `slots` rows of `width` pixels, of which `image` after `padding` are written; the others are zero.
    #[inline(always)]
    pub(crate) fn new(
        memory: &'a mut [f32],
        slots: usize,
        width: usize,
        stride: usize,
        padding: usize,
        image: usize,
    ) -> Self {
        let len = width * stride;
        for row in memory.chunks_exact_mut(len).take(slots) {
            row[..padding * stride].fill(0.0);
            row[(padding + image) * stride..].fill(0.0);
        }
        memory[slots * len..][..len].fill(0.0);
        Self {
            memory,
            slots,
            width,
            stride,
            padding,
        }
    }

    /// Where row `number` is written, from its first pixel on.
    #[inline(always)]
    pub(crate) fn slot(&mut self, number: usize) -> &mut [f32] {
        let start = number % self.slots * self.width;
        let row = start + self.padding..start + self.width;
        &mut self.memory[row.start * self.stride..row.end * self.stride]
    }

    /// Row `number` with its padding; zeros if it lies outside of `0..height`.
    #[inline(always)]
    pub(super) fn row(&self, number: isize, height: usize) -> &[f32] {
        let row = if number < 0 || number >= height as isize {
            self.slots
        } else {
            number as usize % self.slots
        };
        let len = self.width * self.stride;
        &self.memory[row * len..][..len]
    }

    /// Pixels of padding on the left.
    #[inline(always)]
    pub(super) fn padding(&self) -> usize {
        self.padding
    }
}

/// Pixels of a padded row, so that the last kernel fits.
pub(crate) fn padded_width(window: &Window) -> usize {
    let reach = (window.output[1] - 1) * window.stride[1] + window.kernel[1];
    reach.max(window.padding[1] + window.input[1])
}
