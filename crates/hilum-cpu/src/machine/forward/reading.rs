//! Views read register by register.

use crate::kernel::activation;
use crate::kernel::view::View;
use crate::simd::Simd;

/// Applies a view to what it shows, in place.
#[inline(always)]
pub(super) unsafe fn rewrite<S: Simd>(s: S, view: &View, count: usize, to: *mut f32) {
    if view.scale.is_null() {
        if let Some(own) = view.activation {
            activation::apply(s, own, to, count * view.stride);
        }
        return;
    }
    for pixel in 0..count {
        let mut c = 0;
        while c < view.stride {
            let at = to.add(pixel * view.stride + c);
            let x = s.fma(
                s.load(at),
                s.load(view.scale.add(c)),
                s.load(view.shift.add(c)),
            );
            s.store(at, x);
            c += S::LANES;
        }
    }
    if let Some(own) = view.activation {
        activation::apply(s, own, to, count * view.stride);
    }
}

/// `to *= factors`
#[inline(always)]
pub(in crate::machine) unsafe fn multiply<S: Simd>(
    s: S,
    to: *mut f32,
    factors: *const f32,
    len: usize,
) {
    let mut i = 0;
    while i < len {
        s.store(to.add(i), s.mul(s.load(to.add(i)), s.load(factors.add(i))));
        i += S::LANES;
    }
}

/// Adds the view's pixels to `to`.
#[inline(always)]
pub(super) unsafe fn add_view<S: Simd>(
    s: S,
    view: &View,
    first: usize,
    count: usize,
    to: *mut f32,
) {
    for pixel in 0..count {
        let mut c = 0;
        while c < view.stride {
            let at = to.add(pixel * view.stride + c);
            s.store(at, s.add(s.load(at), one_vector(s, view, first + pixel, c)));
            c += S::LANES;
        }
    }
}

/// Multiplies `to` by the view's pixel.
#[inline(always)]
pub(in crate::machine) unsafe fn multiply_view<S: Simd>(
    s: S,
    view: &View,
    pixel: usize,
    to: *mut f32,
) {
    let mut c = 0;
    while c < view.stride {
        let at = to.add(c);
        s.store(at, s.mul(s.load(at), one_vector(s, view, pixel, c)));
        c += S::LANES;
    }
}

/// One register of a view's pixel.
#[inline(always)]
pub(in crate::machine) unsafe fn one_vector<S: Simd>(
    s: S,
    view: &View,
    pixel: usize,
    channel: usize,
) -> S::V {
    let mut x = s.load(view.start.add(pixel * view.stride + channel));
    if !view.scale.is_null() {
        x = s.fma(
            x,
            s.load(view.scale.add(channel)),
            s.load(view.shift.add(channel)),
        );
    }
    match view.activation {
        Some(own) => activation::value(s, own, x),
        None => x,
    }
}

/// The first `channels` of a pixel, wherever they go.
#[inline(always)]
pub(super) unsafe fn read_channels<S: Simd>(
    s: S,
    view: &View,
    pixel: usize,
    channels: usize,
    to: *mut f32,
) {
    let mut c = 0;
    while c < channels {
        let x = one_vector(s, view, pixel, c);
        if c + S::LANES <= channels {
            s.store(to.add(c), x);
        } else {
            let mut lanes = [0.0_f32; 16];
            s.store(lanes.as_mut_ptr(), x);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to.add(c), channels - c);
        }
        c += S::LANES;
    }
}
