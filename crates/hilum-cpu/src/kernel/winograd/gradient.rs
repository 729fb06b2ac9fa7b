//! Tiles backward: gradients of results to positions, positions to gradients of the image.
//!
//! Positions lie as [forward](super::tiles).

use super::algebra::Algebra;
use super::patch::{Patch, PooledPatch, column, put};
use crate::kernel::norm::Linear;
use crate::kernel::window::Window;
use crate::memory::Scattered;
use crate::simd::{Simd, registers};

/// The gradient of a convolution's stored results.
#[derive(Clone, Copy)]
pub(crate) struct ResultGradient<'a> {
    /// `g`, of the whole batch.
    pub(crate) g: &'a [f32],
    /// Stored values, for `linear`.
    pub(crate) z: &'a [f32],
    /// Makes `dL/dz` from `g` and `z`; `g` is it where there is none.
    pub(crate) linear: Option<Linear<'a>>,
    /// The choices of a 2x2 max-pool, if one follows; `g` is then the gradient of its result.
    pub(crate) choice: Option<&'a [f32]>,
}

/// Transforms the gradient of one tile's results of `k` channels to its place at every position
/// of `to`.
///
/// # Panics
/// If the patch does not lie in the result, or `to` has no room at a position.
#[inline(always)]
pub(crate) fn gradient_tile<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    s: S,
    window: &Window,
    gradient: &ResultGradient<'_>,
    k: usize,
    patch: Patch,
    to: Scattered<'_>,
    plane: usize,
) {
    assert!(k.is_multiple_of(S::LANES), "whole registers");
    assert!(
        (IN * IN - 1) * plane + k <= to.len(),
        "room at every position"
    );
    let zero = s.splat(0.0);
    let mut channel = 0;
    while channel < k {
        let mut results = [[zero; OUT]; OUT];
        if let Some(choice) = gradient.choice {
            unpool_gradient(
                s,
                window,
                gradient.g,
                choice,
                k,
                patch,
                channel,
                &mut results,
            );
        } else {
            read_gradient(s, window, gradient, k, patch, channel, &mut results);
        }
        let mut rows = [[zero; IN]; OUT];
        for (row, values) in rows.iter_mut().zip(results) {
            *row = A::result_transposed(s, values);
        }
        for j in 0..IN {
            let column = A::result_transposed(s, column(s, &rows, j));
            for (i, value) in column.iter().enumerate() {
                // SAFETY: there is room for `k` values at every position.
                unsafe { put(s, to, (i * IN + j) * plane + channel, *value) };
            }
        }
        channel += S::LANES;
    }
}

#[inline(always)]
fn read_gradient<S: Simd, const OUT: usize>(
    s: S,
    window: &Window,
    gradient: &ResultGradient<'_>,
    k: usize,
    patch: Patch,
    channel: usize,
    results: &mut [[S::V; OUT]; OUT],
) {
    let [height, width] = window.output;
    let pixel = (patch.image * height + patch.row) * width + patch.column;
    let (rows, columns) = (OUT.min(height - patch.row), OUT.min(width - patch.column));
    let first = pixel * k + channel;
    let len = ((rows - 1) * width + columns - 1) * k + S::LANES;
    let g = &gradient.g[first..][..len];
    let linear = gradient.linear.as_ref();
    let linear = linear.map(|linear| (linear.registers(s, channel), &gradient.z[first..][..len]));
    for i in 0..rows {
        for j in 0..columns {
            let at = (i * width + j) * k;
            // SAFETY: `g` reaches from the first register of the patch to its last.
            let mut value = unsafe { s.read_unchecked(g, at) };
            if let Some((line, z)) = &linear {
                // SAFETY: `z` is as long as `g`.
                value = line.apply(s, value, unsafe { s.read_unchecked(z, at) });
            }
            results[i][j] = value;
        }
    }
}

#[inline(always)]
fn unpool_gradient<S: Simd, const OUT: usize>(
    s: S,
    window: &Window,
    g: &[f32],
    choice: &[f32],
    k: usize,
    patch: Patch,
    channel: usize,
    results: &mut [[S::V; OUT]; OUT],
) {
    let pooled = PooledPatch::new(window, patch, OUT);
    for i in 0..pooled.rows {
        for j in 0..pooled.columns {
            let at = pooled.pixel(i, j) * k + channel;
            let (value, choice) = (s.read(g, at), s.read(choice, at));
            for corner in 0..4_u8 {
                let (down, right) = (usize::from(corner / 2), usize::from(corner % 2));
                let number = s.splat(f32::from(corner));
                results[2 * i + down][2 * j + right] =
                    s.select_eq(choice, number, value, s.splat(0.0));
            }
        }
    }
}

/// Transforms products of `c` channels at all positions to the gradient of the values under one
/// tile, and adds it to `to`, the gradient of the patch's image.
///
/// # Panics
/// If `from` lacks a position, or `to` a pixel of the image.
#[inline(always)]
pub(crate) fn input_gradient_tile<
    S: Simd,
    A: Algebra<S, OUT, IN>,
    const OUT: usize,
    const IN: usize,
>(
    s: S,
    window: &Window,
    from: &[f32],
    plane: usize,
    c: usize,
    patch: Patch,
    to: &mut [f32],
) {
    assert!(c.is_multiple_of(S::LANES), "whole registers");
    assert!(
        (IN * IN - 1) * plane + c <= from.len(),
        "products at every position"
    );
    assert!(window.input_pixels() * c <= to.len(), "the whole image");
    let to = Scattered::of(to);
    let zero = s.splat(0.0);
    let top = patch.row as isize - window.padding[0] as isize;
    let left = patch.column as isize - window.padding[1] as isize;
    let [height, width] = window.input.map(|size| size as isize);
    let rows_inside = (-top).max(0) as usize..(height - top).clamp(0, IN as isize) as usize;
    let columns_inside = (-left).max(0) as usize..(width - left).clamp(0, IN as isize) as usize;
    let mut channel = 0;
    while channel < c {
        let mut rows = [[zero; IN]; IN];
        for (i, row) in rows.iter_mut().enumerate() {
            let line = registers(
                s,
                #[inline(always)]
                // SAFETY: there are `c` values at every position.
                |j| unsafe { s.read_unchecked(from, (i * IN + j) * plane + channel) },
            );
            *row = A::image_transposed(s, line);
        }
        for j in columns_inside.clone() {
            let column = A::image_transposed(s, column(s, &rows, j));
            for i in rows_inside.clone() {
                let pixel = ((top + i as isize) * width + left + j as isize) as usize;
                let at = pixel * c + channel;
                // SAFETY: row and column lie inside of the image, all of which `to` holds.
                unsafe { put(s, to, at, s.add(to.load(s, at), column[i])) };
            }
        }
        channel += S::LANES;
    }
}
