//! Weights to positions, and their gradient back.
//!
//! Weights lie as `[tap][c][k]`; at each position they are packed for the matrix product:
//! `[panel][c][width]`, or, as words of two channels each, `[panel][c / 2][width]`.

use super::algebra::Algebra;
use super::patch::column;
use crate::kernel::matrix::Panels;
use crate::memory::Scattered;
use crate::simd::{Pairs, Simd, registers, round};

/// Transforms the weights of input channels `channels` for all filters.
///
/// # Panics
/// If `weights` are not `9 * c * k` values, or `to` has no room for `IN * IN * c * k`.
#[inline(always)]
pub(crate) fn transform_weights<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    weights: &[f32],
    c: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    assert!(
        k.is_multiple_of(S::LANES) && channels.end <= c,
        "whole registers"
    );
    assert!(
        9 * c * k <= weights.len() && IN * IN * c * k <= to.len(),
        "all weights"
    );
    let panels = Panels::new::<S>(k);
    for panel in 0..panels.count() {
        let first = panels.start(panel) * S::LANES;
        let width = panels.width(panel) * S::LANES;
        for channel in channels.clone() {
            for lane in (0..width).step_by(S::LANES) {
                let at = channel * k + first + lane;
                // SAFETY: `at` lies within the `c * k` weights of a tap.
                let found = unsafe { at_positions::<S, A, OUT, IN>(s, weights, c * k, at) };
                for (position, value) in found.as_flattened().iter().enumerate() {
                    let place = position * c * k + first * c + channel * width + lane;
                    // SAFETY: panels are `c * k` weights at every position.
                    unsafe { to.store(s, place, *value) };
                }
            }
        }
    }
}

/// The same in words of two channels each: `words` are of channels.
///
/// # Panics
/// If `weights` are not `9 * c * k` values, or `to` has no room for half of `IN * IN * c * k`.
#[inline(always)]
pub(crate) fn transform_weights_to_words<
    S: Simd,
    P: Pairs<S>,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    pairs: P,
    weights: &[f32],
    c: usize,
    k: usize,
    words: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    assert!(
        k.is_multiple_of(S::LANES) && c.is_multiple_of(2) && words.end <= c / 2,
        "whole registers"
    );
    assert!(
        9 * c * k <= weights.len() && IN * IN * c * k / 2 <= to.len(),
        "all weights"
    );
    let panels = Panels::new::<S>(k);
    for panel in 0..panels.count() {
        let first = panels.start(panel) * S::LANES;
        let width = panels.width(panel) * S::LANES;
        for word in words.clone() {
            for lane in (0..width).step_by(S::LANES) {
                let at = 2 * word * k + first + lane;
                // SAFETY: `at + k` lies within the `c * k` weights of a tap.
                let (one, other) = unsafe {
                    (
                        at_positions::<S, A, OUT, IN>(s, weights, c * k, at),
                        at_positions::<S, A, OUT, IN>(s, weights, c * k, at + k),
                    )
                };
                let both = one.as_flattened().iter().zip(other.as_flattened());
                for (position, (one, other)) in both.enumerate() {
                    let place = position * (c / 2) * k + first * (c / 2) + word * width + lane;
                    // SAFETY: panels are half of `c * k` words at every position.
                    unsafe { to.store(s, place, pairs.join(*one, *other)) };
                }
            }
        }
    }
}

