//! Depthwise convolution backward.

use super::ring::Ring;
use super::row::{Finish, Sources, Steps, any, square};
use crate::kernel::term::Single;
use crate::kernel::view::View;
use crate::kernel::window::{self, Window};
use crate::simd::Simd;

/// The sums of `K` neighbouring taps over one row of `width` results.
///
/// # Panics
/// If `row` does not reach as far as the last tap of the last result, `gradient` not as far as
/// the last result, or `sums` not as far as the last tap.
#[inline(always)]
fn taps_of_row<S: Simd, const K: usize>(
    s: S,
    row: &[f32],
    step: usize,
    c: usize,
    width: usize,
    gradient: &[f32],
    sums: &mut [f32],
) {
    if width == 0 {
        return;
    }
    assert!(
        c.is_multiple_of(S::LANES) && K * c <= sums.len(),
        "whole registers per tap"
    );
    assert!((width - 1) * step + K * c <= row.len(), "all inputs");
    assert!(width * c <= gradient.len(), "all results");
    let mut channel = 0;
    while channel < c {
        // Macros, because a closure that stays a function runs without the instruction set.
        macro_rules! input {
            ($x:expr, $kx:expr) => {
                // SAFETY: `$x < width` and `$kx < K`.
                unsafe { s.load(row.as_ptr().add($x * step + channel).add($kx * c)) }
            };
        }
        macro_rules! g {
            ($x:expr) => {
                // SAFETY: `$x < width`.
                unsafe { s.read_unchecked(gradient, $x * c + channel) }
            };
        }
        // Two sums per tap hide the latency of the additions.
        let mut even = [s.splat(0.0); K];
        let mut odd = [s.splat(0.0); K];
        let mut x = 0;
        while x + 2 <= width {
            let (first, second) = (g!(x), g!(x + 1));
            for kx in 0..K {
                even[kx] = s.fma(input!(x, kx), first, even[kx]);
                odd[kx] = s.fma(input!((x + 1), kx), second, odd[kx]);
            }
            x += 2;
        }
        if x < width {
            let last = g!(x);
            for (kx, sum) in even.iter_mut().enumerate() {
                *sum = s.fma(input!(x, kx), last, *sum);
            }
        }
        for kx in 0..K {
            let to = kx * c + channel;
            let sum = s.add(s.read(sums, to), s.add(even[kx], odd[kx]));
            s.write(sums, to, sum);
        }
        channel += S::LANES;
    }
}

/// The weights' gradient of one image, row by row of its result.
pub(crate) struct WeightGradient<'a> {
    pub(crate) window: &'a Window,
    pub(crate) view: &'a View<'a>,
    /// Where the image begins.
    pub(crate) first_pixel: usize,
    /// Made for this window.
    pub(crate) ring: Ring<'a>,
    /// One value per tap and channel.
    pub(crate) sums: &'a mut [f32],
    /// Rows of the image that the ring has seen.
    pub(crate) read: usize,
}

impl WeightGradient<'_> {
    /// Adds what row `row` of the result gives; rows come in their order.
    ///
    /// # Panics
    /// If `gradient` is not one row's, or the view does not hold the image.
    #[inline(always)]
    pub(crate) fn add_row<S: Simd>(&mut self, s: S, row: usize, gradient: &[f32]) {
        let window = self.window;
        let top = (row * window.stride[0]) as isize - window.padding[0] as isize;
        let end = (top + window.kernel[0] as isize).clamp(0, window.input[0] as isize);
        while self.read < end as usize {
            let pixel = self.first_pixel + self.read * window.input[1];
            let to = self.ring.slot(self.read);
            self.view.read(s, pixel, window.input[1], to);
            self.read += 1;
        }
        let c = self.view.stride;
        let width = window.output[1];
        let step = window.stride[1] * c;
        let run = window.kernel[1] * c;
        for (ky, sums) in self
            .sums
            .chunks_exact_mut(run)
            .enumerate()
            .take(window.kernel[0])
        {
            let row = self.ring.row(top + ky as isize, window.input[0]);
            match window.kernel[1] {
                3 => taps_of_row::<S, 3>(s, row, step, c, width, gradient, sums),
                5 => taps_of_row::<S, 5>(s, row, step, c, width, gradient, sums),
                _ => {
                    for (kx, sums) in sums.chunks_exact_mut(c).enumerate() {
                        let row = &row[kx * c..];
                        taps_of_row::<S, 1>(s, row, step, c, width, gradient, sums);
                    }
                }
            }
        }
    }
}

