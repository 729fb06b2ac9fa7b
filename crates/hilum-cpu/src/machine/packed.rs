//! Weights in the order in which kernels read them.

use crate::kernel::matrix::Panels;
use crate::kernel::winograd::{Four, Two, transform_weights};
use crate::memory::Buffer;
use crate::simd::Simd;
use crate::threads::Pool;

use super::plan::Algorithm;

/// A weight matrix of a convolution: `positions` matrices of `rows x columns`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) algorithm: Algorithm,
    /// Values under the kernel, or channels with Winograd.
    pub(crate) rows: usize,
    /// Filters, padding included.
    pub(crate) columns: usize,
}

impl Shape {
    /// Values before any transform.
    pub(crate) fn source_len(self) -> usize {
        let taps = if self.algorithm.positions() > 1 { 9 } else { 1 };
        taps * self.rows * self.columns
    }

    /// Values at all positions.
    pub(crate) fn len(self) -> usize {
        self.algorithm.positions() * self.rows * self.columns
    }
}

/// Packs `weights`, `[tap][c][k]`, for the forward product.
pub(crate) fn pack<S: Simd>(s: S, shape: Shape, weights: &[f32], to: &mut Buffer, pool: &mut Pool) {
    let (rows, columns) = (shape.rows, shape.columns);
    assert!(to.len() >= shape.len(), "room for packed weights");
    let taps = if shape.algorithm.positions() > 1 {
        9
    } else {
        1
    };
    assert!(weights.len() >= taps * rows * columns, "all weights");
    let to = to.shared();
    let tasks = pool.threads() * 2;
    pool.run(tasks, |task, _| {
        let part = task * rows / tasks..(task + 1) * rows / tasks;
        let (from, to) = (weights.as_ptr(), to.start());
        // SAFETY: each task writes the panels' rows of its own channels.
        unsafe {
            s.vectorize(
                #[inline(always)]
                || match shape.algorithm {
                    Algorithm::Four => {
                        transform_weights::<S, Four, 4, 6>(s, from, rows, columns, part, to);
                    }
                    Algorithm::Two => {
                        transform_weights::<S, Two, 2, 4>(s, from, rows, columns, part, to);
                    }
                    _ => pack_rows(s, from, rows, columns, part, to),
                },
            );
        }
    });
}

#[inline(always)]
unsafe fn pack_rows<S: Simd>(
    s: S,
    from: *const f32,
    rows: usize,
    columns: usize,
    part: std::ops::Range<usize>,
    to: *mut f32,
) {
    let panels = Panels::new::<S>(columns);
    for panel in 0..panels.count() {
        let first = panels.start(panel) * S::LANES;
        let width = panels.width(panel) * S::LANES;
        for row in part.clone() {
            let from = from.add(row * columns + first);
            let to = to.add(first * rows + row * width);
            std::ptr::copy_nonoverlapping(from, to, width);
        }
    }
}

/// Packs the transposes of `weights`, `[tap][c][k]`, for the input's gradient: with Winograd's
/// algorithms at every position. `between` has room for the transposed weights.
pub(crate) fn pack_transposed<S: Simd>(
    s: S,
    shape: Shape,
    weights: &[f32],
    between: &mut Buffer,
    to: &mut Buffer,
    pool: &mut Pool,
) {
    let (rows, columns) = (shape.rows, shape.columns);
    let len = shape.source_len();
    let matrices = len / (rows * columns);
    assert!(
        weights.len() >= len && between.len() >= len,
        "whole matrices"
    );
    let strips = rows.div_ceil(STRIP);
    let place = between.shared();
    pool.run(matrices * strips, |task, _| {
        let (matrix, strip) = (task / strips, task % strips);
        let part = strip * STRIP..((strip + 1) * STRIP).min(rows);
        let from = weights[matrix * rows * columns..].as_ptr();
        let to = place.part(matrix * rows * columns, rows * columns).start();
        // SAFETY: strips of columns are disjoint; both matrices are whole.
        unsafe {
            s.vectorize(
                #[inline(always)]
                || transpose(s, from, rows, columns, part, to),
            );
        }
    });
    let turned = Shape {
        algorithm: shape.algorithm,
        rows: columns,
        columns: rows,
    };
    pack(s, turned, between, to, pool);
}

/// Rows that a task transposes.
const STRIP: usize = 64;

/// Writes rows `part` of a `rows x columns` matrix as columns. Both numbers are whole registers,
/// so multiples of eight.
#[inline(always)]
unsafe fn transpose<S: Simd>(
    s: S,
    from: *const f32,
    rows: usize,
    columns: usize,
    part: std::ops::Range<usize>,
    to: *mut f32,
) {
    let mut column = 0;
    while column < columns {
        let mut row = part.start;
        while row < part.end {
            let from = from.add(row * columns + column);
            s.transpose(from, columns, to.add(column * rows + row), rows);
            row += 8;
        }
        column += 8;
    }
}
