//! Windows that slide over an image, and the rows of values under them ("im2col").

use super::view::View;
use crate::memory::Scattered;
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

    /// Whether the kernel never hangs over the edge.
    pub(crate) fn stays_inside(&self) -> bool {
        let fits = |axis: usize| {
            let reach = (self.output[axis] - 1) * self.stride[axis] + self.kernel[axis];
            self.padding[axis] == 0 && reach <= self.input[axis]
        };
        fits(0) && fits(1)
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

    /// Goes to the next computed pixel.
    #[inline(always)]
    pub(crate) fn advance(&self, order: Order, place: &mut Place) {
        match order {
            Order::Raster => {
                place.column += 1;
                if place.column == self.output[1] {
                    place.column = 0;
                    place.row += 1;
                }
                if place.row == self.output[0] {
                    place.row = 0;
                    place.image += 1;
                }
            }
            Order::Pooled => match (place.row % 2, place.column % 2) {
                (_, 0) => place.column += 1,
                (0, _) => {
                    place.row += 1;
                    place.column -= 1;
                }
                _ => {
                    place.column += 1;
                    place.row -= 1;
                    if place.column + 1 >= self.output[1] {
                        place.column = 0;
                        place.row += 2;
                    }
                    if place.row + 1 >= self.output[0] {
                        place.row = 0;
                        place.image += 1;
                    }
                }
            },
        }
    }

    /// The kernel's columns that lie inside the image when its left edge is at `left`.
    pub(crate) fn columns_inside(&self, left: isize) -> std::ops::Range<usize> {
        let first = (-left).clamp(0, self.kernel[1] as isize) as usize;
        let end = (self.input[1] as isize - left).clamp(first as isize, self.kernel[1] as isize);
        first..end as usize
    }

    /// Rows and columns that lie above and on the left of the kernel's first value at `place`;
    /// negative inside of the padding.
    #[inline(always)]
    pub(crate) fn corner(&self, place: Place) -> [isize; 2] {
        [
            (place.row * self.stride[0]) as isize - self.padding[0] as isize,
            (place.column * self.stride[1]) as isize - self.padding[1] as isize,
        ]
    }

    /// Writes the values under the kernel at computed pixels `first..first + count` to rows of
    /// `taps * stride` values, `spread` apart; zeros where the kernel hangs over the edge.
    ///
    /// `to` has room for the rows and one register more: what does not fill whole registers is
    /// overwritten by the next row. A view whose stride is no multiple of the lanes must be plain.
    #[inline(always)]
    pub(crate) fn gather<S: Simd>(
        &self,
        s: S,
        view: &View<'_>,
        order: Order,
        first: usize,
        count: usize,
        to: &mut [f32],
        spread: usize,
    ) {
        let c = view.stride;
        let run = self.kernel[1] * c;
        let row_step = self.input[1] * c;
        let plain = view.is_plain();
        let mut place = self.place(order, first);
        for pixel in 0..count {
            let to = &mut to[pixel * spread..];
            let [top, left] = self.corner(place);
            let inside = top >= 0
                && left >= 0
                && top as usize + self.kernel[0] <= self.input[0]
                && left as usize + self.kernel[1] <= self.input[1];
            if inside && plain {
                let pixel = place.image * self.input_pixels()
                    + top as usize * self.input[1]
                    + left as usize;
                for tap in 0..self.kernel[0] {
                    let from = &view.values[pixel * c + tap * row_step..];
                    copy(s, from, &mut to[tap * run..], run);
                }
            } else {
                self.gather_at_edge(s, view, place.image, [top, left], to);
            }
            self.advance(order, &mut place);
        }
    }

    /// The values under one kernel, row by row.
    #[inline(always)]
    fn gather_at_edge<S: Simd>(
        &self,
        s: S,
        view: &View<'_>,
        image: usize,
        [top, left]: [isize; 2],
        to: &mut [f32],
    ) {
        let c = view.stride;
        let run = self.kernel[1] * c;
        let inside = self.columns_inside(left);
        for tap in 0..self.kernel[0] {
            let to = &mut to[tap * run..];
            let row = top + tap as isize;
            if row < 0 || row >= self.input[0] as isize || inside.is_empty() {
                fill(s, to, run);
                continue;
            }
            if inside.len() < self.kernel[1] {
                fill(s, to, run);
            }
            let pixel = image * self.input_pixels()
                + row as usize * self.input[1]
                + (left + inside.start as isize) as usize;
            view.read(s, pixel, inside.len(), &mut to[inside.start * c..]);
        }
    }

    /// Adds rows as [`gather`](Self::gather) makes them, of `c` channels in whole registers, to
    /// the images of the batch that they came from.
    #[inline(always)]
    pub(crate) fn scatter<S: Simd>(
        &self,
        s: S,
        from: &[f32],
        c: usize,
        order: Order,
        first: usize,
        count: usize,
        images: Scattered<'_>,
    ) {
        let run = self.kernel[1] * c;
        let mut next = self.place(order, first);
        for from in from.chunks_exact(self.kernel[0] * run).take(count) {
            let place = next;
            self.advance(order, &mut next);
            let [top, left] = self.corner(place);
            let inside = self.columns_inside(left);
            for (tap, from) in from.chunks_exact(run).enumerate() {
                let row = top + tap as isize;
                if row >= 0 && row < self.input[0] as isize && !inside.is_empty() {
                    let pixel = place.image * self.input_pixels()
                        + row as usize * self.input[1]
                        + (left + inside.start as isize) as usize;
                    let from = &from[inside.start * c..inside.end * c];
                    add_scattered(s, images.part(pixel * c, from.len()), from);
                }
            }
        }
    }
}

