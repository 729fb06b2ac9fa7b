//! Batch norm: statistics of a block of pixels, and the two directions of the derivative.
//!
//! Forward, `y = activation(z * scale + shift)` with `scale = weight / sqrt(variance + epsilon)`
//! and `shift = bias - mean * scale`. Backward, with `u = z * scale + shift`, `g = dL/dy *
//! activation'(u)` and `x = (z - mean) / sqrt(variance + epsilon)` over `n` pixels (Ioffe &
//! Szegedy, 2015): `dL/dbias = sum g`, `dL/dweight = sum g x`, and
//! `dL/dz = scale * (g - sum(g) / n - x * sum(g x) / n)`, which is linear in `g` and `z`.

use hilum_graph::Activation;

use super::activation::{self, for_activation};
use crate::simd::Simd;

/// Sums over a block of pixels, per channel.
pub(crate) struct Sums<'a> {
    /// `sum of (z - origin)` around the block's first pixel, or of `g`.
    pub(crate) first: &'a mut [f32],
    /// `sum of (z - origin)^2`, or of `g * (z - mean)`.
    pub(crate) second: &'a mut [f32],
}

/// Writes the sums of `z`, pixels of `stride` channels, around the first of them.
#[inline(always)]
pub(crate) fn moments<S: Simd>(s: S, z: &[f32], stride: usize, sums: Sums<'_>) {
    assert!(stride.is_multiple_of(S::LANES), "whole registers");
    let count = z.len() / stride;
    let Sums {
        first: to_first,
        second: to_second,
    } = sums;
    let mut c = 0;
    while c < stride {
        let center = s.read(z, c);
        // A macro, because a closure that stays a function runs without the instruction set.
        macro_rules! distance {
            ($pixel:expr) => {
                // SAFETY: `$pixel < count` and `c < stride`, which is whole registers.
                s.sub(unsafe { s.read_unchecked(z, $pixel * stride + c) }, center)
            };
        }
        let mut first = [s.splat(0.0); 4];
        let mut second = [s.splat(0.0); 4];
        let mut pixel = 0;
        while pixel + 4 <= count {
            for i in 0..4 {
                let x = distance!((pixel + i));
                first[i] = s.add(first[i], x);
                second[i] = s.fma(x, x, second[i]);
            }
            pixel += 4;
        }
        while pixel < count {
            let x = distance!(pixel);
            first[0] = s.add(first[0], x);
            second[0] = s.fma(x, x, second[0]);
            pixel += 1;
        }
        s.write(to_first, c, total(s, first));
        s.write(to_second, c, total(s, second));
        c += S::LANES;
    }
}

#[inline(always)]
fn total<S: Simd>(s: S, parts: [S::V; 4]) -> S::V {
    s.add(s.add(parts[0], parts[1]), s.add(parts[2], parts[3]))
}

/// A batch norm of the batch at hand, as its kernels need it.
#[derive(Clone, Copy)]
pub(crate) struct BatchNorm<'a> {
    pub(crate) scale: &'a [f32],
    pub(crate) shift: &'a [f32],
    pub(crate) mean: &'a [f32],
}

/// What a value's gradient is taken back through on its way to the stored values.
#[derive(Clone, Copy)]
pub(crate) struct Backprop<'a> {
    /// Without one there are no sums of `g * (z - mean)`, only of `g * z`, which nobody reads.
    pub(crate) norm: Option<BatchNorm<'a>>,
    pub(crate) activation: Option<Activation>,
}

impl Backprop<'_> {
    /// Turns gradients `dL/dy` of pixels of `stride` channels into `g` in place, and sums `g` and
    /// `g * (z - mean)`.
    #[inline(never)]
    pub(crate) fn run<S: Simd>(
        &self,
        s: S,
        gradient: &mut [f32],
        z: &[f32],
        stride: usize,
        sums: Sums<'_>,
    ) {
        s.vectorize(
            #[inline(always)]
            || self.run_here(s, gradient, z, stride, sums),
        );
    }

    #[inline(always)]
    fn run_here<S: Simd>(
        &self,
        s: S,
        gradient: &mut [f32],
        z: &[f32],
        stride: usize,
        mut sums: Sums<'_>,
    ) {
        assert_eq!(gradient.len(), z.len(), "a gradient per value");
        assert!(stride.is_multiple_of(S::LANES), "whole registers");
        for_activation!(self.activation, ACTIVATION => {
            let mut c = 0;
            // Whole cache lines side by side, as many as their sums leave registers for.
            if S::REGISTERS == 32 {
                while c + 4 * S::LANES <= stride {
                    self.lines::<S, 4>(s, ACTIVATION, gradient, z, stride, c, &mut sums);
                    c += 4 * S::LANES;
                }
            }
            while c + 2 * S::LANES <= stride {
                self.lines::<S, 2>(s, ACTIVATION, gradient, z, stride, c, &mut sums);
                c += 2 * S::LANES;
            }
            if c < stride {
                self.lines::<S, 1>(s, ACTIVATION, gradient, z, stride, c, &mut sums);
            }
        });
    }

    /// [`run`](Self::run) for `N` registers of channels from `c` on.
    #[inline(always)]
    fn lines<S: Simd, const N: usize>(
        &self,
        s: S,
        activation: Option<Activation>,
        gradient: &mut [f32],
        z: &[f32],
        stride: usize,
        c: usize,
        sums: &mut Sums<'_>,
    ) {
        let norm = self.norm.as_ref();
        let scale = line::<S, N>(s, norm.map(|norm| norm.scale), c, 1.0);
        let shift = line::<S, N>(s, norm.map(|norm| norm.shift), c, 0.0);
        let mean = line::<S, N>(s, norm.map(|norm| norm.mean), c, 0.0);
        let mut first = [s.splat(0.0); N];
        let mut second = [s.splat(0.0); N];
        let count = z.len() / stride;
        for pixel in 0..count {
            for i in 0..N {
                let at = pixel * stride + c + i * S::LANES;
                // SAFETY: both hold `count` pixels of `stride` values, of which `N` registers
                // from `c` on are there.
                let (mut g, value) =
                    unsafe { (s.read_unchecked(gradient, at), s.read_unchecked(z, at)) };
                if let Some(activation) = activation {
                    g = activation::slope(s, activation, s.fma(value, scale[i], shift[i]), g);
                    // SAFETY: as above.
                    unsafe { s.write_unchecked(gradient, at, g) };
                }
                first[i] = s.add(first[i], g);
                second[i] = s.fma(g, s.sub(value, mean[i]), second[i]);
            }
        }
        for i in 0..N {
            s.write(sums.first, c + i * S::LANES, first[i]);
            s.write(sums.second, c + i * S::LANES, second[i]);
        }
    }
}

