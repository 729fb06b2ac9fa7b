//! Tiles forward: image to positions, positions to results.
//!
//! At each of the `IN x IN` positions lies a matrix of tiles x channels; `plane` is the distance
//! in values from position to position.

use hilum_graph::Activation;

use super::algebra::Algebra;
use super::patch::{AHEAD, Patch, PooledPatch, column, put};
use crate::kernel::pool::{index_of_largest, largest_of_four};
use crate::kernel::term::{Stored, Term};
use crate::kernel::view::{Affine, View};
use crate::kernel::window::{self, Window};
use crate::memory::Scattered;
use crate::simd::{Simd, registers};

/// Transforms the values under one tile to its place at every position of `to`, kept as `term` multiplies them.
/// `scratch` has room for `IN * IN` pixels.
///
/// # Panics
/// If the patch does not lie in the view, or `to` has no room at a position.
#[inline(always)]
pub(crate) fn image_tile<
    S: Simd,
    T: Term<S>,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    term: T,
    window: &Window,
    view: &View<'_>,
    patch: Patch,
    scratch: &mut [f32],
    to: Scattered<'_>,
    plane: usize,
) {
    // Places of a pixel: of words, fewer than it has channels.
    let c = view.stride;
    let top = patch.row as isize - window.padding[0] as isize;
    let left = patch.column as isize - window.padding[1] as isize;
    let [height, width] = window.input.map(|size| size as isize);
    let size = IN as isize;
    let inside = top >= 0 && left >= 0 && top + size <= height && left + size <= width;
    let first = patch.image as isize * height * width;
    let step = width as usize * c;
    if inside {
        let pixel = (first + top * width + left) as usize;
        let from = &view.values[pixel * c..];
        macro_rules! transform {
            ($affine:expr, $scaled:literal, $relu:literal) => {
                transform::<S, T, A, OUT, IN, $scaled, $relu, false>(
                    s, term, from, step, c, $affine, to, plane,
                )
            };
        }
        match (view.affine, view.activation) {
            (Some(affine), None) => return transform!(affine, true, false),
            (Some(affine), Some(Activation::Relu)) => return transform!(affine, true, true),
            (None, None) if !view.words => return transform!(Affine::NONE, false, false),
            (None, None) => {
                let affine = Affine::NONE;
                return transform::<S, T, A, OUT, IN, false, false, true>(
                    s, term, from, step, c, affine, to, plane,
                );
            }
            _ => {}
        }
    }
    let start = left.max(0);
    let end = (left + size).min(width);
    for (i, line) in scratch.chunks_exact_mut(IN * c).enumerate().take(IN) {
        let row = top + i as isize;
        let covered = row >= 0 && row < height && start < end;
        if !covered || start > left || end < left + size {
            window::fill(s, line, IN * c);
        }
        if covered {
            let pixel = (first + row * width + start) as usize;
            let line = &mut line[(start - left) as usize * c..];
            view.read(s, pixel, (end - start) as usize, line);
        }
    }
    let (from, step, affine) = (&*scratch, IN * c, Affine::NONE);
    if view.words {
        transform::<S, T, A, OUT, IN, false, false, true>(
            s, term, from, step, c, affine, to, plane,
        );
    } else {
        transform::<S, T, A, OUT, IN, false, false, false>(
            s, term, from, step, c, affine, to, plane,
        );
    }
}

/// `B^T d B` of pixels of `c` places at `from`, whose rows are `row_step` apart; with `WORDS` a place holds as many
/// values as `term` takes from it; with `SCALED`, batch norm and, with `RELU`, ReLU are applied on the way.
#[inline(always)]
fn transform<
    S: Simd,
    T: Term<S>,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
    const SCALED: bool,
    const RELU: bool,
    const WORDS: bool,