/// Writes `len` zeros, rounded up to a register.
#[inline(always)]
pub(crate) fn fill<S: Simd>(s: S, to: &mut [f32], len: usize) {
    let to = &mut to[..len.next_multiple_of(S::LANES)];
    let mut i = 0;
    while i + S::LANES <= to.len() {
        s.write(to, i, s.splat(0.0));
        i += S::LANES;
    }
}

/// Copies `len` values, rounded up to a register.
#[inline(always)]
pub(crate) fn copy<S: Simd>(s: S, from: &[f32], to: &mut [f32], len: usize) {
    let len = len.next_multiple_of(S::LANES);
    let (from, to) = (&from[..len], &mut to[..len]);
    let mut i = 0;
    while i + S::LANES <= len {
        s.write(to, i, s.read(from, i));
        i += S::LANES;
    }
}

/// `to += from`, whole registers.
#[inline(always)]
pub(crate) fn add<S: Simd>(s: S, to: &mut [f32], from: &[f32]) {
    add_scattered(s, Scattered::of(to), from);
}

#[inline(always)]
fn add_scattered<S: Simd>(s: S, to: Scattered<'_>, from: &[f32]) {
    assert_eq!(to.len(), from.len(), "as many values");
    let mut i = 0;
    while i + S::LANES <= from.len() {
        // SAFETY: `from` has a whole register at `i`, and `to` is as long.
        unsafe { to.store(s, i, s.add(to.load(s, i), s.read(from, i))) };
        i += S::LANES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_visits_the_places_in_their_order() {
        for output in [[5, 7], [4, 6], [1, 1], [2, 3], [3, 2]] {
            let window = Window {
                input: output,
                output,
                kernel: [1, 1],
                stride: [1, 1],
                padding: [0, 0],
            };
            for order in [Order::Raster, Order::Pooled] {
                let count = 2 * window.computed_pixels(order);
                if count == 0 {
                    continue;
                }
                let mut place = window.place(order, 0);
                for index in 0..count {
                    assert_eq!(place, window.place(order, index), "{output:?}, {order:?}");
                    window.advance(order, &mut place);
                }
            }
        }
    }
}
