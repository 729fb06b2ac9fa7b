//! Views read register by register.

use crate::kernel::activation;
use crate::kernel::view::View;
use crate::simd::Simd;

/// Applies a view to what it shows, in place.
#[inline(always)]
pub(super) unsafe fn rewrite<S: Simd>(view: &View, count: usize, to: *mut f32) {
    if view.scale.is_null() {
        if let Some(own) = view.activation {
            activation::apply::<S>(own, to, count * view.stride);
        }
        return;
    }
    for pixel in 0..count {
        let mut c = 0;
        while c < view.stride {
            let at = to.add(pixel * view.stride + c);
            let x = S::fma(
                S::load(at),
                S::load(view.scale.add(c)),
                S::load(view.shift.add(c)),
            );
            S::store(at, x);
            c += S::LANES;
        }
    }
    if let Some(own) = view.activation {
        activation::apply::<S>(own, to, count * view.stride);
    }
}

/// `to *= factors`
#[inline(always)]
pub(in crate::machine) unsafe fn multiply<S: Simd>(to: *mut f32, factors: *const f32, len: usize) {
    let mut i = 0;
    while i < len {
        S::store(
            to.add(i),
            S::mul(S::load(to.add(i)), S::load(factors.add(i))),
        );
        i += S::LANES;
    }
}

/// Adds the view's pixels to `to`.
#[inline(always)]
pub(super) unsafe fn add_view<S: Simd>(view: &View, first: usize, count: usize, to: *mut f32) {
    for pixel in 0..count {
        let mut c = 0;
        while c < view.stride {
            let at = to.add(pixel * view.stride + c);
            S::store(
                at,
                S::add(S::load(at), one_vector::<S>(view, first + pixel, c)),
            );
            c += S::LANES;
        }
    }
}

/// Multiplies `to` by the view's pixel.
#[inline(always)]
pub(in crate::machine) unsafe fn multiply_view<S: Simd>(view: &View, pixel: usize, to: *mut f32) {
    let mut c = 0;
    while c < view.stride {
        let at = to.add(c);
        S::store(at, S::mul(S::load(at), one_vector::<S>(view, pixel, c)));
        c += S::LANES;
    }
}

/// One register of a view's pixel.
#[inline(always)]
pub(in crate::machine) unsafe fn one_vector<S: Simd>(
    view: &View,
    pixel: usize,
    channel: usize,
) -> S::V {
    let mut x = S::load(view.start.add(pixel * view.stride + channel));
    if !view.scale.is_null() {
        x = S::fma(
            x,
            S::load(view.scale.add(channel)),
            S::load(view.shift.add(channel)),
        );
    }
    match view.activation {
        Some(own) => activation::value::<S>(own, x),
        None => x,
    }
}

/// The first `channels` of a pixel, wherever they go.
#[inline(always)]
pub(super) unsafe fn read_channels<S: Simd>(
    view: &View,
    pixel: usize,
    channels: usize,
    to: *mut f32,
) {
    let mut c = 0;
    while c < channels {
        let x = one_vector::<S>(view, pixel, c);
        if c + S::LANES <= channels {
            S::store(to.add(c), x);
        } else {
            let mut lanes = [0.0_f32; 16];
            S::store(lanes.as_mut_ptr(), x);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to.add(c), channels - c);
        }
        c += S::LANES;
    }
}
