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
#[derive(Clone, Copy)]
pub(crate) struct Sums {
    /// `sum of (z - origin)`, or of `g`.
    pub(crate) first: *mut f32,
    /// `sum of (z - origin)^2`, or of `g * (z - origin)`.
    pub(crate) second: *mut f32,
}

/// Writes the sums of `count` pixels of `stride` channels around `origin`.
///
/// # Safety
/// Inside of `S::vectorize`; all pointers are valid for what they stand for.
#[inline(always)]
pub(crate) unsafe fn moments<S: Simd>(
    s: S,
    z: *const f32,
    count: usize,
    stride: usize,
    origin: *const f32,
    sums: Sums,
) {
    let mut c = 0;
    while c < stride {
        let center = s.load(origin.add(c));
        let mut first = [s.splat(0.0); 4];
        let mut second = [s.splat(0.0); 4];
        let mut pixel = 0;
        while pixel + 4 <= count {
            for i in 0..4 {
                let x = s.sub(s.load(z.add((pixel + i) * stride + c)), center);
                first[i] = s.add(first[i], x);
                second[i] = s.fma(x, x, second[i]);
            }
            pixel += 4;
        }
        while pixel < count {
            let x = s.sub(s.load(z.add(pixel * stride + c)), center);
            first[0] = s.add(first[0], x);
            second[0] = s.fma(x, x, second[0]);
            pixel += 1;
        }
        s.store(sums.first.add(c), total(s, first));
        s.store(sums.second.add(c), total(s, second));
        c += S::LANES;
    }
}

#[inline(always)]
unsafe fn total<S: Simd>(s: S, parts: [S::V; 4]) -> S::V {
    s.add(s.add(parts[0], parts[1]), s.add(parts[2], parts[3]))
}

/// What the gradient of a view's values passes through on its way to the stored ones.
#[derive(Clone, Copy)]
pub(crate) struct Bend {
    /// The view's factor, or null.
    pub(crate) scale: *const f32,
    /// The view's summand; null if `scale` is.
    pub(crate) shift: *const f32,
    /// Per channel: subtracted from `z` in the second sum; null for no sums of `g * z`.
    pub(crate) origin: *const f32,
    /// The view's activation.
    pub(crate) activation: Option<Activation>,
}

/// Turns gradients into `g` in place, and sums `g` and `g * (z - origin)` of `count` pixels.
///
/// # Safety
/// Inside of `S::vectorize`; all pointers are valid for what they stand for.
#[inline(never)]
pub(crate) unsafe fn bend<S: Simd>(
    s: S,
    gradient: *mut f32,
    z: *const f32,
    count: usize,
    stride: usize,
    how: &Bend,
    sums: Sums,
) {
    s.vectorize(
        #[inline(always)]
        || bend_here(s, gradient, z, count, stride, how, sums),
    );
}

#[inline(always)]
unsafe fn bend_here<S: Simd>(
    s: S,
    gradient: *mut f32,
    z: *const f32,
    count: usize,
    stride: usize,
    how: &Bend,
    sums: Sums,
) {
    for_activation!(how.activation, ACTIVATION => {
        let mut c = 0;
        // Whole cache lines side by side, as many as their sums leave registers for.
        if S::REGISTERS == 32 {
            while c + 4 * S::LANES <= stride {
                bend_lines::<S, 4>(s, ACTIVATION, gradient, z, count, stride, c, how, sums);
                c += 4 * S::LANES;
            }
        }
        while c + 2 * S::LANES <= stride {
            bend_lines::<S, 2>(s, ACTIVATION, gradient, z, count, stride, c, how, sums);
            c += 2 * S::LANES;
        }
        if c < stride {
            bend_lines::<S, 1>(s, ACTIVATION, gradient, z, count, stride, c, how, sums);
        }
    });
}

/// [`bend`] for `N` registers of channels from `c` on.
#[inline(always)]
unsafe fn bend_lines<S: Simd, const N: usize>(
    s: S,
    activation: Option<Activation>,
    gradient: *mut f32,
    z: *const f32,
    count: usize,
    stride: usize,
    c: usize,
    how: &Bend,
    sums: Sums,
) {
    let (scale, shift) = (
        line::<S, N>(s, how.scale, c, 1.0),
        line::<S, N>(s, how.shift, c, 0.0),
    );
    let origin = line::<S, N>(s, how.origin, c, 0.0);
    let mut first = [s.splat(0.0); N];
    let mut second = [s.splat(0.0); N];
    for pixel in 0..count {
        for i in 0..N {
            let at = pixel * stride + c + i * S::LANES;
            let mut g = s.load(gradient.add(at));
            let value = s.load(z.add(at));
            if let Some(activation) = activation {
                g = activation::slope(s, activation, s.fma(value, scale[i], shift[i]), g);
                s.store(gradient.add(at), g);
            }
            first[i] = s.add(first[i], g);
            second[i] = s.fma(g, s.sub(value, origin[i]), second[i]);
        }
    }
    for i in 0..N {
        s.store(sums.first.add(c + i * S::LANES), first[i]);
        s.store(sums.second.add(c + i * S::LANES), second[i]);
    }
}

/// `N` registers at channel `c`, or `none` where there is no line.
#[inline(always)]
unsafe fn line<S: Simd, const N: usize>(s: S, from: *const f32, c: usize, none: f32) -> [S::V; N] {
    let mut values = [s.splat(none); N];
    if !from.is_null() {
        for (i, value) in values.iter_mut().enumerate() {
            *value = s.load(from.add(c + i * S::LANES));
        }
    }
    values
}

/// `dL/dz = a * g + b * z + c`, channel by channel.
#[derive(Clone, Copy)]
pub(crate) struct Linear {
    /// See there.
    pub(crate) a: *const f32,
    /// See there.
    pub(crate) b: *const f32,
    /// See there.
    pub(crate) c: *const f32,
}

/// Writes `dL/dz` of `count` pixels to rows `row` values apart at `to`, which may be `g` itself.
///
/// # Safety
/// Inside of `S::vectorize`; all pointers are valid for what they stand for.
#[inline(always)]
pub(crate) unsafe fn stored_gradient<S: Simd>(
    s: S,
    g: *const f32,
    z: *const f32,
    count: usize,
    stride: usize,
    line: Linear,
    to: *mut f32,
    row: usize,
) {
    for pixel in 0..count {
        let mut c = 0;
        while c < stride {
            let at = pixel * stride + c;
            let constant = s.fma(
                s.load(z.add(at)),
                s.load(line.b.add(c)),
                s.load(line.c.add(c)),
            );
            s.store(
                to.add(pixel * row + c),
                s.fma(s.load(g.add(at)), s.load(line.a.add(c)), constant),
            );
            c += S::LANES;
        }
    }
}