/// Writes the weights, `c` per tap in whole registers, in the opposite order of taps.
#[inline(always)]
pub(crate) fn flip<S: Simd>(s: S, weights: &[f32], c: usize, to: &mut [f32]) {
    for (from, to) in weights.chunks_exact(c).zip(to.chunks_exact_mut(c).rev()) {
        window::copy(s, from, to, c);
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

/// The gradient of one image, from the gradient of its result, row by row.
pub(crate) struct InputGradient<'a> {
    pub(crate) window: &'a Window,
    /// Channels.
    pub(crate) c: usize,
    /// One value per tap and channel.
    pub(crate) weights: &'a [f32],
    /// The weights in the opposite order of taps.
    pub(crate) flipped: &'a [f32],
    /// Whether it is added to what is there.
    pub(crate) accumulate: bool,
}

impl InputGradient<'_> {
    /// Writes the gradient to the image `to`. `ring` was made as [`gradient_ring`] says;
    /// `read_row` writes each row of the result's gradient once, in their order; `finish_row` is
    /// given every row of `to` that is done.
    ///
    /// # Panics
    /// If `to` has no room for the image, or there are not as many weights as taps and channels.
    #[inline(always)]
    pub(crate) fn run<S: Simd>(
        &self,
        s: S,
        ring: &mut Ring<'_>,
        mut read_row: impl FnMut(usize, &mut [f32]),
        to: &mut [f32],
        finish_row: impl Fn(usize, &mut [f32]),
    ) {
        let window = self.window;
        let rows = to.chunks_exact_mut(window.input[1] * self.c);
        let mut read = 0;
        for (row, out) in rows.enumerate().take(window.input[0]) {
            let end = ((row + window.padding[0]) / window.stride[0] + 1).min(window.output[0]);
            while read < end {
                read_row(read, ring.slot(read));
                read += 1;
            }
            if window.stride == [1, 1] && window.kernel == [3, 3] {
                self.flipped_row::<S, 3, 6>(s, ring, row, out);
            } else if window.stride == [1, 1] && window.kernel == [5, 5] {
                self.flipped_row::<S, 5, 8>(s, ring, row, out);
            } else {
                self.any_row(s, ring, row, out);
            }
            finish_row(row, out);
        }
    }

    fn finish(&self) -> Finish<'static> {
        Finish {
            bias: None,
            low: f32::NEG_INFINITY,
            high: f32::INFINITY,
            activation: None,
            accumulate: self.accumulate,
        }
    }

    /// At stride one the gradient of the image is the convolution of that of the result with the
    /// flipped kernel.
    #[inline(always)]
    fn flipped_row<S: Simd, const K: usize, const SPAN: usize>(
        &self,
        s: S,
        ring: &Ring<'_>,
        row: usize,
        out: &mut [f32],
    ) {
        let (window, c) = (self.window, self.c);
        let top = (row + window.padding[0]) as isize - (K - 1) as isize;
        let left = ring.padding() + window.padding[1] - (K - 1);
        let mut padded = [&[][..]; K];
        for (tap, line) in padded.iter_mut().enumerate() {
            *line = &ring.row(top + tap as isize, window.output[0])[left * c..];
        }
        let sources = Sources {
            padded,
            image: padded,
            inner: 0..0,
            padding: 0,
        };
        let (width, finish) = (window.input[1], self.finish());
        square::<S, _, K, 1, SPAN>(s, Single(s), &sources, c, width, self.flipped, finish, out);
    }

    /// Pixels of one remainder modulo the stride see the same taps.
    #[inline(always)]
    fn any_row<S: Simd>(&self, s: S, ring: &Ring<'_>, row: usize, out: &mut [f32]) {
        let (window, c) = (self.window, self.c);
        let [down, across] = window.stride;
        let reach = row + window.padding[0];
        for phase in 0..across.min(window.input[1]) {
            let shift = phase + window.padding[1];
            let tap = |index: usize| {
                let (ky, kx) = (index / window.kernel[1], index % window.kernel[1]);
                let reaches = ky <= reach
                    && (reach - ky).is_multiple_of(down)
                    && (reach - ky) / down < window.output[0]
                    && (shift + window.kernel[1] * across - kx).is_multiple_of(across);
                if !reaches {
                    return None;
                }
                let line = ring.row(((reach - ky) / down) as isize, window.output[0]);
                let column = (shift as isize - kx as isize) / across as isize;
                let first = (ring.padding() as isize + column) as usize;
                Some((&line[first * c..], &self.weights[index * c..]))
            };
            let steps = Steps {
                count: (window.input[1] - phase).div_ceil(across),
                c,
                input: c,
                output: across * c,
            };
            let out = &mut out[phase * c..];
            any(s, window.taps(), tap, steps, self.finish(), out);
        }
    }
}
