//! Weights in the order in which kernels read them.

use super::algorithm::Algorithm;
use super::convolution::pairs_if;
use super::plan::{Factors, Shape};
use crate::kernel::matrix::Panels;
use crate::kernel::winograd::{Four, Two, transform_weights, transform_weights_to_words};
use crate::memory::{Scattered, Shared};
use crate::simd::{Pairs, Simd, round};
use crate::threads::Pool;

/// Packs `weights`, `[tap][c][k]`, for the forward product.
///
/// # Panics
/// If there are too few of them, or too little room, or words where the processor cannot multiply them.
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
        if let Some(pairs) = pairs_if::<S>(shape.factors == Factors::Words) {
            pack_part_to_words(s, pairs, shape, weights, part, to);
            return;
        }
        s.vectorize(
            #[inline(always)]
            || match shape.algorithm {
                Algorithm::Four => {
                    transform_weights::<S, Four, 4, 6>(s, weights, rows, columns, part, to);
                }
                Algorithm::Two => {
                    transform_weights::<S, Two, 2, 4>(s, weights, rows, columns, part, to);
                }
                _ => pack_rows::<S>(weights, rows, columns, part, to),
            },
        );
    });
    if is_rounded && is_transformed {
        // SAFETY: the phase that wrote them is over.
        round(unsafe { to.part(0, shape.len()).write() });
    }
}

/// Words of two rows, or channels, each: `part` is of words.
fn pack_part_to_words<S: Simd>(
    s: S,
    pairs: S::Pairs,
    shape: Shape,
    weights: &[f32],
    part: std::ops::Range<usize>,
    to: Scattered<'_>,
) {
    let (rows, columns) = (shape.rows, shape.columns);
    pairs.vectorize(
        #[inline(always)]
        || match shape.algorithm {
            Algorithm::Four => transform_weights_to_words::<S, _, Four, 4, 6>(
                s, pairs, weights, rows, columns, part, to,
            ),
            Algorithm::Two => transform_weights_to_words::<S, _, Two, 2, 4>(
                s, pairs, weights, rows, columns, part, to,
            ),
            _ => pack_words(s, pairs, weights, rows, columns, part, to),
        },
    );
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
#[inline(always)]
fn pack_words<S: Simd>(
    s: S,
    pairs: S::Pairs,
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
        for pair in part.clone() {
            let to = to.part(first * (rows / 2) + pair * width, width);
            let both = &from[2 * pair * columns + first..][..columns + width];
            for lane in (0..width).step_by(S::LANES) {
                // SAFETY: `lane` lies within the part, which is this task's alone, and within a row of
                // both.
                unsafe {
                    let one = s.read_unchecked(both, lane);
                    let other = s.read_unchecked(both, columns + lane);
                    to.store(s, lane, pairs.join(one, other));
                }
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
    // SAFETY: the phase that wrote them is over.
    let turned_weights = unsafe { between.part(0, len).read() };
    pack(s, shape.turned(), turned_weights, to, pool);
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

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::kernel::matrix::{Finish, Rows, RowsMut, multiply};
    use crate::kernel::narrow::narrow_rows;
    use crate::kernel::term::Paired;
    use crate::memory::Buffer;
    use crate::simd::Avx512;

    type Words = <Avx512 as Simd>::Pairs;

    fn values(len: usize, seed: usize) -> Vec<f32> {
        let value = |index: usize| ((index + seed) * 7919 % 1009) as f32 / 504.5 - 1.0;
        (0..len).map(value).collect()
    }

    fn rounded(values: &[f32]) -> Vec<f64> {
        let mut values = values.to_vec();
        round(&mut values);
        values.into_iter().map(f64::from).collect()
    }

    /// The product for an input's gradient: rows that lie apart with turned weights.
    #[test]
    fn products_with_turned_words_are_those_of_plain_loops_over_rounded_values() {
        let (Some(s), Some(pairs)) = (Avx512::detect(), Words::detect()) else {
            return;
        };
        for (rows, columns, apart) in [(16, 16, 0), (48, 64, 16), (144, 32, 0), (80, 48, 5)] {
            let shape = Shape {
                algorithm: Algorithm::Patches,
                factors: Factors::Words,
                rows,
                columns,
            };
            let (count, stride) = (7, columns + apart);
            let (weights, d) = (values(rows * columns, 3), values(count * stride, 5));
            let room = || Buffer::zeroed(rows * columns);
            let (mut between, mut packed) = (room(), room());
            let mut pool = Pool::new(2);
            let (turned, to) = (between.shared(), packed.shared());
            pack_transposed(s, shape, &weights, turned, to, &mut pool);
            let from = Rows { values: &d, stride };
            let mut words = vec![0.0; count * columns / 2];
            narrow_rows(s, pairs, from, count, columns, &mut words);
            let a = Rows {
                values: &words,
                stride: columns / 2,
            };
            let mut found = vec![0.0; count * rows];
            let out = RowsMut::new(Scattered::of(&mut found), rows);
            let layout = Panels::new::<Avx512>(rows);
            let (panels, depth) = (0..layout.count(), columns / 2);
            let (term, store) = (Paired(s, pairs), Finish::STORE);
            multiply(
                s, term, count, depth, a, &packed, layout, panels, out, store,
            );
            let (weights, d) = (rounded(&weights), rounded(&d));
            for (at, found) in found.iter().enumerate() {
                let (row, value) = (at / rows, at % rows);
                let products = weights[value * columns..][..columns]
                    .iter()
                    .zip(&d[row * stride..]);
                let expected: f64 = products.map(|(weight, d)| weight * d).sum();
                let off = (f64::from(*found) - expected).abs();
                assert!(off < 1e-5, "{rows} x {columns}: {found}, not {expected}");
            }
        }
    }
}