/// Adds to `lost`, by filter, what rounding the weights at all positions takes from the mean of a tile's results, where
/// every value of a channel is its `mean`.
///
/// # Panics
/// If `weights` are not `9 * c * k` values for `c` means and `k` filters, whole registers.
#[inline(always)]
pub(crate) fn lost_by_rounding<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    weights: &[f32],
    mean: &[f32],
    lost: &mut [f32],
) {
    let (c, k) = (mean.len(), lost.len());
    assert!(
        k.is_multiple_of(S::LANES) && 9 * c * k <= weights.len(),
        "whole registers"
    );
    let shares = shares_of_the_mean::<S, A, OUT, IN>(s);
    for (channel, mean) in mean.iter().enumerate() {
        for filter in (0..k).step_by(S::LANES) {
            // SAFETY: a register of the `c * k` weights of a tap.
            let exact =
                unsafe { at_positions::<S, A, OUT, IN>(s, weights, c * k, channel * k + filter) };
            for (row, across) in exact.iter().zip(&shares) {
                for (exact, down) in row.iter().zip(&shares) {
                    let mut lanes = [0.0; 16];
                    s.write(&mut lanes, 0, *exact);
                    let mut rounded = lanes;
                    round(&mut rounded);
                    let pairs = lanes.iter().zip(&rounded);
                    for (lost, (exact, rounded)) in lost[filter..][..S::LANES].iter_mut().zip(pairs)
                    {
                        *lost += across * down * mean * (exact - rounded);
                    }
                }
            }
        }
    }
}

/// By row or column of positions: the factor with which a product of weights and an image of ones enters the mean
/// of a tile's results.
fn shares_of_the_mean<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    s: S,
) -> [f32; IN] {
    let ones = A::image(s, [s.splat(1.0); IN]);
    std::array::from_fn(|position| {
        let mut only = [s.splat(0.0); IN];
        only[position] = ones[position];
        let results = A::result(s, only).map(|value| {
            let mut lanes = [0.0; 16];
            s.write(&mut lanes, 0, value);
            lanes[0]
        });
        results.iter().sum::<f32>() / OUT as f32
    })
}

/// A register of weights at all positions; those of one tap lie `tap` behind those of the one before.
///
/// # Safety
/// `at` lies within the weights of a tap, and a register behind it.
#[inline(always)]
unsafe fn at_positions<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    s: S,
    weights: &[f32],
    tap: usize,
    at: usize,
) -> [[S::V; IN]; IN] {
    let mut columns = [[s.splat(0.0); IN]; 3];
    for (j, column) in columns.iter_mut().enumerate() {
        let taps = registers(
            s,
            #[inline(always)]
            // SAFETY: the caller's promise.
            |i| unsafe { s.read_unchecked(weights, (i * 3 + j) * tap + at) },
        );
        *column = A::weight(s, taps);
    }
    let mut rows = [[s.splat(0.0); IN]; IN];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = A::weight(s, column(s, &columns, i));
    }
    rows
}

/// Transforms the gradient at all positions, `[position][c][k]`, back to `[tap][c][k]` for input
/// channels `channels`.
///
/// # Panics
/// If `from` are not `IN * IN * c * k` values, or `to` has no room for `9 * c * k`.
#[inline(always)]
pub(crate) fn weight_gradient<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    from: &[f32],
    c: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    assert!(
        k.is_multiple_of(S::LANES) && channels.end <= c,
        "whole registers"
    );
    assert!(
        IN * IN * c * k <= from.len() && 9 * c * k <= to.len(),
        "all weights"
    );
    for channel in channels {
        for filter in (0..k).step_by(S::LANES) {
            let at = channel * k + filter;
            let mut columns = [[s.splat(0.0); 3]; IN];
            for (j, column) in columns.iter_mut().enumerate() {
                let positions = registers(
                    s,
                    #[inline(always)]
                    // SAFETY: `at` lies within the `c * k` weights of a position.
                    |i| unsafe { s.read_unchecked(from, (i * IN + j) * c * k + at) },
                );
                *column = A::weight_transposed(s, positions);
            }
            for i in 0..3 {
                let row = A::weight_transposed(s, column(s, &columns, i));
                for (j, value) in row.into_iter().enumerate() {
                    // SAFETY: `at` lies within the `c * k` weights of a tap.
                    unsafe { to.store(s, (i * 3 + j) * c * k + at, value) };
                }
            }
        }
    }
}
