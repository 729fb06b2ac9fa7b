//! Transforms of tiles: image to positions, positions to results, and both ways back.
//!
//! At each of the `IN x IN` positions lies a matrix of tiles x channels; `plane` is the distance
//! in values from position to position.

use hilum_graph::Activation;

use super::Algebra;
use crate::kernel::norm::Linear;
use crate::kernel::view::View;
use crate::kernel::window::{self, Window};
use crate::simd::{Simd, registers};

/// Where a tile lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    /// The tile's number within its image, row by row.
    pub(crate) image: usize,
    /// First row of its results.
    pub(crate) row: usize,
    /// First column of its results.
    pub(crate) column: usize,
}

impl Patch {
    /// The tile `index` of a batch with tiles of `size` results.
    pub(crate) fn new(window: &Window, size: usize, index: usize) -> Self {
        let across = window.output[1].div_ceil(size);
        let per_image = across * window.output[0].div_ceil(size);
        let rest = index % per_image;
        Self {
            image: index / per_image,
            row: rest / across * size,
            column: rest % across * size,
        }
    }
}

/// Transforms the values under one tile. `scratch` has room for `IN * IN` pixels.
///
/// # Safety
/// Inside of `S::vectorize`; the patch lies in `view`, `to` has room at every position.
#[inline(always)]
pub(crate) unsafe fn image_tile<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    window: &Window,
    view: &View,
    patch: Patch,
    scratch: *mut f32,
    to: *mut f32,
    plane: usize,
) {
    let c = view.stride;
    let top = patch.row as isize - window.padding[0] as isize;
    let left = patch.column as isize - window.padding[1] as isize;
    let [height, width] = window.input.map(|size| size as isize);
    let size = IN as isize;
    let inside = top >= 0 && left >= 0 && top + size <= height && left + size <= width;
    let first = patch.image as isize * height * width;
    let simple = !view.scale.is_null() && matches!(view.activation, None | Some(Activation::Relu));
    if inside && simple {
        let pixel = first + top * width + left;
        let from = view.start.offset(pixel * c as isize);
        let step = width as usize * c;
        if view.activation.is_some() {
            transform::<S, A, OUT, IN, true, true>(s, from, step, view, to, plane);
        } else {
            transform::<S, A, OUT, IN, true, false>(s, from, step, view, to, plane);
        }
        return;
    }
    let (from, row_step) = if inside && view.is_plain() {
        let pixel = first + top * width + left;
        (view.start.offset(pixel * c as isize), width as usize * c)
    } else {
        let start = left.max(0);
        let end = (left + size).min(width);
        for i in 0..IN {
            let row = top + i as isize;
            let line = scratch.add(i * IN * c);
            let covered = row >= 0 && row < height && start < end;
            if !covered || start > left || end < left + size {
                window::fill(s, line, IN * c);
            }
            if covered {
                let pixel = (first + row * width + start) as usize;
                let at = line.add((start - left) as usize * c);
                view.read(s, pixel, (end - start) as usize, at);
            }
        }
        (scratch.cast_const(), IN * c)
    };
    transform::<S, A, OUT, IN, false, false>(s, from, row_step, view, to, plane);
}

/// `B^T d B` of pixels at `from`, whose rows are `row_step` apart; with `SCALED`, batch norm and,
/// with `RELU`, ReLU are applied on the way.
#[inline(always)]
unsafe fn transform<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
    const SCALED: bool,
    const RELU: bool,
>(
    s: S,
    from: *const f32,
    row_step: usize,
    view: &View,
    to: *mut f32,
    plane: usize,
) {
    let c = view.stride;
    let mut channel = 0;
    while channel < c {
        let from = from.add(channel);
        let (scale, shift) = if SCALED {
            (
                s.load(view.scale.add(channel)),
                s.load(view.shift.add(channel)),
            )
        } else {
            (s.splat(1.0), s.splat(0.0))
        };
        let mut rows = [[s.splat(0.0); IN]; IN];
        for (i, row) in rows.iter_mut().enumerate() {
            let line = from.add(i * row_step);
            *row = A::image(
                s,
                registers(
                    s,
                    #[inline(always)]
                    |j| {
                        let mut x = s.load(line.add(j * c));
                        if SCALED {
                            x = s.fma(x, scale, shift);
                        }
                        if RELU {
                            x = s.max(s.splat(0.0), x);
                        }
                        x
                    },
                ),
            );
        }
        for j in 0..IN {
            let column = A::image(
                s,
                registers(
                    s,
                    #[inline(always)]
                    |i| rows[i][j],
                ),
            );
            for (i, value) in column.iter().enumerate() {
                put(s, to.add((i * IN + j) * plane + channel), *value);
            }
        }
        channel += S::LANES;
    }
}

/// What becomes of a tile's results.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    /// The whole batch's result.
    pub(crate) to: *mut f32,
    /// Added per channel, if not null.
    pub(crate) bias: *const f32,
    /// Added value by value, if not null; a batch of its own.
    pub(crate) residual: *const f32,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// Whether a 2x2 max-pool follows; `to` then holds its result.
    pub(crate) pool: bool,
    /// Where the pool's choice among four goes, as 0.0 to 3.0, if not null.
    pub(crate) choice: *mut f32,
}

