//! Where a tile lies, and what all transforms of tiles share.

use crate::kernel::window::Window;
use crate::memory::Scattered;
use crate::simd::{Simd, registers};

/// Where a tile lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patch {
    /// The image that it lies in.
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

/// The results of a patch behind a 2x2 max-pool.
pub(super) struct PooledPatch {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// The first pixel in the batch's pooled result.
    first: usize,
    width: usize,
}

impl PooledPatch {
    /// Of a tile of `size x size` results before the pool.
    #[inline(always)]
    pub(super) fn new(window: &Window, patch: Patch, size: usize) -> Self {
        let [height, width] = window.output.map(|size| size / 2);
        let [row, column] = [patch.row / 2, patch.column / 2];
        Self {
            rows: (size / 2).min(height.saturating_sub(row)),
            columns: (size / 2).min(width.saturating_sub(column)),
            first: (patch.image * height + row) * width + column,
            width,
        }
    }

    /// The pixel at `row`, `column` of the patch.
    #[inline(always)]
    pub(super) fn pixel(&self, row: usize, column: usize) -> usize {
        self.first + row * self.width + column
    }
}

/// Column `j` of a tile.
#[inline(always)]
pub(super) fn column<S: Simd, const ROWS: usize, const COLUMNS: usize>(
    s: S,
    rows: &[[S::V; COLUMNS]; ROWS],
    j: usize,
) -> [S::V; ROWS] {
    registers(
        s,
        #[inline(always)]
        |i| rows[i][j],
    )
}

/// How far ahead of what is written lines are fetched: of so many lines at once the processor foresees none.
pub(super) const AHEAD: usize = 64;

/// Stores a register, and fetches the line that is written later.
///
/// # Safety
/// `at + LANES <= to.len()`
#[inline(always)]
pub(super) unsafe fn put<S: Simd>(s: S, to: Scattered<'_>, at: usize, value: S::V) {
    s.prefetch_write(to.address(at + AHEAD));
    // SAFETY: the caller's promise.
    unsafe { to.store(s, at, value) };
}
