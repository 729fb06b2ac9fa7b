//! The six small matrices of `F(2, 3)` and `F(4, 3)` and their products with columns of registers.

use crate::simd::Simd;

/// The 1-D transforms of `F(OUT, 3)`, where `IN = OUT + 2`.
///
/// # Safety
/// All of them may only run inside of `S::vectorize`.
pub(crate) trait Algebra<S: Simd, const OUT: usize, const IN: usize> {
    /// `B^T d`: values of the image.
    unsafe fn image(d: [S::V; IN]) -> [S::V; IN];
    /// `B m`, its transpose.
    unsafe fn image_transposed(m: [S::V; IN]) -> [S::V; IN];
    /// `A^T m`: results.
    unsafe fn result(m: [S::V; IN]) -> [S::V; OUT];
    /// `A y`, its transpose.
    unsafe fn result_transposed(y: [S::V; OUT]) -> [S::V; IN];
    /// `G g`: weights.
    unsafe fn weight(g: [S::V; 3]) -> [S::V; IN];
    /// `G^T u`, its transpose.
    unsafe fn weight_transposed(u: [S::V; IN]) -> [S::V; 3];
}

/// `F(2, 3)`, interpolated at 0, 1, -1 and infinity:
///
/// ```text
///       1  0 -1  0         1  0  0
/// B^T = 0  1  1  0    G = .5 .5 .5    A^T = 1 1  1  0
///       0 -1  1  0        .5-.5 .5          0 1 -1 -1
///       0  1  0 -1         0  0  1
/// ```
pub(crate) struct Two;

impl<S: Simd> Algebra<S, 2, 4> for Two {
    #[inline(always)]
    unsafe fn image(d: [S::V; 4]) -> [S::V; 4] {
        [
            S::sub(d[0], d[2]),
            S::add(d[1], d[2]),
            S::sub(d[2], d[1]),
            S::sub(d[1], d[3]),
        ]
    }
    #[inline(always)]
    unsafe fn image_transposed(m: [S::V; 4]) -> [S::V; 4] {
        [
            m[0],
            S::add(S::sub(m[1], m[2]), m[3]),
            S::sub(S::add(m[1], m[2]), m[0]),
            S::sub(S::splat(0.0), m[3]),
        ]
    }
    #[inline(always)]
    unsafe fn result(m: [S::V; 4]) -> [S::V; 2] {
        [
            S::add(m[0], S::add(m[1], m[2])),
            S::sub(S::sub(m[1], m[2]), m[3]),
        ]
    }
    #[inline(always)]
    unsafe fn result_transposed(y: [S::V; 2]) -> [S::V; 4] {
        [
            y[0],
            S::add(y[0], y[1]),
            S::sub(y[0], y[1]),
            S::sub(S::splat(0.0), y[1]),
        ]
    }
    #[inline(always)]
    unsafe fn weight(g: [S::V; 3]) -> [S::V; 4] {
        let half = S::splat(0.5);
        let outer = S::mul(half, S::add(g[0], g[2]));
        let inner = S::mul(half, g[1]);
        [g[0], S::add(outer, inner), S::sub(outer, inner), g[2]]
    }
    #[inline(always)]
    unsafe fn weight_transposed(u: [S::V; 4]) -> [S::V; 3] {
        let half = S::splat(0.5);
        let sum = S::mul(half, S::add(u[1], u[2]));
        [
            S::add(u[0], sum),
            S::mul(half, S::sub(u[1], u[2])),
            S::add(u[3], sum),
        ]
    }
}

/// `F(4, 3)`, interpolated at 0, 1, -1, 2, -2 and infinity:
///
/// ```text
///       4  0 -5  0  1  0          1/4     0     0
///       0 -4 -4  1  1  0         -1/6  -1/6  -1/6         1 1  1 1  1 0
/// B^T = 0  4 -4 -1  1  0     G = -1/6   1/6  -1/6   A^T = 0 1 -1 2 -2 0
///       0 -2 -1  2  1  0         1/24  1/12   1/6         0 1  1 4  4 0
///       0  2 -1 -2  1  0         1/24 -1/12   1/6         0 1 -1 8 -8 1
///       0  4  0 -5  0  1            0     0     1
/// ```
pub(crate) struct Four;

