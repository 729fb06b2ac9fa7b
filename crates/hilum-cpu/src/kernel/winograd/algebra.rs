//! The six small matrices of `F(2, 3)` and `F(4, 3)` and their products with columns of registers.

use crate::simd::Simd;

/// The 1-D transforms of `F(OUT, 3)`, where `IN = OUT + 2`.
pub(crate) trait Algebra<S: Simd, const OUT: usize, const IN: usize> {
    /// `B^T d`: values of the image.
    fn image(s: S, d: [S::V; IN]) -> [S::V; IN];
    /// `B m`, its transpose.
    fn image_transposed(s: S, m: [S::V; IN]) -> [S::V; IN];
    /// `A^T m`: results.
    fn result(s: S, m: [S::V; IN]) -> [S::V; OUT];
    /// `A y`, its transpose.
    fn result_transposed(s: S, y: [S::V; OUT]) -> [S::V; IN];
    /// `G g`: weights.
    fn weight(s: S, g: [S::V; 3]) -> [S::V; IN];
    /// `G^T u`, its transpose.
    fn weight_transposed(s: S, u: [S::V; IN]) -> [S::V; 3];
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
    fn image(s: S, d: [S::V; 4]) -> [S::V; 4] {
        [
            s.sub(d[0], d[2]),
            s.add(d[1], d[2]),
            s.sub(d[2], d[1]),
            s.sub(d[1], d[3]),
        ]
    }
    #[inline(always)]
    fn image_transposed(s: S, m: [S::V; 4]) -> [S::V; 4] {
        [
            m[0],
            s.add(s.sub(m[1], m[2]), m[3]),
            s.sub(s.add(m[1], m[2]), m[0]),
            s.sub(s.splat(0.0), m[3]),
        ]
    }
    #[inline(always)]
    fn result(s: S, m: [S::V; 4]) -> [S::V; 2] {
        [
            s.add(m[0], s.add(m[1], m[2])),
            s.sub(s.sub(m[1], m[2]), m[3]),
        ]
    }
    #[inline(always)]
    fn result_transposed(s: S, y: [S::V; 2]) -> [S::V; 4] {
        [
            y[0],
            s.add(y[0], y[1]),
            s.sub(y[0], y[1]),
            s.sub(s.splat(0.0), y[1]),
        ]
    }
    #[inline(always)]
    fn weight(s: S, g: [S::V; 3]) -> [S::V; 4] {
        let half = s.splat(0.5);
        let outer = s.mul(half, s.add(g[0], g[2]));
        let inner = s.mul(half, g[1]);
        [g[0], s.add(outer, inner), s.sub(outer, inner), g[2]]
    }
    #[inline(always)]
    fn weight_transposed(s: S, u: [S::V; 4]) -> [S::V; 3] {
        let half = s.splat(0.5);
        let sum = s.mul(half, s.add(u[1], u[2]));
        [
            s.add(u[0], sum),
            s.mul(half, s.sub(u[1], u[2])),
            s.add(u[3], sum),
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
    fn image(s: S, d: [S::V; 6]) -> [S::V; 6] {
        let (two, four, five) = (s.splat(2.0), s.splat(4.0), s.splat(-5.0));
        let even = s.fma(s.splat(-4.0), d[2], d[4]);
        let odd = s.fma(s.splat(-4.0), d[1], d[3]);
        let near = s.sub(d[4], d[2]);
        let far = s.sub(d[3], d[1]);
        [
            s.fma(four, d[0], s.fma(five, d[2], d[4])),
            s.add(even, odd),
            s.sub(even, odd),
            s.fma(two, far, near),
            s.fma(s.splat(-2.0), far, near),
            s.fma(four, d[1], s.fma(five, d[3], d[5])),
        ]
    }
    #[inline(always)]
    fn image_transposed(s: S, m: [S::V; 6]) -> [S::V; 6] {
        let (sum, difference) = (s.add(m[1], m[2]), s.sub(m[1], m[2]));
        let (sum2, difference2) = (s.add(m[3], m[4]), s.sub(m[3], m[4]));
        let four = s.splat(4.0);
        let minus_four = s.splat(-4.0);
        let minus_five = s.splat(-5.0);
        [
            s.mul(four, m[0]),
            s.fma(
                minus_four,
                difference,
                s.fma(s.splat(-2.0), difference2, s.mul(four, m[5])),
            ),
            s.fma(
                minus_five,
                m[0],
                s.fma(minus_four, sum, s.sub(s.splat(0.0), sum2)),
            ),
            s.fma(
                minus_five,
                m[5],
                s.fma(s.splat(2.0), difference2, difference),
            ),
            s.add(m[0], s.add(sum, sum2)),
            m[5],
        ]
    }
    #[inline(always)]
    fn result(s: S, m: [S::V; 6]) -> [S::V; 4] {
        let (sum, difference) = (s.add(m[1], m[2]), s.sub(m[1], m[2]));
        let (sum2, difference2) = (s.add(m[3], m[4]), s.sub(m[3], m[4]));
        [
            s.add(s.add(m[0], sum), sum2),
            s.fma(s.splat(2.0), difference2, difference),
            s.fma(s.splat(4.0), sum2, sum),
            s.add(s.fma(s.splat(8.0), difference2, difference), m[5]),
        ]
    }
    #[inline(always)]
    fn result_transposed(s: S, y: [S::V; 4]) -> [S::V; 6] {
        let (even, odd) = (s.add(y[0], y[2]), s.add(y[1], y[3]));
        let even4 = s.fma(s.splat(4.0), y[2], y[0]);
        let odd4 = s.fma(s.splat(4.0), y[3], y[1]);
        [
            y[0],
            s.add(even, odd),
            s.sub(even, odd),
            s.fma(s.splat(2.0), odd4, even4),
            s.fma(s.splat(-2.0), odd4, even4),
            y[3],
        ]
    }
    #[inline(always)]
    fn weight(s: S, g: [S::V; 3]) -> [S::V; 6] {
        let (sixth, twelfth) = (s.splat(1.0 / 6.0), s.splat(1.0 / 12.0));
        let outer = s.mul(s.splat(-1.0 / 6.0), s.add(g[0], g[2]));
        let inner = s.mul(sixth, g[1]);
        let outer2 = s.fma(s.splat(1.0 / 24.0), g[0], s.mul(sixth, g[2]));
        let inner2 = s.mul(twelfth, g[1]);
        [
            s.mul(s.splat(0.25), g[0]),
            s.sub(outer, inner),
            s.add(outer, inner),
            s.add(outer2, inner2),
            s.sub(outer2, inner2),
            g[2],
        ]
    }
    #[inline(always)]
    fn weight_transposed(s: S, u: [S::V; 6]) -> [S::V; 3] {
        let (sixth, twelfth) = (s.splat(1.0 / 6.0), s.splat(1.0 / 12.0));
        let minus_sixth = s.splat(-1.0 / 6.0);
        let (sum, difference) = (s.add(u[1], u[2]), s.sub(u[2], u[1]));
        let (sum2, difference2) = (s.add(u[3], u[4]), s.sub(u[3], u[4]));
        let first = s.fma(minus_sixth, sum, s.mul(s.splat(1.0 / 24.0), sum2));
        [
            s.fma(s.splat(0.25), u[0], first),
            s.fma(sixth, difference, s.mul(twelfth, difference2)),
            s.fma(minus_sixth, sum, s.fma(sixth, sum2, u[5])),
        ]
    }
}