>(
    s: S,
    term: T,
    from: &[f32],
    row_step: usize,
    c: usize,
    affine: Affine<'_>,
    to: Scattered<'_>,
    plane: usize,
) {
    let density = if WORDS { T::VALUES } else { 1 };
    let channels = c * density;
    assert!(channels.is_multiple_of(S::LANES), "whole registers");
    assert!(
        (IN - 1) * row_step + IN * c <= from.len(),
        "all pixels of the tile"
    );
    assert!(
        (IN * IN - 1) * plane + channels / T::KEPT <= to.len(),
        "room at every position"
    );
    let mut channel = 0;
    while channel < channels {
        let (scale, shift) = if SCALED {
            (s.read(affine.scale, channel), s.read(affine.shift, channel))
        } else {
            (s.splat(1.0), s.splat(0.0))
        };
        let from = from.as_ptr().wrapping_add(channel / density);
        let mut rows = [[s.splat(0.0); IN]; IN];
        for (i, row) in rows.iter_mut().enumerate() {
            let line = from.wrapping_add(i * row_step);
            let line = registers(
                s,
                #[inline(always)]
                |j| {
                    // SAFETY: pixel `j` of row `i` has a register at `channel`.
                    let mut x = unsafe {
                        if WORDS {
                            term.take(line.add(j * c))
                        } else {
                            s.load(line.add(j * c))
                        }
                    };
                    if SCALED {
                        x = s.fma(x, scale, shift);
                    }
                    if RELU {
                        x = s.max(s.splat(0.0), x);
                    }
                    x
                },
            );
            *row = A::image(s, line);
        }
        for j in 0..IN {
            let column = A::image(s, column(s, &rows, j));
            for (i, value) in column.iter().enumerate() {
                let to = to.address((i * IN + j) * plane + channel / T::KEPT);
                s.prefetch_write(to.wrapping_add(AHEAD));
                // SAFETY: there is room for all channels at every position.
                unsafe { term.keep(*value, to) };
            }
        }
        channel += S::LANES;
    }
}

/// What becomes of a tile's results.
#[derive(Clone, Copy)]
pub(crate) struct Output<'a> {
    /// The whole batch's result.
    pub(crate) to: Scattered<'a>,
    /// Whether it is stored as the term keeps it, [`Term::KEPT`] in a place.
    pub(crate) kept: bool,
    /// Added per channel.
    pub(crate) bias: &'a [f32],
    /// Added value by value; a batch of its own.
    pub(crate) residual: Option<Stored<'a>>,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// Whether a 2x2 max-pool follows; `to` then holds its result.
    pub(crate) pool: bool,
    /// Where the pool's choice among four goes, as 0.0 to 3.0.
    pub(crate) choice: Option<Scattered<'a>>,
}

impl Output<'_> {
    /// Stores a register of results at `at`; with `KEPT`, as `term` keeps it.
    ///
    /// # Safety
    /// `at + LANES` is at most the number of results.
    #[inline(always)]
    unsafe fn put<S: Simd, T: Term<S>, const KEPT: bool>(
        &self,
        s: S,
        term: T,
        at: usize,
        value: S::V,
    ) {
        if KEPT {
            let to = self.to.address(at / T::KEPT);
            s.prefetch_write(to.wrapping_add(AHEAD));
            // SAFETY: the caller's promise.
            unsafe { term.keep(value, to) };
        } else {
            // SAFETY: the caller's promise.
            unsafe { put(s, self.to, at, value) };
        }
    }
}

/// Transforms `channels` of one tile of `k` channels back and stores their results. `from` holds
/// these channels at every position.
///
/// # Panics
/// If the patch does not lie in the result, or `from` is too short.
#[inline(always)]
pub(crate) fn output_tile<
    S: Simd,
    T: Term<S>,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    term: T,
    window: &Window,
    from: &[f32],
    plane: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    patch: Patch,
    output: &Output<'_>,
) {
    if output.kept {
        output_tile_as::<S, T, A, OUT, IN, true>(
            s, term, window, from, plane, k, channels, patch, output,
        );
    } else {
        output_tile_as::<S, T, A, OUT, IN, false>(
            s, term, window, from, plane, k, channels, patch, output,
        );
    }
}

#[inline(always)]
fn output_tile_as<
    S: Simd,
    T: Term<S>,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
    const KEPT: bool,
