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

/// The points of `F(4, 3)`: `±NEAR` and `±FAR`, beside 0 and infinity.
///
/// They are exact, as are their powers, and the errors of what is rounded on the way are a half of those
/// at ±1 and ±2, by trial of such points (`bf16` or `f32` alike, so the ratio holds for both).
const NEAR: f32 = 11.0 / 16.0;
const FAR: f32 = 3.0 / 2.0;
const NEAR_2: f32 = NEAR * NEAR;
const FAR_2: f32 = FAR * FAR;
/// What the products at a point are divided by.
const OF_ZERO: f32 = 1.0 / (NEAR_2 * FAR_2);
const OF_NEAR: f32 = 1.0 / (2.0 * NEAR_2 * (NEAR_2 - FAR_2));
const OF_FAR: f32 = 1.0 / (2.0 * FAR_2 * (FAR_2 - NEAR_2));

/// `F(4, 3)`, interpolated at 0, `a` = [`NEAR`], `-a`, `b` = [`FAR`], `-b` and infinity, with `p = a²b²`,
/// `q = a² + b²`, `m = 2a²(a² - b²)` and `n = 2b²(b² - a²)`:
///
/// ```text
///       p   0   -q   0  1 0        1/p    0     0
///       0 -ab² -b²   a  1 0        1/m   a/m  a²/m           1 1  1  1  1  0
/// B^T = 0  ab² -b²  -a  1 0    G = 1/m  -a/m  a²/m    A^T =  0 a -a  b -b  0
///       0 -a²b -a²   b  1 0        1/n   b/n  b²/n           0 a² a² b² b² 0
///       0  a²b -a²  -b  1 0        1/n  -b/n  b²/n           0 a³ -a³ b³ -b³ 1
///       0   p    0  -q  0 1         0     0     1
/// ```
pub(crate) struct Four;

impl<S: Simd> Algebra<S, 4, 6> for Four {
    #[inline(always)]
    fn image(s: S, d: [S::V; 6]) -> [S::V; 6] {
        let (product, sum) = (s.splat(NEAR_2 * FAR_2), s.splat(-NEAR_2 - FAR_2));
        let (near_2, far_2) = (s.splat(-NEAR_2), s.splat(-FAR_2));
        let even = s.fma(far_2, d[2], d[4]);
        let odd = s.fma(far_2, d[1], d[3]);
        let even2 = s.fma(near_2, d[2], d[4]);
        let odd2 = s.fma(near_2, d[1], d[3]);
        [
            s.fma(product, d[0], s.fma(sum, d[2], d[4])),
            s.fma(s.splat(NEAR), odd, even),
            s.fma(s.splat(-NEAR), odd, even),
            s.fma(s.splat(FAR), odd2, even2),
            s.fma(s.splat(-FAR), odd2, even2),
            s.fma(product, d[1], s.fma(sum, d[3], d[5])),
        ]
    }
    #[inline(always)]
    fn image_transposed(s: S, m: [S::V; 6]) -> [S::V; 6] {
        let (product, both) = (s.splat(NEAR_2 * FAR_2), s.splat(-NEAR_2 - FAR_2));
        let (near_2, far_2) = (s.splat(-NEAR_2), s.splat(-FAR_2));
        let (sum, sum2) = (s.add(m[1], m[2]), s.add(m[3], m[4]));
        let difference = s.mul(s.splat(NEAR), s.sub(m[1], m[2]));
        let difference2 = s.mul(s.splat(FAR), s.sub(m[3], m[4]));
        [
            s.mul(product, m[0]),
            s.fma(
                far_2,
                difference,
                s.fma(near_2, difference2, s.mul(product, m[5])),
            ),
            s.fma(both, m[0], s.fma(far_2, sum, s.mul(near_2, sum2))),
            s.fma(both, m[5], s.add(difference, difference2)),
            s.add(m[0], s.add(sum, sum2)),
            m[5],
        ]
    }
    #[inline(always)]
    fn result(s: S, m: [S::V; 6]) -> [S::V; 4] {
        let (sum, sum2) = (s.add(m[1], m[2]), s.add(m[3], m[4]));
        let difference = s.mul(s.splat(NEAR), s.sub(m[1], m[2]));
        let difference2 = s.mul(s.splat(FAR), s.sub(m[3], m[4]));
        let (near_2, far_2) = (s.splat(NEAR_2), s.splat(FAR_2));
        [
            s.add(s.add(m[0], sum), sum2),
            s.add(difference, difference2),
            s.fma(far_2, sum2, s.mul(near_2, sum)),
            s.fma(far_2, difference2, s.fma(near_2, difference, m[5])),
        ]
    }
    #[inline(always)]
    fn result_transposed(s: S, y: [S::V; 4]) -> [S::V; 6] {
        let (near_2, far_2) = (s.splat(NEAR_2), s.splat(FAR_2));
        let even = s.fma(near_2, y[2], y[0]);
        let odd = s.fma(near_2, y[3], y[1]);
        let even2 = s.fma(far_2, y[2], y[0]);
        let odd2 = s.fma(far_2, y[3], y[1]);
        [
            y[0],
            s.fma(s.splat(NEAR), odd, even),
            s.fma(s.splat(-NEAR), odd, even),
            s.fma(s.splat(FAR), odd2, even2),
            s.fma(s.splat(-FAR), odd2, even2),
            y[3],
        ]
    }
    #[inline(always)]
    fn weight(s: S, g: [S::V; 3]) -> [S::V; 6] {
        let of_near = s.splat(OF_NEAR);
        let of_far = s.splat(OF_FAR);
        let outer = s.mul(of_near, s.fma(s.splat(NEAR_2), g[2], g[0]));
        let inner = s.mul(s.splat(NEAR * OF_NEAR), g[1]);
        let outer2 = s.mul(of_far, s.fma(s.splat(FAR_2), g[2], g[0]));
        let inner2 = s.mul(s.splat(FAR * OF_FAR), g[1]);
        [
            s.mul(s.splat(OF_ZERO), g[0]),
            s.add(outer, inner),
            s.sub(outer, inner),
            s.add(outer2, inner2),
            s.sub(outer2, inner2),
            g[2],
        ]
    }
    #[inline(always)]
    fn weight_transposed(s: S, u: [S::V; 6]) -> [S::V; 3] {
        let sum = s.mul(s.splat(OF_NEAR), s.add(u[1], u[2]));
        let sum2 = s.mul(s.splat(OF_FAR), s.add(u[3], u[4]));
        let difference = s.mul(s.splat(NEAR * OF_NEAR), s.sub(u[1], u[2]));
        let difference2 = s.mul(s.splat(FAR * OF_FAR), s.sub(u[3], u[4]));
        [
            s.fma(s.splat(OF_ZERO), u[0], s.add(sum, sum2)),
            s.add(difference, difference2),
            s.fma(s.splat(NEAR_2), sum, s.fma(s.splat(FAR_2), sum2, u[5])),
        ]
    }
}
