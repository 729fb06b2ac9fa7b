//! Weights to positions, and their gradient back.
//!
//! Weights lie as `[tap][c][k]`; at each position they are packed for the matrix product:
//! `[panel][c][width]`.

use super::algebra::Algebra;
use super::patch::column;
use crate::kernel::matrix::Panels;
use crate::memory::Scattered;
use crate::simd::{Simd, registers};

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
                let mut columns = [[s.splat(0.0); IN]; 3];
                for (j, column) in columns.iter_mut().enumerate() {
                    let taps = registers(
                        s,
                        #[inline(always)]
                        // SAFETY: `at` lies within the `c * k` weights of a tap.
                        |i| unsafe { s.read_unchecked(weights, (i * 3 + j) * c * k + at) },
                    );
                    *column = A::weight(s, taps);
                }
                for i in 0..IN {
                    let row = A::weight(s, column(s, &columns, i));
                    for (j, value) in row.into_iter().enumerate() {
                        let place = (i * IN + j) * c * k + first * c + channel * width + lane;
                        // SAFETY: panels are `c * k` weights at every position.
                        unsafe { to.store(s, place, value) };
                    }
                }
            }
        }
    }
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