/// Transforms `channels` of one tile back and stores their results.
///
/// # Safety
/// Inside of `S::vectorize`; `from` holds the channels at every position, the patch lies in the
/// window's result of `k` channels.
#[inline(always)]
pub(crate) unsafe fn output_tile<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    window: &Window,
    from: *const f32,
    plane: usize,
    k: usize,
    channels: std::ops::Range<usize>,
    patch: Patch,
    output: &Output,
) {
    let [height, width] = window.output;
    let (low, high) = (s.splat(output.low), s.splat(output.high));
    let rows_here = OUT.min(height - patch.row);
    let columns_here = OUT.min(width - patch.column);
    let pixel = (patch.image * height + patch.row) * width + patch.column;
    let mut channel = channels.start;
    while channel < channels.end {
        let results = tile_results::<S, A, OUT, IN>(s, from.add(channel - channels.start), plane);
        let bias = if output.bias.is_null() {
            s.splat(0.0)
        } else {
            s.load(output.bias.add(channel))
        };
        if output.pool {
            pool_tile::<S, OUT>(s, &results, window, patch, k, channel, bias, output);
        } else {
            for (i, row) in results.iter().enumerate().take(rows_here) {
                for (j, value) in row.iter().enumerate().take(columns_here) {
                    let at = (pixel + i * width + j) * k + channel;
                    let mut value = s.add(*value, bias);
                    if !output.residual.is_null() {
                        value = s.add(value, s.load(output.residual.add(at)));
                    }
                    put(s, output.to.add(at), s.min(high, s.max(low, value)));
                }
            }
        }
        channel += S::LANES;
    }
}

#[inline(always)]
unsafe fn tile_results<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    s: S,
    from: *const f32,
    plane: usize,
) -> [[S::V; OUT]; OUT] {
    let zero = s.splat(0.0);
    let mut rows = [[zero; OUT]; IN];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = A::result(
            s,
            registers(
                s,
                #[inline(always)]
                |j| s.load(from.add((i * IN + j) * plane)),
            ),
        );
    }
    let mut results = [[zero; OUT]; OUT];
    for j in 0..OUT {
        let column = A::result(
            s,
            registers(
                s,
                #[inline(always)]
                |i| rows[i][j],
            ),
        );
        for (i, value) in column.iter().enumerate() {
            results[i][j] = *value;
        }
    }
    results
}

#[inline(always)]
unsafe fn pool_tile<S: Simd, const OUT: usize>(
    s: S,
    results: &[[S::V; OUT]; OUT],
    window: &Window,
    patch: Patch,
    k: usize,
    channel: usize,
    bias: S::V,
    output: &Output,
) {
    let [height, width] = window.output.map(|size| size / 2);
    let (low, high) = (s.splat(output.low), s.splat(output.high));
    let [row, column] = [patch.row / 2, patch.column / 2];
    for i in 0..(OUT / 2).min(height.saturating_sub(row)) {
        for j in 0..(OUT / 2).min(width.saturating_sub(column)) {
            let four = [
                results[2 * i][2 * j],
                results[2 * i][2 * j + 1],
                results[2 * i + 1][2 * j],
                results[2 * i + 1][2 * j + 1],
            ];
            let at = (((patch.image * height) + row + i) * width + column + j) * k + channel;
            let largest = largest_of_four(s, four, output.choice, at);
            let value = s.add(largest, bias);
            put(s, output.to.add(at), s.min(high, s.max(low, value)));
        }
    }
}

/// The largest of four, the first of equals; its index goes to `choice`, if not null.
#[inline(always)]
pub(crate) unsafe fn largest_of_four<S: Simd>(
    s: S,
    four: [S::V; 4],
    choice: *mut f32,
    at: usize,
) -> S::V {
    let largest = s.max(s.max(four[0], four[1]), s.max(four[2], four[3]));
    if !choice.is_null() {
        let mut index = s.splat(3.0);
        for i in [2_u8, 1, 0] {
            let number = s.splat(f32::from(i));
            index = s.select_eq(four[usize::from(i)], largest, number, index);
        }
        s.store(choice.add(at), index);
    }
    largest
}

/// The gradient of a convolution's stored results.
#[derive(Clone, Copy)]
pub(crate) struct ResultGradient {
    /// `g`, of the whole batch.
    pub(crate) g: *const f32,
    /// Stored values, for `line`.
    pub(crate) z: *const f32,
    /// Makes `dL/dz` from `g` and `z`; null pointers where `g` is it.
    pub(crate) line: Linear,
    /// The choices of a 2x2 max-pool, if one follows; `g` is then the gradient of its result.
    pub(crate) choice: *const f32,
}

