//! Depthwise convolution backward.

use super::{Finish, Ring, any, square};
use crate::kernel::view::View;
use crate::kernel::window::{self, Window};
use crate::simd::Simd;

/// Adds the weights' gradient of one output row to `sums`, `taps x c`.
///
/// # Safety
/// Inside of `S::vectorize`; `source` gives the padded input row of each kernel row, `gradient`
/// holds the row's gradient.
#[inline(always)]
unsafe fn weight_gradient_row<S: Simd>(
    s: S,
    window: &Window,
    source: impl Fn(usize) -> *const f32,
    c: usize,
    gradient: *const f32,
    sums: *mut f32,
) {
    let width = window.output[1];
    let step = window.stride[1] * c;
    for ky in 0..window.kernel[0] {
        let row = source(ky);
        let sums = sums.add(ky * window.kernel[1] * c);
        match window.kernel[1] {
            3 => taps_of_row::<S, 3>(s, row, step, c, width, gradient, sums),
            5 => taps_of_row::<S, 5>(s, row, step, c, width, gradient, sums),
            taps => {
                for kx in 0..taps {
                    let (row, sums) = (row.add(kx * c), sums.add(kx * c));
                    taps_of_row::<S, 1>(s, row, step, c, width, gradient, sums);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn taps_of_row<S: Simd, const K: usize>(
    s: S,
    row: *const f32,
    step: usize,
    c: usize,
    width: usize,
    gradient: *const f32,
    sums: *mut f32,
) {
    let mut channel = 0;
    while channel < c {
        // Two sums per tap hide the latency of the additions.
        let mut even = [s.splat(0.0); K];
        let mut odd = [s.splat(0.0); K];
        let mut x = 0;
        while x + 2 <= width {
            let g = s.load(gradient.add(x * c + channel));
            let h = s.load(gradient.add((x + 1) * c + channel));
            for kx in 0..K {
                let at = row.add(x * step + kx * c + channel);
                even[kx] = s.fma(s.load(at), g, even[kx]);
                odd[kx] = s.fma(s.load(at.add(step)), h, odd[kx]);
            }
            x += 2;
        }
        if x < width {
            let g = s.load(gradient.add(x * c + channel));
            for (kx, sum) in even.iter_mut().enumerate() {
                *sum = s.fma(s.load(row.add(x * step + kx * c + channel)), g, *sum);
            }
        }
        for kx in 0..K {
            let to = sums.add(kx * c + channel);
            s.store(to, s.add(s.load(to), s.add(even[kx], odd[kx])));
        }
        channel += S::LANES;
    }
}

/// The weights' gradient of one image, row by row of its result.
pub(crate) struct WeightGradient<'a> {
    pub(crate) window: &'a Window,
    pub(crate) view: &'a View,
    /// Where the image begins.
    pub(crate) first_pixel: usize,
    /// Made for this window.
    pub(crate) ring: Ring,
    /// `taps x c`
    pub(crate) sums: *mut f32,
    /// Rows of the image that the ring has seen.
    pub(crate) read: usize,
}

impl WeightGradient<'_> {
    /// Adds what row `row` of the result gives; rows come in their order.
    ///
    /// # Safety
    /// As [`forward`](super::forward); `gradient` holds the row's gradient, `sums` one value per
    /// tap and channel.
    #[inline(always)]
    pub(crate) unsafe fn add_row<S: Simd>(&mut self, s: S, row: usize, gradient: *const f32) {
        let window = self.window;
        let top = (row * window.stride[0]) as isize - window.padding[0] as isize;
        let end = (top + window.kernel[0] as isize).clamp(0, window.input[0] as isize);
        while self.read < end as usize {
            let pixel = self.first_pixel + self.read * window.input[1];
            let to = self.ring.slot(self.read);
            self.view.read(s, pixel, window.input[1], to);
            self.read += 1;
        }
        let source = |tap: usize| self.ring.row(top + tap as isize, window.input[0]);
        weight_gradient_row(s, window, source, self.view.stride, gradient, self.sums);
    }
}

/// Writes `taps x c` weights in the opposite order of taps.
///
/// # Safety
/// Inside of `S::vectorize`; both hold as many values.
#[inline(always)]
pub(crate) unsafe fn flip<S: Simd>(s: S, weights: *const f32, taps: usize, c: usize, to: *mut f32) {
    for tap in 0..taps {
        window::copy(s, weights.add(tap * c), to.add((taps - 1 - tap) * c), c);
    }
}

/// Geometry of the rows of gradients that [`input_gradient`] reads: rows kept, pixels of a padded
/// row, pixels of padding on the left.
pub(crate) fn gradient_ring(window: &Window) -> (usize, usize, usize) {
    let slots = window.kernel[0].div_ceil(window.stride[0]) + 1;
    let padding = window.kernel[1].div_ceil(window.stride[1]);
    let reach = (window.input[1] + window.padding[1]) / window.stride[1] + 1;
    (slots, 2 * padding + reach.max(window.output[1]), padding)
}

/// The gradient of one image, from the gradient of its result, row by row. `flipped` are the
/// weights in the opposite order of taps; `gradient_row` gives each row of the result's gradient
/// once, in their order; `done` is told of every finished row.
///
/// # Safety
/// Inside of `S::vectorize`; `ring` was made as [`gradient_ring`] says, `to` has room for the
/// image.
#[inline(always)]
pub(crate) unsafe fn input_gradient<S: Simd>(
    s: S,
    window: &Window,
    mut gradient_row: impl FnMut(usize) -> *const f32,
    c: usize,
    weights: *const f32,
    flipped: *const f32,
    ring: &Ring,
    accumulate: bool,
    to: *mut f32,
    done: impl Fn(usize),
) {
    let [down, across] = window.stride;
    let finish = Finish {
        bias: std::ptr::null(),
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        accumulate,
    };
    let mut read = 0;
    for row in 0..window.input[0] {
        let reach = row + window.padding[0];
        let end = (reach / down + 1).min(window.output[0]);
        while read < end {
            window::copy(s, gradient_row(read), ring.slot(read), window.output[1] * c);
            read += 1;
        }
        let out = to.add(row * window.input[1] * c);
        if window.stride == [1, 1] && matches!(window.kernel, [3, 3] | [5, 5]) {
            // The gradient of the image is the convolution of that of the result with the
            // flipped kernel.
            let reach = window.kernel[0] - 1;
            let top = (row + window.padding[0]) as isize - reach as isize;
            let left = ring.padding + window.padding[1] - reach;
            let source = |tap: usize| ring.row(top + tap as isize, window.output[0]).add(left * c);
            let width = window.input[1];
            if reach == 2 {
                square::<S, 3, 1, 6>(s, &source, &source, &(0..0), c, width, flipped, finish, out);
            } else {
                square::<S, 5, 1, 8>(s, &source, &source, &(0..0), c, width, flipped, finish, out);
            }
        } else {
            // Pixels of one remainder modulo the stride see the same taps.
            for phase in 0..across.min(window.input[1]) {
                let shift = phase + window.padding[1];
                let count = (window.input[1] - phase).div_ceil(across);
                let tap = |index: usize| {
                    let (ky, kx) = (index / window.kernel[1], index % window.kernel[1]);
                    let reaches = ky <= reach
                        && (reach - ky).is_multiple_of(down)
                        && (reach - ky) / down < window.output[0]
                        && (shift + window.kernel[1] * across - kx).is_multiple_of(across);
                    if !reaches {
                        return None;
                    }
                    let source = ((reach - ky) / down) as isize;
                    let line = ring.row(source, window.output[0]).add(ring.padding * c);
                    let column = (shift as isize - kx as isize) / across as isize;
                    let from = line.wrapping_offset(column * c as isize);
                    Some((from, weights.add(index * c)))
                };
                let out = to.add((row * window.input[1] + phase) * c);
                any(s, window.taps(), tap, c, c, count, across * c, finish, out);
            }
        }
        done(row);
    }
}