/// `N` registers at channel `c`, or `none` where there is no line.
#[inline(always)]
fn line<S: Simd, const N: usize>(s: S, from: Option<&[f32]>, c: usize, none: f32) -> [S::V; N] {
    let mut values = [s.splat(none); N];
    if let Some(from) = from {
        for (i, value) in values.iter_mut().enumerate() {
            *value = s.read(from, c + i * S::LANES);
        }
    }
    values
}

/// `dL/dz = a * g + b * z + c`, channel by channel.
#[derive(Clone, Copy)]
pub(crate) struct Linear<'a> {
    /// See there.
    pub(crate) a: &'a [f32],
    /// See there.
    pub(crate) b: &'a [f32],
    /// See there.
    pub(crate) c: &'a [f32],
}

/// One register of a [`Linear`].
#[derive(Clone, Copy)]
pub(crate) struct LinearRegisters<V> {
    a: V,
    b: V,
    c: V,
}

impl<V: Copy> LinearRegisters<V> {
    /// `dL/dz`
    #[inline(always)]
    pub(crate) fn apply<S: Simd<V = V>>(&self, s: S, g: V, z: V) -> V {
        s.fma(g, self.a, s.fma(z, self.b, self.c))
    }
}

impl Linear<'_> {
    /// The register at `channel`.
    #[inline(always)]
    pub(crate) fn registers<S: Simd>(&self, s: S, channel: usize) -> LinearRegisters<S::V> {
        LinearRegisters {
            a: s.read(self.a, channel),
            b: s.read(self.b, channel),
            c: s.read(self.c, channel),
        }
    }

    /// Turns `g` of pixels of `stride` channels into `dL/dz`, in place.
    #[inline(always)]
    pub(crate) fn run<S: Simd>(&self, s: S, g: &mut [f32], z: &[f32], stride: usize) {
        assert_eq!(g.len(), z.len(), "a gradient per value");
        self.run_rows(s, None, z, stride, g, stride);
    }

    /// Writes `dL/dz` of pixels of `stride` channels to rows `row` values apart.
    #[inline(always)]
    pub(crate) fn write_rows<S: Simd>(
        &self,
        s: S,
        g: &[f32],
        z: &[f32],
        stride: usize,
        to: &mut [f32],
        row: usize,
    ) {
        assert_eq!(g.len(), z.len(), "a gradient per value");
        self.run_rows(s, Some(g), z, stride, to, row);
    }

    /// Takes `g` from `to` if it is there already.
    #[inline(always)]
    fn run_rows<S: Simd>(
        &self,
        s: S,
        g: Option<&[f32]>,
        z: &[f32],
        stride: usize,
        to: &mut [f32],
        row: usize,
    ) {
        assert!(stride.is_multiple_of(S::LANES), "whole registers");
        let (a, b, c) = (&self.a[..stride], &self.b[..stride], &self.c[..stride]);
        let count = z.len() / stride;
        assert!(
            count == 0 || (count - 1) * row + stride <= to.len(),
            "room for all rows"
        );
        assert!(
            g.is_none_or(|g| g.len() >= count * stride),
            "a gradient per value"
        );
        // Pointers, because pixels may be so short that iterators take as long as they do.
        let (mut z, mut to) = (z.as_ptr(), to.as_mut_ptr());
        let (mut g, g_row) = match g {
            Some(g) => (g.as_ptr(), stride),
            None => (to.cast_const(), row),
        };
        for _ in 0..count {
            let mut at = 0;
            while at < stride {
                // SAFETY: every pixel and row has `stride` values, as many as the lines, and
                // those are whole registers.
                unsafe {
                    let constant = s.fma(
                        s.load(z.add(at)),
                        s.read_unchecked(b, at),
                        s.read_unchecked(c, at),
                    );
                    let g = s.load(g.add(at));
                    s.store(to.add(at), s.fma(g, s.read_unchecked(a, at), constant));
                }
                at += S::LANES;
            }
            (z, to) = (z.wrapping_add(stride), to.wrapping_add(row));
            g = g.wrapping_add(g_row);
        }
    }
}