/// Transforms the gradient of one tile's results.
///
/// # Safety
/// Inside of `S::vectorize`; pointers are valid for the window's result, `to` has room at every
/// position.
#[inline(always)]
pub(crate) unsafe fn gradient_tile<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    window: &Window,
    gradient: &ResultGradient,
    k: usize,
    patch: Patch,
    to: *mut f32,
    plane: usize,
) {
    let zero = s.splat(0.0);
    let mut channel = 0;
    while channel < k {
        let mut results = [[zero; OUT]; OUT];
        if gradient.choice.is_null() {
            read_gradient::<S, OUT>(s, window, gradient, k, patch, channel, &mut results);
        } else {
            unpool_gradient::<S, OUT>(s, window, gradient, k, patch, channel, &mut results);
        }
        let mut rows = [[zero; IN]; OUT];
        for (row, values) in rows.iter_mut().zip(results) {
            *row = A::result_transposed(s, values);
        }
        for j in 0..IN {
            let column = A::result_transposed(
                s,
                registers(
                    s,
                    #[inline(always)]
                    |i| rows[i][j],
                ),
            );
            for (i, value) in column.iter().enumerate() {
                put(s, to.add((i * IN + j) * plane + channel), *value);
            }
        }
        channel += S::LANES;
    }
}

#[inline(always)]
unsafe fn read_gradient<S: Simd, const OUT: usize>(
    s: S,
    window: &Window,
    gradient: &ResultGradient,
    k: usize,
    patch: Patch,
    channel: usize,
    results: &mut [[S::V; OUT]; OUT],
) {
    let [height, width] = window.output;
    let line = gradient.line;
    let pixel = (patch.image * height + patch.row) * width + patch.column;
    for i in 0..OUT.min(height - patch.row) {
        for j in 0..OUT.min(width - patch.column) {
            let at = (pixel + i * width + j) * k + channel;
            let mut value = s.load(gradient.g.add(at));
            if !line.a.is_null() {
                let z = s.load(gradient.z.add(at));
                let constant = s.fma(z, s.load(line.b.add(channel)), s.load(line.c.add(channel)));
                value = s.fma(value, s.load(line.a.add(channel)), constant);
            }
            results[i][j] = value;
        }
    }
}

#[inline(always)]
unsafe fn unpool_gradient<S: Simd, const OUT: usize>(
    s: S,
    window: &Window,
    gradient: &ResultGradient,
    k: usize,
    patch: Patch,
    channel: usize,
    results: &mut [[S::V; OUT]; OUT],
) {
    let [height, width] = window.output.map(|size| size / 2);
    let [row, column] = [patch.row / 2, patch.column / 2];
    for i in 0..(OUT / 2).min(height.saturating_sub(row)) {
        for j in 0..(OUT / 2).min(width.saturating_sub(column)) {
            let at = (((patch.image * height) + row + i) * width + column + j) * k + channel;
            let value = s.load(gradient.g.add(at));
            let choice = s.load(gradient.choice.add(at));
            for corner in 0..4_u8 {
                let (down, right) = (usize::from(corner / 2), usize::from(corner % 2));
                let number = s.splat(f32::from(corner));
                results[2 * i + down][2 * j + right] =
                    s.select_eq(choice, number, value, s.splat(0.0));
            }
        }
    }
}

/// Transforms products at all positions to the gradient of the values under one tile, and adds it.
///
/// # Safety
/// Inside of `S::vectorize`; nobody else writes the patch's image meanwhile.
#[inline(always)]
pub(crate) unsafe fn input_gradient_tile<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    window: &Window,
    from: *const f32,
    plane: usize,
    c: usize,
    patch: Patch,
    to: *mut f32,
) {
    let zero = s.splat(0.0);
    let top = patch.row as isize - window.padding[0] as isize;
    let left = patch.column as isize - window.padding[1] as isize;
    let [height, width] = window.input.map(|size| size as isize);
    let image = patch.image as isize * height * width;
    let rows_inside = (-top).max(0) as usize..(height - top).clamp(0, IN as isize) as usize;
    let columns_inside = (-left).max(0) as usize..(width - left).clamp(0, IN as isize) as usize;
    let mut channel = 0;
    while channel < c {
        let mut rows = [[zero; IN]; IN];
        for (i, row) in rows.iter_mut().enumerate() {
            *row = A::image_transposed(
                s,
                registers(
                    s,
                    #[inline(always)]
                    |j| s.load(from.add((i * IN + j) * plane + channel)),
                ),
            );
        }
        for j in columns_inside.clone() {
            let column = A::image_transposed(
                s,
                registers(
                    s,
                    #[inline(always)]
                    |i| rows[i][j],
                ),
            );
            for i in rows_inside.clone() {
                let pixel = image + (top + i as isize) * width + left + j as isize;
                let at = to.offset(pixel * c as isize + channel as isize);
                put(s, at, s.add(s.load(at), column[i]));
            }
        }
        channel += S::LANES;
    }
}

/// Stores a register, and fetches the line that is written four registers later: of so many lines
/// at once the processor foresees none.
#[inline(always)]
unsafe fn put<S: Simd>(s: S, to: *mut f32, value: S::V) {
    s.prefetch_write(to.wrapping_add(4 * S::LANES));
    s.store(to, value);
}