>(
    s: S,
    term: T,
    window: &Window,
    from: &[f32],
    plane: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    patch: Patch,
    output: &Output<'_>,
) {
    let density = if KEPT { T::KEPT } else { 1 };
    let [height, width] = window.output;
    let rows_here = OUT.min(height - patch.row);
    let columns_here = OUT.min(width - patch.column);
    let pixel = (patch.image * height + patch.row) * width + patch.column;
    let last = pixel + (rows_here - 1) * width + columns_here - 1;
    let end = last * k + channels.end;
    assert!(channels.len().is_multiple_of(S::LANES), "whole registers");
    assert!(
        (IN * IN - 1) * plane + channels.len() <= from.len(),
        "products at every position"
    );
    assert!(
        output.pool || end <= output.to.len() * density,
        "results of the patch"
    );
    assert!(
        output
            .residual
            .is_none_or(|residual| end <= residual.len::<S, T>()),
        "as many to add"
    );
    let (low, high) = (s.splat(output.low), s.splat(output.high));
    let mut channel = channels.start;
    while channel < channels.end {
        let from = &from[channel - channels.start..];
        // SAFETY: `from` has a register of these channels at every position.
        let results = unsafe { tile_results::<S, A, OUT, IN>(s, from, plane) };
        let bias = s.read(output.bias, channel);
        if output.pool {
            pool_tile::<S, T, OUT, KEPT>(
                s, term, &results, window, patch, k, channel, bias, output,
            );
        } else {
            for (i, row) in results.iter().enumerate().take(rows_here) {
                for (j, value) in row.iter().enumerate().take(columns_here) {
                    let at = (pixel + i * width + j) * k + channel;
                    let mut value = s.add(*value, bias);
                    if let Some(residual) = output.residual {
                        // SAFETY: at most at `end`, as checked above.
                        value = s.add(value, unsafe { residual.register(s, term, at) });
                    }
                    // SAFETY: as above.
                    unsafe {
                        output.put::<S, T, KEPT>(s, term, at, s.min(high, s.max(low, value)));
                    };
                }
            }
        }
        channel += S::LANES;
    }
}

/// `A^T m A` of one register of channels.
///
/// # Safety
/// `from` has a register at every position.
#[inline(always)]
unsafe fn tile_results<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    s: S,
    from: &[f32],
    plane: usize,
) -> [[S::V; OUT]; OUT] {
    let zero = s.splat(0.0);
    let mut rows = [[zero; OUT]; IN];
    for (i, row) in rows.iter_mut().enumerate() {
        let line = registers(
            s,
            #[inline(always)]
            // SAFETY: the caller's promise.
            |j| unsafe { s.read_unchecked(from, (i * IN + j) * plane) },
        );
        *row = A::result(s, line);
    }
    let mut results = [[zero; OUT]; OUT];
    for j in 0..OUT {
        let column = A::result(s, column(s, &rows, j));
        for (i, value) in column.iter().enumerate() {
            results[i][j] = *value;
        }
    }
    results
}

/// The 2x2 max-pool of a tile's results, with bias and limits.
#[inline(always)]
fn pool_tile<S: Simd, T: Term<S>, const OUT: usize, const KEPT: bool>(
    s: S,
    term: T,
    results: &[[S::V; OUT]; OUT],
    window: &Window,
    patch: Patch,
    k: usize,
    channel: usize,
    bias: S::V,
    output: &Output<'_>,
) {
    let density = if KEPT { T::KEPT } else { 1 };
    let (low, high) = (s.splat(output.low), s.splat(output.high));
    let pooled = PooledPatch::new(window, patch, OUT);
    for i in 0..pooled.rows {
        for j in 0..pooled.columns {
            let four = registers(
                s,
                #[inline(always)]
                |corner| results[2 * i + corner / 2][2 * j + corner % 2],
            );
            let at = pooled.pixel(i, j) * k + channel;
            let largest = largest_of_four(s, four);
            if let Some(choice) = output.choice {
                choice
                    .part(at, S::LANES)
                    .write(s, index_of_largest(s, four, largest));
            }
            let value = s.min(high, s.max(low, s.add(largest, bias)));
            assert!(
                at + S::LANES <= output.to.len() * density,
                "pooled results of the patch"
            );
            // SAFETY: just checked.
            unsafe { output.put::<S, T, KEPT>(s, term, at, value) };
        }
    }
}
