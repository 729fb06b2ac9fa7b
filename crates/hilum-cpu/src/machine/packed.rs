//! Weights in the order in which kernels read them.

use crate::kernel::matrix::Panels;
use crate::kernel::winograd::{Four, Two, transform_weights};
use crate::memory::{Buffer, Shared};
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
    /// Values at all positions.
    pub(crate) fn len(self) -> usize {
        self.algorithm.positions() * self.rows * self.columns
    }
}

/// Packs `weights`, `[tap][c][k]`, for the forward product.
pub(crate) fn pack<S: Simd>(shape: Shape, weights: &[f32], to: &mut Buffer, pool: &mut Pool) {
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
            S::vectorize(
                #[inline(always)]
                || match shape.algorithm {
                    Algorithm::Four => {
                        transform_weights::<S, Four, 4, 6>(from, rows, columns, part, to);
                    }
                    Algorithm::Two => {
                        transform_weights::<S, Two, 2, 4>(from, rows, columns, part, to);
                    }
                    _ => pack_rows::<S>(from, rows, columns, part, to),
                },
            );
        }
    });
}

#[inline(always)]
unsafe fn pack_rows<S: Simd>(
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

/// Packs the transposes of forward-packed matrices, for the input's gradient.
pub(crate) fn transpose<S: Simd>(shape: Shape, packed: &Buffer, to: &mut Buffer, pool: &mut Pool) {
    let (rows, columns) = (shape.rows, shape.columns);
    assert!(
        packed.len() >= shape.len() && to.len() >= shape.len(),
        "whole matrices"
    );
    let across = Panels::new::<S>(rows);
    let count = across.count();
    let to: Shared<'_> = to.shared();
    pool.run(shape.algorithm.positions() * count, |task, _| {
        let (position, panel) = (task / count, task % count);
        let base = position * rows * columns;
        let first = across.start(panel) * S::LANES;
        let width = across.width(panel) * S::LANES;
        let from = &packed[base..base + rows * columns];
        // SAFETY: each task writes one panel.
        let to = unsafe { to.part(base + first * columns, width * columns).write() };
        transpose_panel::<S>(from, rows, columns, first, width, to);
    });
}

/// Writes rows `first..first + width` of a packed matrix as columns.
pub(super) fn transpose_panel<S: Simd>(
    from: &[f32],
    rows: usize,
    columns: usize,
    first: usize,
    width: usize,
    to: &mut [f32],
) {
    let panels = Panels::new::<S>(columns);
    for panel in 0..panels.count() {
        let start = panels.start(panel) * S::LANES;
        let across = panels.width(panel) * S::LANES;
        let block = &from[start * rows + first * across..][..width * across];
        let to = &mut to[start * width..][..across * width];
        for (filter, line) in to.chunks_exact_mut(width).enumerate() {
            for (value, row) in line.iter_mut().zip(block.chunks_exact(across)) {
                *value = row[filter];
            }
        }
    }
}
