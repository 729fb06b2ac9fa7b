//! The maximum under a 2x2 window of a max-pool.

use crate::simd::Simd;

/// The largest of four.
#[inline(always)]
pub(crate) fn largest_of_four<S: Simd>(s: S, four: [S::V; 4]) -> S::V {
    s.max(s.max(four[0], four[1]), s.max(four[2], four[3]))
}

/// The number of the largest of four as 0.0 to 3.0, of the first of equals.
#[inline(always)]
pub(crate) fn index_of_largest<S: Simd>(s: S, four: [S::V; 4], largest: S::V) -> S::V {
    let mut index = s.splat(3.0);
    for i in [2_u8, 1, 0] {
        index = s.select_eq(four[usize::from(i)], largest, s.splat(f32::from(i)), index);
    }
    index
}
