//! Sums of outer products: the gradient of a convolution's weights.
//!
//! `C[m][n] += sum over r of A[r][m] * D[r][n]`: the pixels `r` of a block run in the inner loop,
//! and a tile of `C` stays in registers meanwhile.

use super::matrix::{Panels, Rows, tallest};
use crate::simd::Simd;

/// Rows that are added at once: a panel of them stays in the nearest cache.
const BLOCK: usize = 96;

/// How many rows ahead of their use values are fetched.
const AHEAD: usize = 6;

/// Adds the products of `count` rows to `c`, or replaces it.
///
/// # Safety
/// Inside of `S::vectorize`. `a` holds `count` rows of `m` values, `d` `count` rows of all
/// columns of `panels`, `c` `m` rows of as many.
#[inline(never)]
pub(crate) unsafe fn add_products<S: Simd>(
    s: S,
    count: usize,
    m: usize,
    a: Rows<*const f32>,
    d: Rows<*const f32>,
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: Rows<*mut f32>,
    replace: bool,
) {
    s.vectorize(
        #[inline(always)]
        || add_products_here(s, count, m, a, d, layout, panels, c, replace),
    );
}

#[inline(always)]
unsafe fn add_products_here<S: Simd>(
    s: S,
    count: usize,
    m: usize,
    a: Rows<*const f32>,
    d: Rows<*const f32>,
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: Rows<*mut f32>,
    replace: bool,
) {
    for panel in panels {
        let column = layout.start(panel) * S::LANES;
        let mut done = 0;
        while done < count {
            let depth = BLOCK.min(count - done);
            let a = Rows {
                start: a.start.add(done * a.stride),
                ..a
            };
            let d = Rows {
                start: d.start.add(done * d.stride + column),
                ..d
            };
            let out = Rows {
                start: c.start.add(column),
                ..c
            };
            let first = replace && done == 0;
            match layout.width(panel) {
                1 => tiles::<S, 1>(s, depth, m, a, d, out, first),
                2 => tiles::<S, 2>(s, depth, m, a, d, out, first),
                _ => tiles::<S, 3>(s, depth, m, a, d, out, first),
            }
            done += depth;
        }
    }
}

#[inline(always)]
unsafe fn tiles<S: Simd, const N: usize>(
    s: S,
    count: usize,
    m: usize,
    a: Rows<*const f32>,
    d: Rows<*const f32>,
    c: Rows<*mut f32>,
    replace: bool,
) {
    let tile_count = m.div_ceil(tallest::<S>(N));
    let mut row = 0;
    for tile in 0..tile_count {
        let height = (m - row).div_ceil(tile_count - tile);
        let from = Rows {
            start: a.start.add(row),
            ..a
        };
        let to = Rows {
            start: c.start.add(row * c.stride),
            ..c
        };
        macro_rules! tile {
            ($($height:literal)*) => {
                match height {
                    $($height if $height <= tallest::<S>(N) =>
                        one_tile::<S, $height, N>(s, count, from, d, to, replace),)*
                    _ => unreachable!("a tile is at most as high as the tallest"),
                }
            };
        }
        tile!(1 2 3 4 5 6 7 8 9 10 11 12);
        row += height;
    }
}

#[inline(always)]
unsafe fn one_tile<S: Simd, const M: usize, const N: usize>(
    s: S,
    count: usize,
    a: Rows<*const f32>,
    d: Rows<*const f32>,
    c: Rows<*mut f32>,
    replace: bool,
) {
    let mut sums = [[s.splat(0.0); N]; M];
    if !replace {
        for (i, row) in sums.iter_mut().enumerate() {
            for (j, sum) in row.iter_mut().enumerate() {
                *sum = s.load(c.start.add(i * c.stride + j * S::LANES));
            }
        }
    }
    let (mut from, mut by) = (a.start, d.start);
    for _ in 0..count {
        s.prefetch(from.wrapping_add(AHEAD * a.stride));
        s.prefetch(by.wrapping_add(AHEAD * d.stride));
        let mut row = [s.splat(0.0); N];
        for (j, value) in row.iter_mut().enumerate() {
            *value = s.load(by.add(j * S::LANES));
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            let x = s.splat(*from.add(i));
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum = s.fma(x, value, *sum);
            }
        }
        from = from.wrapping_add(a.stride);
        by = by.wrapping_add(d.stride);
    }
    for (i, row) in sums.iter().enumerate() {
        for (j, sum) in row.iter().enumerate() {
            s.store(c.start.add(i * c.stride + j * S::LANES), *sum);
        }
    }
}
