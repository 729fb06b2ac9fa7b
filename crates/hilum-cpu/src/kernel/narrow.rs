//! Values to words of two `bf16` each, and words times values.

use super::matrix::Rows;
use crate::simd::{Pairs, Simd};

/// Writes the words of `from`, whole registers, to the front of `to`.
///
/// # Panics
/// If there is no room for them.
#[inline(never)]
pub(crate) fn narrow<S: Simd, P: Pairs<S>>(s: S, pairs: P, from: &[f32], to: &mut [f32]) {
    // A function of its own: whoever calls it need not have these instructions switched on.
    pairs.vectorize(
        #[inline(always)]
        || narrow_here(s, pairs, from, to),
    );
}

/// Writes the words of `count` rows of `width` values, whole registers, to the front of `to`, densely.
///
/// # Panics
/// If there is no room for them, or a row is too short.
#[inline(never)]
pub(crate) fn narrow_rows<S: Simd, P: Pairs<S>>(
    s: S,
    pairs: P,
    from: Rows<'_>,
    count: usize,
    width: usize,
    to: &mut [f32],
) {
    pairs.vectorize(
        #[inline(always)]
        || {
            if from.stride == width {
                return narrow_here(s, pairs, &from.values[..count * width], to);
            }
            for (row, to) in to.chunks_exact_mut(width / 2).enumerate().take(count) {
                narrow_here(s, pairs, &from.values[row * from.stride..][..width], to);
            }
        },
    );
}

#[inline(always)]
fn narrow_here<S: Simd, P: Pairs<S>>(s: S, pairs: P, from: &[f32], to: &mut [f32]) {
    assert!(from.len().is_multiple_of(S::LANES), "whole registers");
    let to = &mut to[..from.len() / 2];
    let whole = from.len() / (2 * S::LANES) * S::LANES;
    let mut at = 0;
    while at < whole {
        // SAFETY: `at + LANES <= whole`, which is half of the values at most.
        unsafe {
            let first = s.read_unchecked(from, 2 * at);
            let second = s.read_unchecked(from, 2 * at + S::LANES);
            s.write_unchecked(to, at, pairs.narrow(first, second));
        }
        at += S::LANES;
    }
    if whole < to.len() {
        let mut last = [0.0; 16];
        let words = pairs.narrow(s.read(from, 2 * whole), s.splat(0.0));
        s.write(&mut last, 0, words);
        let rest = &mut to[whole..];
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// Writes words times values, whole registers of them, to `to` as words.
///
/// # Panics
/// If there are not as many of all three.
#[inline(never)]
pub(crate) fn scale<S: Simd>(s: S, pairs: S::Pairs, words: &[f32], by: &[f32], to: &mut [f32]) {
    assert!(
        by.len().is_multiple_of(S::LANES) && [words.len(), to.len()] == [by.len() / 2; 2],
        "as many, whole registers"
    );
    pairs.vectorize(
        #[inline(always)]
        || {
            for at in (0..by.len()).step_by(S::LANES) {
                // SAFETY: a register of values lies at `at`, and half a register of words.
                unsafe {
                    let values = pairs.load(words.as_ptr().add(at / 2));
                    let product = s.mul(values, s.read_unchecked(by, at));
                    pairs.store(product, to.as_mut_ptr().add(at / 2));
                }
            }
        },
    );
}
