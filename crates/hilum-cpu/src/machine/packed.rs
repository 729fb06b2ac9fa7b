//! Weights in the order in which kernels read them.

use super::algorithm::Algorithm;
use super::plan::{Factors, Shape};
use crate::kernel::matrix::Panels;
use crate::kernel::winograd::{Four, Two, transform_weights, transform_weights_to_words};
use crate::memory::{Scattered, Shared};
use crate::simd::{Simd, round, word};
use crate::threads::Pool;

/// Packs `weights`, `[tap][c][k]`, for the forward product.
pub(crate) fn pack<S: Simd>(s: S, shape: Shape, weights: &[f32], to: Shared<'_>, pool: &mut Pool) {
    let (rows, columns) = (shape.rows, shape.columns);
    assert!(to.len() >= shape.len(), "room for packed weights");
    assert!(weights.len() >= shape.source_len(), "all weights");
    let is_transformed = shape.algorithm.positions() > 1;
    let is_rounded = shape.factors == Factors::Rounded;
    let rounded = (is_rounded && !is_transformed).then(|| {
        let mut rounded = weights.to_vec();
        round(&mut rounded);
        rounded
    });
    let weights = rounded.as_deref().unwrap_or(weights);
    let tasks = pool.threads() * 2;
    pool.run(tasks, |task, _| {
        let packed = match shape.factors {
            Factors::Words => rows / 2,
            Factors::Exact | Factors::Rounded => rows,
        };
        let part = task * packed / tasks..(task + 1) * packed / tasks;
        // SAFETY: each task writes the panels' rows of its own channels.
        let to = unsafe { to.scattered() };
        s.vectorize(
            #[inline(always)]
            || match (shape.algorithm, shape.factors) {
                (Algorithm::Four, Factors::Words) => {
                    transform_weights_to_words::<S, Four, 4, 6>(
                        s, weights, rows, columns, part, to,
                    );
                }
                (Algorithm::Four, _) => {
                    transform_weights::<S, Four, 4, 6>(s, weights, rows, columns, part, to);
                }
                (Algorithm::Two, Factors::Words) => {
                    transform_weights_to_words::<S, Two, 2, 4>(s, weights, rows, columns, part, to);
                }
                (Algorithm::Two, _) => {
                    transform_weights::<S, Two, 2, 4>(s, weights, rows, columns, part, to);
                }
                (_, Factors::Words) => pack_words::<S>(weights, rows, columns, part, to),
                (_, Factors::Exact | Factors::Rounded) => {
                    pack_rows::<S>(weights, rows, columns, part, to);
                }
            },
        );
    });
    if is_rounded && is_transformed {
        // SAFETY: the phase that wrote them is over.
        round(unsafe { to.part(0, shape.len()).write() });
    }
}

fn pack_rows<S: Simd>(
    from: &[f32],
    rows: usize,
    columns: usize,
    part: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    let panels = Panels::new::<S>(columns);
    for panel in 0..panels.count() {
        let first = panels.start(panel) * S::LANES;
        let width = panels.width(panel) * S::LANES;
        for row in part.clone() {
            let from = &from[row * columns + first..][..width];
            to.part(first * rows + row * width, width).copy_from(from);
        }
    }
}

/// The same in words of two rows each: `part` is of words.
fn pack_words<S: Simd>(
    from: &[f32],
    rows: usize,
    columns: usize,
    part: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    let panels = Panels::new::<S>(columns);
    let row = |row: usize| &from[row * columns..][..columns];
    for panel in 0..panels.count() {
        let first = panels.start(panel) * S::LANES;
        let width = panels.width(panel) * S::LANES;
        for pair in part.clone() {
            let to = to.part(first * (rows / 2) + pair * width, width);
            let of_both = row(2 * pair)[first..]
                .iter()
                .zip(&row(2 * pair + 1)[first..]);
            for (column, (first, second)) in of_both.take(width).enumerate() {
                // SAFETY: `column` lies within the part, which is this task's alone.
                unsafe { to.address(column).write(word(*first, *second)) };
            }
        }
    }
}

/// Packs the transposes of `weights`, `[tap][c][k]`, for the input's gradient: with Winograd's
/// algorithms at every position. `between` has room for the transposed weights.
pub(crate) fn pack_transposed<S: Simd>(
    s: S,
    shape: Shape,
    weights: &[f32],
    between: Shared<'_>,
    to: Shared<'_>,
    pool: &mut Pool,
) {
    let (rows, columns) = (shape.rows, shape.columns);
    let len = shape.source_len();
    assert!(weights.len() >= len, "whole matrices");
    let strips = rows.div_ceil(STRIP);
    pool.run(shape.matrices() * strips, |task, _| {
        let (matrix, strip) = (task / strips, task % strips);
        let part = strip * STRIP..((strip + 1) * STRIP).min(rows);
        let from = &weights[matrix * rows * columns..][..rows * columns];
        let to = between.part(matrix * rows * columns, rows * columns);
        // SAFETY: strips of columns are disjoint.
        let to = unsafe { to.scattered() };
        s.vectorize(
            #[inline(always)]
            || transpose(s, from, rows, columns, part, to),
        );
    });
    let turned = Shape {
        algorithm: shape.algorithm,
        factors: Factors::Exact,
        rows: columns,
        columns: rows,
    };
    // SAFETY: the phase that wrote them is over.
    let turned_weights = unsafe { between.part(0, len).read() };
    pack(s, turned, turned_weights, to, pool);
}

/// Rows that a task transposes.
const STRIP: usize = 64;

/// Writes rows `part` of a `rows x columns` matrix as columns. Both numbers are whole registers,
/// so multiples of eight.
#[inline(always)]
fn transpose<S: Simd>(
    s: S,
    from: &[f32],
    rows: usize,
    columns: usize,
    part: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    let whole = |count: usize| count.is_multiple_of(8);
    assert!(
        whole(rows) && whole(columns) && whole(part.start) && whole(part.end),
        "squares"
    );
    assert!(
        part.end <= rows && from.len().min(to.len()) >= rows * columns,
        "both matrices"
    );
    for column in (0..columns).step_by(8) {
        for row in part.clone().step_by(8) {
            let from = from[row * columns + column..].as_ptr();
            let to = to.address(column * rows + row);
            // SAFETY: rows `row..row + 8` and columns `column..column + 8` exist in both.
            unsafe { s.transpose(from, columns, to, rows) };
        }
    }
}
