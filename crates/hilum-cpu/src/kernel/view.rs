//! A tensor as its consumers see it: stored values, then a factor and a summand per channel, then
//! an activation.
//!
//! In training, batch norm and activation are not stored: whoever reads a convolution's output
//! applies them on the way, and the backward pass derives everything from the stored values.

use hilum_graph::Activation;

use super::activation::{self, for_activation};
use crate::simd::Simd;

/// Stored values and what is applied when they are read.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// The first value of the first pixel.
    pub(crate) start: *const f32,
    /// Values from pixel to pixel; a multiple of the lanes.
    pub(crate) stride: usize,
    /// A factor per channel, or null.
    pub(crate) scale: *const f32,
    /// A summand per channel; null if `scale` is.
    pub(crate) shift: *const f32,
    /// Applied last.
    pub(crate) activation: Option<Activation>,
}

impl View {
    /// Whether stored values are the values.
    pub(crate) fn is_plain(&self) -> bool {
        self.scale.is_null() && self.activation.is_none()
    }

    /// Writes pixels `first..first + count` to `to`, densely.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; the pixels exist and `to` has room for them.
    #[inline(always)]
    pub(crate) unsafe fn read<S: Simd>(&self, s: S, first: usize, count: usize, to: *mut f32) {
        self.read_rows(s, first, count, to, self.stride);
    }

    /// Writes pixels `first..first + count` to rows `row` values apart.
    ///
    /// # Safety
    /// Inside of `S::vectorize`; the pixels exist and `to` has room for them.
    #[inline(never)]
    pub(crate) unsafe fn read_rows<S: Simd>(
        &self,
        s: S,
        first: usize,
        count: usize,
        to: *mut f32,
        row: usize,
    ) {
        s.vectorize(
            #[inline(always)]
            || self.read_rows_here(s, first, count, to, row),
        );
    }

    #[inline(always)]
    unsafe fn read_rows_here<S: Simd>(
        &self,
        s: S,
        first: usize,
        count: usize,
        to: *mut f32,
        row: usize,
    ) {
        let from = self.start.add(first * self.stride);
        let stride = self.stride;
        if self.is_plain() {
            if row == stride {
                std::ptr::copy_nonoverlapping(from, to, count * stride);
            } else {
                for pixel in 0..count {
                    let to = to.add(pixel * row);
                    std::ptr::copy_nonoverlapping(from.add(pixel * stride), to, stride);
                }
            }
            return;
        }
        let (scale, shift) = (self.scale, self.shift);
        for_activation!(self.activation, ACTIVATION => {
            for pixel in 0..count {
                let (from, to) = (from.add(pixel * stride), to.add(pixel * row));
                let mut c = 0;
                while c < stride {
                    let mut x = s.load(from.add(c));
                    if !scale.is_null() {
                        x = s.fma(x, s.load(scale.add(c)), s.load(shift.add(c)));
                    }
                    s.store(to.add(c), activate(s, ACTIVATION, x));
                    c += S::LANES;
                }
            }
        });
    }
}

#[inline(always)]
unsafe fn activate<S: Simd>(s: S, activation: Option<Activation>, x: S::V) -> S::V {
    match activation {
        Some(activation) => activation::value(s, activation, x),
        None => x,
    }
}
