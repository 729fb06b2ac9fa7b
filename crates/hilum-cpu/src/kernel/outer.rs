//! Sums of outer products: the gradient of a convolution's weights.
//!
//! `C[m][n] += sum over r of A[r][m] * D[r][n]`: the pixels `r` of a block run in the inner loop,
//! and a tile of `C` stays in registers meanwhile.

use super::matrix::{Panels, Rows, RowsMut, tallest};
use crate::memory::Scattered;
use crate::simd::Simd;

/// Rows that are added at once: a panel of them stays in the nearest cache.
const BLOCK: usize = 96;

/// How many rows ahead of their use values are fetched.
const AHEAD: usize = 6;

/// Adds the products of `count` rows of `m` values of `a` and of all columns of `d` to `c`, or
/// replaces it.
///
/// # Panics
/// If any of them is too short.
#[inline(never)]
pub(crate) fn add_products<S: Simd>(
    s: S,
    count: usize,
    m: usize,
    a: Rows<'_>,
    d: Rows<'_>,
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: RowsMut<'_>,
    replace: bool,
) {
    s.vectorize(
        #[inline(always)]
        || add_products_here(s, count, m, a, d, layout, panels, c, replace),
    );
}

#[inline(always)]
fn add_products_here<S: Simd>(
    s: S,
    count: usize,
    m: usize,
    a: Rows<'_>,
    d: Rows<'_>,
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: RowsMut<'_>,
    replace: bool,
) {
    if m == 0 || count == 0 {
        return;
    }
    for panel in panels {
        let column = layout.start(panel) * S::LANES;
        let columns = layout.width(panel) * S::LANES;
        let out = c
            .values
            .part(column - c.first_column, (m - 1) * c.stride + columns);
        let mut done = 0;
        while done < count {
            let rows = BLOCK.min(count - done);
            let block = Block {
                rows,
                m,
                a: &a.values[done * a.stride..][..(rows - 1) * a.stride + m],
                a_stride: a.stride,
                d: &d.values[done * d.stride + column..][..(rows - 1) * d.stride + columns],
                d_stride: d.stride,
                c: out,
                c_stride: c.stride,
                replace: replace && done == 0,
            };
            // SAFETY: the slices and the part of `C` are as long as the rows and the panel's
            // columns ask for.
            unsafe {
                match layout.width(panel) {
                    1 => block.tiles::<S, 1>(s),
                    2 => block.tiles::<S, 2>(s),
                    _ => block.tiles::<S, 3>(s),
                }
            }
            done += rows;
        }
    }
}

/// A block of rows against one panel.
struct Block<'a> {
    rows: usize,
    m: usize,
    a: &'a [f32],
    a_stride: usize,
    d: &'a [f32],
    d_stride: usize,
    c: Scattered<'a>,
    c_stride: usize,
    replace: bool,
}

impl Block<'_> {
    /// Where register `j` of row `i` of a tile of `C` lies.
    #[inline(always)]
    fn at<S: Simd>(&self, i: usize, j: usize) -> usize {
        i * self.c_stride + j * S::LANES
    }

    /// # Safety
    /// `a` holds `rows` rows of `m` values, `d` as many of `N` registers, `c` `m` rows of as many.
    #[inline(always)]
    unsafe fn tiles<S: Simd, const N: usize>(&self, s: S) {
        let m = self.m;
        let tile_count = m.div_ceil(tallest::<S>(N));
        let mut row = 0;
        for tile in 0..tile_count {
            let height = (m - row).div_ceil(tile_count - tile);
            macro_rules! tile {
                ($($height:literal)*) => {
                    match height {
                        // SAFETY: the caller's promise; `row + height <= m`.
                        $($height if $height <= tallest::<S>(N) => unsafe {
                            self.tile::<S, $height, N>(s, row);
                        },)*
                        _ => unreachable!("a tile is at most as high as the tallest"),
                    }
                };
            }
            tile!(1 2 3 4 5 6 7 8);
            row += height;
        }
    }

    /// `M` rows of `C` from `first` on.
    ///
    /// # Safety
    /// As for [`tiles`](Self::tiles); `first + M <= m`.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const N: usize>(&self, s: S, first: usize) {
        let len = (M - 1) * self.c_stride + N * S::LANES;
        let c = self.c.part(first * self.c_stride, len);
        let mut sums = [[s.splat(0.0); N]; M];
        if !self.replace {
            for (i, row) in sums.iter_mut().enumerate() {
                for (j, sum) in row.iter_mut().enumerate() {
                    // SAFETY: `c` holds the row's `N` registers.
                    *sum = unsafe { c.load(s, self.at::<S>(i, j)) };
                }
            }
        }
        let (rows, a_stride, d_stride) = (self.rows, self.a_stride, self.d_stride);
        let mut from = self.a.as_ptr().wrapping_add(first);
        let mut by = self.d.as_ptr();
        for _ in 0..rows {
            s.prefetch(from.wrapping_add(AHEAD * a_stride));
            s.prefetch(by.wrapping_add(AHEAD * d_stride));
            let mut row = [s.splat(0.0); N];
            for (j, value) in row.iter_mut().enumerate() {
                // SAFETY: the row of `d` has `N` registers.
                *value = unsafe { s.load(by.add(j * S::LANES)) };
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                // SAFETY: the row of `a` has `first + M` values.
                let x = s.splat(unsafe { *from.add(i) });
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum = s.fma(x, value, *sum);
                }
            }
            from = from.wrapping_add(a_stride);
            by = by.wrapping_add(d_stride);
        }
        for (i, row) in sums.iter().enumerate() {
            for (j, sum) in row.iter().enumerate() {
                // SAFETY: `c` holds the row's `N` registers.
                unsafe { c.store(s, self.at::<S>(i, j), *sum) };
            }
        }
    }
}
