//! Functions of one value, their slopes, and the exponential behind them.

use hilum_graph::Activation;

use crate::simd::{Pairs, Simd};

/// The limits that an activation amounts to, or what is left to do afterwards.
pub(crate) fn limits(activation: Option<Activation>) -> (f32, f32, Option<Activation>) {
    match activation {
        None => (f32::NEG_INFINITY, f32::INFINITY, None),
        Some(Activation::Relu) => (0.0, f32::INFINITY, None),
        Some(Activation::Relu6) => (0.0, 6.0, None),
        Some(other) => (f32::NEG_INFINITY, f32::INFINITY, Some(other)),
    }
}

/// Whether an activation is nothing but limits.
pub(crate) fn is_limited(activation: Option<Activation>) -> bool {
    limits(activation).2.is_none()
}

/// `e^-x`, to about two units in the last place; beyond the range of `f32` it saturates.
///
/// Cody & Waite's reduction `-x = n ln 2 - r` with `|r| <= ln 2 / 2`, then the polynomial of the
/// Cephes library's `expf`. A sum with 1.5 * 2^23 has no room for fractions: it rounds to `n`,
/// and with 127 on top its low bits are the exponent of `2^n`.
#[inline(always)]
fn exp_of_minus<S: Simd>(s: S, x: S::V) -> S::V {
    let x = s.max(s.splat(-87.3), s.min(s.splat(87.3), x));
    let whole = s.splat(12_582_912.0 + 127.0);
    let rounded = s.fma(x, s.splat(-std::f32::consts::LOG2_E), whole);
    let (n, power) = (s.sub(rounded, whole), s.exponent_of_low_bits(rounded));
    let r = s.fma(n, s.splat(0.693_359_375), x);
    let r = s.fma(n, s.splat(-2.121_944_4e-4), r);
    let mut sum = s.splat(-1.987_569_1e-4);
    for coefficient in [
        1.398_199_9e-3,
        -8.333_452e-3,
        4.166_579_6e-2,
        -1.666_666_5e-1,
        5.000_000_1e-1,
    ] {
        sum = s.fma(sum, r, s.splat(coefficient));
    }
    let sum = s.fma(s.mul(sum, r), r, s.sub(s.splat(1.0), r));
    s.mul(sum, power)
}

/// `1 / (1 + e^-x)`
#[inline(always)]
fn sigmoid<S: Simd>(s: S, x: S::V) -> S::V {
    let one = s.splat(1.0);
    s.div(one, s.add(one, exp_of_minus(s, x)))
}

/// The activation of `x`. NaN stays NaN: it comes second in every comparison.
#[inline(always)]
pub(crate) fn value<S: Simd>(s: S, activation: Activation, x: S::V) -> S::V {
    let zero = s.splat(0.0);
    match activation {
        Activation::Relu => s.max(zero, x),
        Activation::Relu6 => s.min(s.splat(6.0), s.max(zero, x)),
        Activation::Silu => s.mul(x, sigmoid(s, x)),
        Activation::Sigmoid => sigmoid(s, x),
    }
}

/// The same for results that are rounded to `bf16`.
#[inline(always)]
pub(crate) fn rounded<S: Simd, P: Pairs<S>>(
    s: S,
    pairs: P,
    activation: Activation,
    x: S::V,
) -> S::V {
    match activation {
        Activation::Silu => s.mul(x, pairs.sigmoid(x)),
        Activation::Sigmoid => pairs.sigmoid(x),
        Activation::Relu | Activation::Relu6 => value(s, activation, x),
    }
}

/// `gradient` times the activation's slope at `x`. At a kink the slope is zero, as in PyTorch.
#[inline(always)]
pub(crate) fn slope<S: Simd>(s: S, activation: Activation, x: S::V, gradient: S::V) -> S::V {
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    match activation {
        Activation::Relu => s.select_gt(x, zero, gradient, zero),
        Activation::Relu6 => {
            let below = s.select_gt(s.splat(6.0), x, gradient, zero);
            s.select_gt(x, zero, below, zero)
        }
        Activation::Silu => {
            let sigma = sigmoid(s, x);
            let slope = s.mul(sigma, s.fma(x, s.sub(one, sigma), one));
            s.mul(gradient, slope)
        }
        Activation::Sigmoid => {
            let sigma = sigmoid(s, x);
            s.mul(gradient, s.mul(sigma, s.sub(one, sigma)))
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

/// Applies `activation` to values in place; whole registers of them.
#[inline(always)]
pub(crate) fn apply<S: Simd>(s: S, activation: Activation, values: &mut [f32]) {
    for_activation!(Some(activation), ACTIVATION => {
        let mut i = 0;
        while i + S::LANES <= values.len() {
            if let Some(activation) = ACTIVATION {
                let x = s.read(values, i);
                s.write(values, i, value(s, activation, x));
            }
            i += S::LANES;
        }
    });
}
