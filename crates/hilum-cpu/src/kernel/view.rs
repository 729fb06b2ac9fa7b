//! A tensor as its consumers see it: stored values, then a factor and a summand per channel, then
//! an activation.
//!
//! In training, batch norm and activation are not stored: whoever reads a convolution's output
//! applies them on the way, and the backward pass derives everything from the stored values.

use hilum_graph::Activation;

use super::activation::{self, for_activation};
use crate::simd::{Pairs, Simd};

/// A factor and a summand per channel.
#[derive(Clone, Copy)]
pub(crate) struct Affine<'a> {
    pub(crate) scale: &'a [f32],
    pub(crate) shift: &'a [f32],
}

impl Affine<'_> {
    /// Where nothing is applied.
    pub(crate) const NONE: Self = Self {
        scale: &[],
        shift: &[],
    };
}

/// Stored values and what is applied when they are read.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// All pixels, and behind them one register that may be read, but not used.
    pub(crate) values: &'a [f32],
    /// Values from pixel to pixel; whole registers, except for an image that nothing is applied
    /// to. Of words of two `bf16` each, their number.
    pub(crate) stride: usize,
    /// Whether values are words; nothing is applied to them then.
    pub(crate) words: bool,
    /// Applied first.
    pub(crate) affine: Option<Affine<'a>>,
    /// Applied last.
    pub(crate) activation: Option<Activation>,
}

impl View<'_> {
    /// Whether stored values are the values.
    pub(crate) fn is_plain(&self) -> bool {
        self.affine.is_none() && self.activation.is_none()
    }

    /// The stored values of pixels `first..first + count`.
    #[inline(always)]
    pub(crate) fn pixels(&self, first: usize, count: usize) -> &[f32] {
        &self.values[first * self.stride..][..count * self.stride]
    }

    /// Writes pixels `first..first + count` to the front of `to`, densely.
    #[inline(always)]
    pub(crate) fn read<S: Simd>(&self, s: S, first: usize, count: usize, to: &mut [f32]) {
        self.read_rows(s, first, count, to, self.stride);
    }

    /// Writes pixels `first..first + count` to rows `row` values apart.
    #[inline(never)]
    pub(crate) fn read_rows<S: Simd>(
        &self,
        s: S,
        first: usize,
        count: usize,
        to: &mut [f32],
        row: usize,
    ) {
        s.vectorize(
            #[inline(always)]
            || self.read_rows_here(s, self.pixels(first, count), to, row),
        );
    }

    #[inline(always)]
    fn read_rows_here<S: Simd>(&self, s: S, from: &[f32], to: &mut [f32], row: usize) {
        let stride = self.stride;
        if self.is_plain() {
            if row == stride {
                to[..from.len()].copy_from_slice(from);
            } else {
                for pixel in 0..from.len() / stride {
                    let from = &from[pixel * stride..][..stride];
                    to[pixel * row..][..stride].copy_from_slice(from);
                }
            }
            return;
        }
        let Affine { scale, shift } = self.affine.unwrap_or(Affine::NONE);
        let is_scaled = self.affine.is_some();
        assert!(stride.is_multiple_of(S::LANES), "whole registers");
        assert!(
            !is_scaled || scale.len().min(shift.len()) >= stride,
            "a line of channels"
        );
        let count = from.len() / stride;
        assert!(
            count == 0 || (count - 1) * row + stride <= to.len(),
            "room for all rows"
        );
        for_activation!(self.activation, ACTIVATION => {
            // Pointers, because pixels may be so short that iterators take as long as they do.
            let (mut from, mut to) = (from.as_ptr(), to.as_mut_ptr());
            for _ in 0..count {
                let mut c = 0;
                while c < stride {
                    // SAFETY: pixel and row have `stride` values, as many as `scale` and `shift`,
                    // and those are whole registers.
                    unsafe {
                        let mut x = s.load(from.add(c));
                        if is_scaled {
                            x = s.fma(x, s.read_unchecked(scale, c), s.read_unchecked(shift, c));
                        }
                        s.store(to.add(c), activate(s, ACTIVATION, x));
                    }
                    c += S::LANES;
                }
                (from, to) = (from.wrapping_add(stride), to.wrapping_add(row));
            }
        });
    }

    /// One register of a pixel of words.
    #[inline(always)]
    pub(crate) fn widened<S: Simd>(&self, pairs: S::Pairs, pixel: usize, channel: usize) -> S::V {
        debug_assert!(self.words && self.is_plain(), "words as they are");
        let words = &self.values[pixel * self.stride + channel / 2..][..S::LANES / 2];
        // SAFETY: as many words.
        unsafe { pairs.load(words.as_ptr()) }
    }

    /// One register of a pixel.
    #[inline(always)]
    pub(crate) fn register<S: Simd>(&self, s: S, pixel: usize, channel: usize) -> S::V {
        let mut x = s.read(self.values, pixel * self.stride + channel);
        if let Some(affine) = &self.affine {
            x = s.fma(
                x,
                s.read(affine.scale, channel),
                s.read(affine.shift, channel),
            );
        }
        activate(s, self.activation, x)
    }

    /// Adds pixels `first..` to those in `to`.
    #[inline(always)]
    pub(crate) fn add_to<S: Simd>(&self, s: S, first: usize, to: &mut [f32]) {
        for (pixel, to) in (first..).zip(to.chunks_exact_mut(self.stride)) {
            for c in (0..self.stride).step_by(S::LANES) {
                let sum = s.add(s.read(to, c), self.register(s, pixel, c));
                s.write(to, c, sum);
            }
        }
    }

    /// Multiplies `to` by a pixel.
    #[inline(always)]
    pub(crate) fn multiply_to<S: Simd>(&self, s: S, pixel: usize, to: &mut [f32]) {
        for c in (0..self.stride).step_by(S::LANES) {
            let product = s.mul(s.read(to, c), self.register(s, pixel, c));
            s.write(to, c, product);
        }
    }

    /// The first channels of a pixel, as many as `to` has.
    #[inline(always)]
    pub(crate) fn read_channels<S: Simd>(&self, s: S, pixel: usize, to: &mut [f32]) {
        for (index, to) in to.chunks_mut(S::LANES).enumerate() {
            let mut lanes = [0.0; 16];
            s.write(&mut lanes, 0, self.register(s, pixel, index * S::LANES));
            to.copy_from_slice(&lanes[..to.len()]);
        }
    }

    /// Applies batch norm and activation to pixels in place; the stored values play no part.
    #[inline(always)]
    pub(crate) fn apply<S: Simd>(&self, s: S, pixels: &mut [f32]) {
        if let Some(affine) = &self.affine {
            for to in pixels.chunks_exact_mut(self.stride) {
                for c in (0..self.stride).step_by(S::LANES) {
                    let (scale, shift) = (s.read(affine.scale, c), s.read(affine.shift, c));
                    let x = s.fma(s.read(to, c), scale, shift);
                    s.write(to, c, x);
                }
            }
        }
        if let Some(own) = self.activation {
            activation::apply(s, own, pixels);
        }
    }
}

#[inline(always)]
fn activate<S: Simd>(s: S, activation: Option<Activation>, x: S::V) -> S::V {
    match activation {
        Some(activation) => activation::value(s, activation, x),
        None => x,
    }
}
