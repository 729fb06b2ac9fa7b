//! Weights to positions, and their gradient back.
//!
//! Weights lie as `[tap][c][k]`; at each position they are packed for the matrix product:
//! `[panel][c][width]`.

use super::Algebra;
use crate::kernel::matrix::Panels;
use crate::simd::{Simd, registers};

/// Transforms the weights of input channels `channels` for all filters.
///
/// # Safety
/// Inside of `S::vectorize`; `weights` holds `9 * c * k` values, `to` has room for
/// `IN * IN * c * k`.
#[inline(always)]
pub(crate) unsafe fn transform_weights<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    weights: *const f32,
    c: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    to: *mut f32,
) {
    let panels = Panels::new::<S>(k);
    for panel in 0..panels.count() {
        let first = panels.start(panel) * S::LANES;
        let width = panels.width(panel) * S::LANES;
        for channel in channels.clone() {
            let mut lane = 0;
            while lane < width {
                let at = weights.add(channel * k + first + lane);
                let mut columns = [[s.splat(0.0); IN]; 3];
                for (j, column) in columns.iter_mut().enumerate() {
                    *column = A::weight(
                        s,
                        registers(
                            s,
                            #[inline(always)]
                            |i| s.load(at.add((i * 3 + j) * c * k)),
                        ),
                    );
                }
                for i in 0..IN {
                    let row = A::weight(
                        s,
                        registers(
                            s,
                            #[inline(always)]
                            |j| columns[j][i],
                        ),
                    );
                    for (j, value) in row.iter().enumerate() {
                        let place = (i * IN + j) * c * k + first * c + channel * width + lane;
                        s.store(to.add(place), *value);
                    }
                }
                lane += S::LANES;
            }
        }
    }
}

/// Transforms the gradient at all positions, `[position][c][k]`, back to `[tap][c][k]` for input
/// channels `channels`.
///
/// # Safety
/// Inside of `S::vectorize`; `from` holds `IN * IN * c * k` values, `to` has room for `9 * c * k`.
#[inline(always)]
pub(crate) unsafe fn weight_gradient<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    from: *const f32,
    c: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    to: *mut f32,
) {
    for channel in channels {
        let mut filter = 0;
        while filter < k {
            let at = channel * k + filter;
            let mut columns = [[s.splat(0.0); 3]; IN];
            for (j, column) in columns.iter_mut().enumerate() {
                *column = A::weight_transposed(
                    s,
                    registers(
                        s,
                        #[inline(always)]
                        |i| s.load(from.add((i * IN + j) * c * k + at)),
                    ),
                );
            }
            for i in 0..3 {
                let row = A::weight_transposed(
                    s,
                    registers(
                        s,
                        #[inline(always)]
                        |j| columns[j][i],
                    ),
                );
                for (j, value) in row.iter().enumerate() {
                    s.store(to.add((i * 3 + j) * c * k + at), *value);
                }
            }
            filter += S::LANES;
        }
    }
}
