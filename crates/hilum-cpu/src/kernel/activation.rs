//! Functions of one value, their slopes, and the exponential behind them.

use hilum_graph::Activation;

use crate::simd::Simd;

/// `e^-x`, to about two units in the last place; beyond the range of `f32` it saturates.
///
/// Cody & Waite's reduction `-x = n ln 2 - r` with `|r| <= ln 2 / 2`, then the polynomial of the
/// Cephes library's `expf`. A sum with 1.5 * 2^23 has no room for fractions: it rounds to `n`,
/// and with 127 on top its low bits are the exponent of `2^n`.
#[inline(always)]
unsafe fn exp_of_minus<S: Simd>(x: S::V) -> S::V {
    let x = S::max(S::splat(-87.3), S::min(S::splat(87.3), x));
    let whole = S::splat(12_582_912.0 + 127.0);
    let rounded = S::fma(x, S::splat(-std::f32::consts::LOG2_E), whole);
    let (n, power) = (S::sub(rounded, whole), S::exponent_of_low_bits(rounded));
    let r = S::fma(n, S::splat(0.693_359_375), x);
    let r = S::fma(n, S::splat(-2.121_944_4e-4), r);
    let mut sum = S::splat(-1.987_569_1e-4);
    for coefficient in [
        1.398_199_9e-3,
        -8.333_452e-3,
        4.166_579_6e-2,
        -1.666_666_5e-1,
        5.000_000_1e-1,
    ] {
        sum = S::fma(sum, r, S::splat(coefficient));
    }
    let sum = S::fma(S::mul(sum, r), r, S::sub(S::splat(1.0), r));
    S::mul(sum, power)
}

/// `1 / (1 + e^-x)`
#[inline(always)]
unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    let one = S::splat(1.0);
    S::div(one, S::add(one, exp_of_minus::<S>(x)))
}

/// The activation of `x`. NaN stays NaN: it comes second in every comparison.
#[inline(always)]
pub(crate) unsafe fn value<S: Simd>(activation: Activation, x: S::V) -> S::V {
    let zero = S::splat(0.0);
    match activation {
        Activation::Relu => S::max(zero, x),
        Activation::Relu6 => S::min(S::splat(6.0), S::max(zero, x)),
        Activation::Silu => S::mul(x, sigmoid::<S>(x)),
        Activation::Sigmoid => sigmoid::<S>(x),
    }
}

/// `gradient` times the activation's slope at `x`. At a kink the slope is zero, as in PyTorch.
#[inline(always)]
pub(crate) unsafe fn slope<S: Simd>(activation: Activation, x: S::V, gradient: S::V) -> S::V {
    let (zero, one) = (S::splat(0.0), S::splat(1.0));
    match activation {
        Activation::Relu => S::select_gt(x, zero, gradient, zero),
        Activation::Relu6 => {
            let below = S::select_gt(S::splat(6.0), x, gradient, zero);
            S::select_gt(x, zero, below, zero)
        }
        Activation::Silu => {
            let s = sigmoid::<S>(x);
            let slope = S::mul(s, S::fma(x, S::sub(one, s), one));
            S::mul(gradient, slope)
        }
        Activation::Sigmoid => {
            let s = sigmoid::<S>(x);
            S::mul(gradient, S::mul(s, S::sub(one, s)))
        }
    }
}

/// Runs `$body` once per activation with a constant in `$name`, so that the choice is made
/// outside of the loop.
macro_rules! for_activation {
    ($activation:expr, $name:ident => $body:expr) => {
        match $activation {
            Some(hilum_graph::Activation::Relu) => {
                const $name: Option<hilum_graph::Activation> = Some(hilum_graph::Activation::Relu);
                $body
            }
            Some(hilum_graph::Activation::Relu6) => {
                const $name: Option<hilum_graph::Activation> = Some(hilum_graph::Activation::Relu6);
                $body
            }
            Some(hilum_graph::Activation::Silu) => {
                const $name: Option<hilum_graph::Activation> = Some(hilum_graph::Activation::Silu);
                $body
            }
            Some(hilum_graph::Activation::Sigmoid) => {
                const $name: Option<hilum_graph::Activation> =
                    Some(hilum_graph::Activation::Sigmoid);
                $body
            }
            None => {
                const $name: Option<hilum_graph::Activation> = None;
                $body
            }
        }
    };
}
pub(crate) use for_activation;

/// Applies `activation` to `len` values in place; `len` is a multiple of the lanes.
///
/// # Safety
/// Inside of `S::vectorize`; `at` holds `len` values.
#[inline(always)]
pub(crate) unsafe fn apply<S: Simd>(activation: Activation, at: *mut f32, len: usize) {
    for_activation!(Some(activation), ACTIVATION => {
        let mut i = 0;
        while i < len {
            if let Some(activation) = ACTIVATION {
                S::store(at.add(i), value::<S>(activation, S::load(at.add(i))));
            }
            i += S::LANES;
        }
    });
}
