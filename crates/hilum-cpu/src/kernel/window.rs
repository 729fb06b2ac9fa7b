//! Windows that slide over an image, and the rows of values under them ("im2col").

use super::view::View;
use crate::simd::Simd;

/// How a kernel slides over an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Rows and columns of the image.
    pub(crate) input: [usize; 2],
    /// Rows and columns of the result.
    pub(crate) output: [usize; 2],
    /// Rows and columns of the kernel.
    pub(crate) kernel: [usize; 2],
    /// Step between outputs, down and across.
    pub(crate) stride: [usize; 2],
    /// Zeros above and on the left; what is missing below and on the right follows.
    pub(crate) padding: [usize; 2],
}

/// In which order the pixels of a convolution's result are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Row by row.
    Raster,
    /// The four pixels under each 2x2 window of a max-pool behind one another; what the pool
    /// leaves out is left out.
    Pooled,
}

/// Where an output pixel lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) image: usize,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl Window {
    /// Pixels of the image.
    pub(crate) fn input_pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// Pixels of the result.
    pub(crate) fn output_pixels(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Values of the kernel per channel.
    pub(crate) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Pixels that are computed per image in `order`.
    pub(crate) fn computed_pixels(&self, order: Order) -> usize {
        match order {
            Order::Raster => self.output_pixels(),
            Order::Pooled => (self.output[0] / 2) * (self.output[1] / 2) * 4,
        }
    }

    /// The place of the `index`-th computed pixel of a batch.
    pub(crate) fn place(&self, order: Order, index: usize) -> Place {
        let per_image = self.computed_pixels(order);
        let (image, rest) = (index / per_image, index % per_image);
        match order {
            Order::Raster => Place {
                image,
                row: rest / self.output[1],
                column: rest % self.output[1],
            },
            Order::Pooled => {
                let (window, corner) = (rest / 4, rest % 4);
                let across = self.output[1] / 2;
                Place {
                    image,
                    row: window / across * 2 + corner / 2,
                    column: window % across * 2 + corner % 2,
                }
            }
        }
    }

    /// The kernel's columns that lie inside the image when its left edge is at `left`.
    pub(crate) fn columns_inside(&self, left: isize) -> std::ops::Range<usize> {
        let first = (-left).clamp(0, self.kernel[1] as isize) as usize;
        let end = (self.input[1] as isize - left).clamp(first as isize, self.kernel[1] as isize);
        first..end as usize
    }

    /// Writes the values under the kernel at computed pixels `first..first + count` to rows of
    /// `taps * stride` values, zeros where the kernel hangs over the edge.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; `to` has room for the rows and one register more. A view with a
    /// stride that is no multiple of the lanes must be plain and followed by one register of
    /// readable memory.
    #[inline(always)]
    pub(crate) unsafe fn gather<S: Simd>(
        &self,
        view: &View,
        order: Order,
        first: usize,
        count: usize,
        to: *mut f32,
    ) {
        let c = view.stride;
        let run = self.kernel[1] * c;
        let mut to = to;
        for index in first..first + count {
            let place = self.place(order, index);
            let top = (place.row * self.stride[0]) as isize - self.padding[0] as isize;
            let left = (place.column * self.stride[1]) as isize - self.padding[1] as isize;
            let inside = self.columns_inside(left);
            for tap in 0..self.kernel[0] {
                let row = top + tap as isize;
                if row < 0 || row >= self.input[0] as isize || inside.is_empty() {
                    fill::<S>(to, run);
                } else {
                    let pixel = place.image * self.input_pixels()
                        + row as usize * self.input[1]
                        + (left + inside.start as isize) as usize;
                    if inside.len() < self.kernel[1] {
                        fill::<S>(to, run);
                    }
                    let at = to.add(inside.start * c);
                    if inside.len() == self.kernel[1] && view.is_plain() {
                        copy::<S>(view.start.add(pixel * c), at, run);
                    } else {
                        view.read::<S>(pixel, inside.len(), at);
                    }
                }
                to = to.add(run);
            }
        }
    }

    /// Adds rows as [`gather`](Self::gather) makes them to the image they came from.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; `c` is a multiple of the lanes, `image` holds the whole batch.
    #[inline(always)]
    pub(crate) unsafe fn scatter<S: Simd>(
        &self,
        from: *const f32,
        c: usize,
        order: Order,
        first: usize,
        count: usize,
        image: *mut f32,
    ) {
        let run = self.kernel[1] * c;
        let mut from = from;
        for index in first..first + count {
            let place = self.place(order, index);
            let top = (place.row * self.stride[0]) as isize - self.padding[0] as isize;
            let left = (place.column * self.stride[1]) as isize - self.padding[1] as isize;
            let inside = self.columns_inside(left);
            for tap in 0..self.kernel[0] {
                let row = top + tap as isize;
                if row >= 0 && row < self.input[0] as isize && !inside.is_empty() {
                    let pixel = place.image * self.input_pixels()
                        + row as usize * self.input[1]
                        + (left + inside.start as isize) as usize;
                    add::<S>(
                        image.add(pixel * c),
                        from.add(inside.start * c),
                        inside.len() * c,
                    );
                }
                from = from.add(run);
            }
        }
    }
}

/// Writes `len` zeros, rounded up to a register.
#[inline(always)]
pub(crate) unsafe fn fill<S: Simd>(to: *mut f32, len: usize) {
    let mut i = 0;
    while i < len {
        S::store(to.add(i), S::splat(0.0));
        i += S::LANES;
    }
}

/// Copies `len` values, rounded up to a register.
#[inline(always)]
pub(crate) unsafe fn copy<S: Simd>(from: *const f32, to: *mut f32, len: usize) {
    let mut i = 0;
    while i < len {
        S::store(to.add(i), S::load(from.add(i)));
        i += S::LANES;
    }
}

/// `to += from` for `len` values, a multiple of the lanes.
#[inline(always)]
pub(crate) unsafe fn add<S: Simd>(to: *mut f32, from: *const f32, len: usize) {
    let mut i = 0;
    while i < len {
        S::store(to.add(i), S::add(S::load(to.add(i)), S::load(from.add(i))));
        i += S::LANES;
    }
}