impl<S: Simd> Algebra<S, 4, 6> for Four {
    #[inline(always)]
    unsafe fn image(d: [S::V; 6]) -> [S::V; 6] {
        let (two, four, five) = (S::splat(2.0), S::splat(4.0), S::splat(-5.0));
        let even = S::fma(S::splat(-4.0), d[2], d[4]);
        let odd = S::fma(S::splat(-4.0), d[1], d[3]);
        let near = S::sub(d[4], d[2]);
        let far = S::sub(d[3], d[1]);
        [
            S::fma(four, d[0], S::fma(five, d[2], d[4])),
            S::add(even, odd),
            S::sub(even, odd),
            S::fma(two, far, near),
            S::fma(S::splat(-2.0), far, near),
            S::fma(four, d[1], S::fma(five, d[3], d[5])),
        ]
    }
    #[inline(always)]
    unsafe fn image_transposed(m: [S::V; 6]) -> [S::V; 6] {
        let (sum, difference) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
        let (sum2, difference2) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
        let four = S::splat(4.0);
        let minus_four = S::splat(-4.0);
        let minus_five = S::splat(-5.0);
        [
            S::mul(four, m[0]),
            S::fma(
                minus_four,
                difference,
                S::fma(S::splat(-2.0), difference2, S::mul(four, m[5])),
            ),
            S::fma(
                minus_five,
                m[0],
                S::fma(minus_four, sum, S::sub(S::splat(0.0), sum2)),
            ),
            S::fma(
                minus_five,
                m[5],
                S::fma(S::splat(2.0), difference2, difference),
            ),
            S::add(m[0], S::add(sum, sum2)),
            m[5],
        ]
    }
    #[inline(always)]
    unsafe fn result(m: [S::V; 6]) -> [S::V; 4] {
        let (sum, difference) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
        let (sum2, difference2) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
        [
            S::add(S::add(m[0], sum), sum2),
            S::fma(S::splat(2.0), difference2, difference),
            S::fma(S::splat(4.0), sum2, sum),
            S::add(S::fma(S::splat(8.0), difference2, difference), m[5]),
        ]
    }
    #[inline(always)]
    unsafe fn result_transposed(y: [S::V; 4]) -> [S::V; 6] {
        let (even, odd) = (S::add(y[0], y[2]), S::add(y[1], y[3]));
        let even4 = S::fma(S::splat(4.0), y[2], y[0]);
        let odd4 = S::fma(S::splat(4.0), y[3], y[1]);
        [
            y[0],
            S::add(even, odd),
            S::sub(even, odd),
            S::fma(S::splat(2.0), odd4, even4),
            S::fma(S::splat(-2.0), odd4, even4),
            y[3],
        ]
    }
    #[inline(always)]
    unsafe fn weight(g: [S::V; 3]) -> [S::V; 6] {
        let (sixth, twelfth) = (S::splat(1.0 / 6.0), S::splat(1.0 / 12.0));
        let outer = S::mul(S::splat(-1.0 / 6.0), S::add(g[0], g[2]));
        let inner = S::mul(sixth, g[1]);
        let outer2 = S::fma(S::splat(1.0 / 24.0), g[0], S::mul(sixth, g[2]));
        let inner2 = S::mul(twelfth, g[1]);
        [
            S::mul(S::splat(0.25), g[0]),
            S::sub(outer, inner),
            S::add(outer, inner),
            S::add(outer2, inner2),
            S::sub(outer2, inner2),
            g[2],
        ]
    }
    #[inline(always)]
    unsafe fn weight_transposed(u: [S::V; 6]) -> [S::V; 3] {
        let (sixth, twelfth) = (S::splat(1.0 / 6.0), S::splat(1.0 / 12.0));
        let minus_sixth = S::splat(-1.0 / 6.0);
        let (sum, difference) = (S::add(u[1], u[2]), S::sub(u[2], u[1]));
        let (sum2, difference2) = (S::add(u[3], u[4]), S::sub(u[3], u[4]));
        let first = S::fma(minus_sixth, sum, S::mul(S::splat(1.0 / 24.0), sum2));
        [
            S::fma(S::splat(0.25), u[0], first),
            S::fma(sixth, difference, S::mul(twelfth, difference2)),
            S::fma(minus_sixth, sum, S::fma(sixth, sum2, u[5])),
        ]
    }
}
