//! The product of a matrix of rows and packed columns: what all convolutions come down to.
//!
//! `C[m][n] = sum over k of A[m][k] * B[k][n]`. Rows of `A` and `C` lie anywhere at a constant
//! stride. `B` is packed once in panels as wide as one register tile: `[panel][k][width]`, so
//! that the inner loop reads it from front to back. A tile of `C` stays in registers while `k`
//! runs over a block that keeps its panel in the nearest cache.
//!
//! `A` and `B` hold values, or words of two `bf16` each ([`Pairs`](crate::simd::Pairs)): then `k` counts
//! words, and a step adds two products. What a step does is a [`Term`].

mod whole;

use hilum_graph::Activation;

use super::activation;
use super::term::{Stored, Term};
use crate::memory::Scattered;
use crate::simd::Simd;

/// Steps of `k` that run at once: a panel of them takes 48 kB at most. Fewer were no faster.
const BLOCK: usize = 256;

/// Whether sums over `k` steps are finished at once, as [`RowsMut::kept`] needs it.
pub(crate) fn runs_at_once(k: usize) -> bool {
    k <= BLOCK
}

/// How columns are cut into panels of three registers where 32 of them leave room for a tile so
/// wide, else of two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels {
    /// Registers of all columns.
    vectors: usize,
    widest: usize,
}

impl Panels {
    /// Panels of `columns` columns, a multiple of the lanes.
    pub(crate) fn new<S: Simd>(columns: usize) -> Self {
        debug_assert!(columns.is_multiple_of(S::LANES));
        Self {
            vectors: columns / S::LANES,
            widest: Self::widest::<S>(),
        }
    }

    /// Registers of most panels; none has more than three.
    pub(crate) const fn widest<S: Simd>() -> usize {
        if S::REGISTERS == 32 { 3 } else { 2 }
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        match self.widest {
            3 => self.vectors.div_ceil(3).max(1),
            _ => (self.vectors / 2).max(1),
        }
    }

    /// Registers before panel `index`.
    ///
    /// A single last register is slow: three and one become twice two, two and one become three.
    pub(crate) fn start(self, index: usize) -> usize {
        let last = self.count() - 1;
        if index > last {
            self.vectors
        } else if self.widest == 3 && index == last && index > 0 && self.vectors % 3 == 1 {
            self.vectors - 2
        } else {
            self.widest * index
        }
    }

    /// Registers of panel `index`: 1, 2 or 3.
    pub(crate) fn width(self, index: usize) -> usize {
        self.start(index + 1) - self.start(index)
    }
}

/// Rows of a matrix to read.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// From the first value of the first row on.
    pub(crate) values: &'a [f32],
    /// Values from row to row.
    pub(crate) stride: usize,
}

/// Rows of a matrix to write.
#[derive(Clone, Copy)]
pub(crate) struct RowsMut<'a> {
    /// From column `first_column` of the first row on.
    pub(crate) values: Scattered<'a>,
    /// Values from row to row.
    pub(crate) stride: usize,
    pub(crate) first_column: usize,
    /// Whether finished sums are stored as the term keeps them, [`Term::KEPT`] in a place.
    pub(crate) kept: bool,
}

impl<'a> RowsMut<'a> {
    /// Rows of all columns.
    #[inline(always)]
    pub(crate) fn new(values: Scattered<'a>, stride: usize) -> Self {
        Self {
            values,
            stride,
            first_column: 0,
            kept: false,
        }
    }
}

/// What happens to a finished sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Finish<'a> {
    /// Added to every row.
    pub(crate) bias: Option<&'a [f32]>,
    /// Added element by element; stride and columns are those of `C`.
    pub(crate) residual: Option<Stored<'a>>,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// Applied last.
    pub(crate) activation: Option<Activation>,
    /// Whether the sum is added to what `C` holds.
    pub(crate) accumulate: bool,
}

impl Finish<'_> {
    /// Stores the sum as it is.
    pub(crate) const STORE: Self = Self {
        bias: None,
        residual: None,
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        activation: None,
        accumulate: false,
    };

    /// Whether the last sums are changed before they are stored.
    fn changes(&self) -> bool {
        self.residual.is_some()
            || self.low > f32::NEG_INFINITY
            || self.high < f32::INFINITY
            || self.activation.is_some()
    }
}

/// `m` rows of `C` in the columns of `panels`, from `k` columns of `A` and all panels of `B`.
///
/// # Panics
/// If any of them is too short.
#[inline(never)]
pub(crate) fn multiply<S: Simd, T: Term<S>>(
    s: S,
    term: T,
    m: usize,
    k: usize,
    a: Rows<'_>,
    b: &[f32],
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: RowsMut<'_>,
    finish: Finish<'_>,
) {
    // A function of its own: so many tiles need not be compiled for every caller.
    term.vectorize(
        #[inline(always)]
        || multiply_here(s, term, m, k, a, b, layout, panels, c, finish),
    );
}

#[inline(always)]
fn multiply_here<S: Simd, T: Term<S>>(
    s: S,
    term: T,
    m: usize,
    k: usize,
    a: Rows<'_>,
    b: &[f32],
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: RowsMut<'_>,
    finish: Finish<'_>,
) {
    if m == 0 {
        return;
    }
    assert!((m - 1) * a.stride + k <= a.values.len(), "rows of `A`");
    let blocks = k.div_ceil(BLOCK).max(1);
    let block = k.div_ceil(blocks).next_multiple_of(4);
    let values = if c.kept { T::KEPT } else { 1 };
    assert!(values == 1 || block >= k, "sums that are kept are finished");
    for panel in panels {
        let column = layout.start(panel) * S::LANES;
        let width = layout.width(panel);
        let columns = width * S::LANES;
        let packed = &b[column * k..][..columns * k];
        let at = column - c.first_column;
        let len = (m - 1) * c.stride + columns;
        let out = c.values.part(at / values, len / values);
        let residual = finish.residual.map(
            #[inline(always)]
            |residual| residual.part::<S, T>(at, len),
        );
        let bias = finish.bias.map(|bias| &bias[column..][..columns]);
        let mut done = 0;
        loop {
            let depth = block.min(k - done);
            let last = done + depth == k;
            let stage = Stage {
                rows: m,
                depth,
                a: &a.values[done..],
                a_stride: a.stride,
                b: &packed[done * columns..],
                c: out,
                c_stride: c.stride,
                bias: bias.filter(|_| done == 0),
                load: done > 0 || finish.accumulate,
                residual: residual.filter(|_| last),
                limit: last && finish.changes(),
                low: finish.low,
                high: finish.high,
                activation: finish.activation,
                kept: c.kept,
            };
            // SAFETY: `a` holds `m` rows of `k` values, the panel `k` rows, `out` and the
            // residual `m` rows of its columns, the bias one: checked above.
            unsafe {
                match width {
                    1 => stage.column_of_tiles::<S, T, 1>(s, term),
                    2 => stage.column_of_tiles::<S, T, 2>(s, term),
                    _ => stage.column_of_tiles::<S, T, 3>(s, term),
                }
            }
            done += depth;
            if last {
                break;
            }
        }
    }
}

/// Rows of the largest tile that leaves registers for a row of `B` and one value of `A`.
pub(super) const fn tallest<S: Simd>(width: usize) -> usize {
    match (S::REGISTERS, width) {
        (32, _) | (_, 1) => 8,
        (_, 2) => 6,
        _ => 4,
    }
}

/// A block of `k` of one panel, and what is done at its beginning and end.
struct Stage<'a> {
    rows: usize,
    depth: usize,
    a: &'a [f32],
    a_stride: usize,
    b: &'a [f32],
    c: Scattered<'a>,
    c_stride: usize,
    bias: Option<&'a [f32]>,
    load: bool,
    residual: Option<Stored<'a>>,
    limit: bool,
    low: f32,
    high: f32,
    activation: Option<Activation>,
    kept: bool,
}

impl Stage<'_> {
    /// Where register `j` of row `i` of a tile of `C` lies.
    #[inline(always)]
    fn at<S: Simd>(&self, i: usize, j: usize) -> usize {
        i * self.c_stride + j * S::LANES
    }

    /// All tiles, as even in height as they can be.
    ///
    /// # Safety
    /// `a` holds `rows` rows of `depth` values, `b` `depth` rows of `N` registers, `c` and
    /// `residual` `rows` rows of as many, `bias` one.
    #[inline(always)]
    unsafe fn column_of_tiles<S: Simd, T: Term<S>, const N: usize>(&self, s: S, term: T) {
        // However few rows: sums must be the same in blocks of any height.
        if let Some(tiles) = term.tiles() {
            // SAFETY: the caller's promise.
            unsafe { self.column_of_whole_tiles::<S, T, N>(s, term, tiles) };
            return;
        }
        let m = self.rows;
        let count = m.div_ceil(tallest::<S>(N));
        let mut row = 0;
        // The panel that comes next, fetched little by little.
        let panel = self.depth * N * S::LANES;
        let mut ahead = self.b.as_ptr().wrapping_add(panel);
        let ahead_step = panel.div_ceil(count.max(1));
        for tile in 0..count {
            let height = (m - row).div_ceil(count - tile);
            macro_rules! tile {
                ($($height:literal)*) => {
                    match height {
                        // SAFETY: the caller's promise; `row + height <= rows`.
                        $($height if $height <= tallest::<S>(N) => unsafe {
                            self.tile::<S, T, $height, N, false>(s, term, row, ahead);
                        },)*
                        _ => unreachable!("a tile is at most as high as the tallest"),
                    }
                };
            }
            tile!(1 2 3 4 5 6 7 8);
            row += height;
            ahead = ahead.wrapping_add(ahead_step);
        }
    }

    /// `M` rows from `first` on; with `READY`, their sums over the block lie at `at`, row by row, else what lies there is
    /// fetched for later.
    ///
    /// # Safety
    /// As for [`column_of_tiles`](Self::column_of_tiles); `first + M <= rows`.
    #[inline(always)]
    unsafe fn tile<S: Simd, T: Term<S>, const M: usize, const N: usize, const READY: bool>(
        &self,
        s: S,
        term: T,
        first: usize,
        at: *const f32,
    ) {
        let start = first * self.c_stride;
        let len = (M - 1) * self.c_stride + N * S::LANES;
        let values = if self.kept { T::KEPT } else { 1 };
        let c = self.c.part(start / values, len / values);
        let residual = self.residual.map(
            #[inline(always)]
            |residual| residual.part::<S, T>(start, len),
        );
        let mut first_row = [s.splat(0.0); N];
        if let Some(bias) = self.bias {
            for (j, value) in first_row.iter_mut().enumerate() {
                // SAFETY: the bias has `N` registers.
                *value = unsafe { s.read_unchecked(bias, j * S::LANES) };
            }
        }
        let mut sums = [first_row; M];
        if self.load {
            for (i, row) in sums.iter_mut().enumerate() {
                for (j, sum) in row.iter_mut().enumerate() {
                    // SAFETY: `c` holds the row's `N` registers.
                    *sum = s.add(*sum, unsafe { c.load(s, self.at::<S>(i, j)) });
                }
            }
        }
        if READY {
            for (i, sum) in sums.as_flattened_mut().iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                *sum = s.add(*sum, unsafe { s.load(at.add(i * S::LANES)) });
            }
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.accumulate(s, term, first, &mut sums, at) };
        }
        if self.limit && (self.activation.is_some() || residual.is_some_and(|of| of.words)) {
            // A copy, so that the sums of others stay in registers.
            let mut held = sums;
            // SAFETY: the residual holds the rows' `N` registers, and `c` as many.
            unsafe {
                self.finish(s, term, &mut held, residual);
                self.store(s, term, &held, c);
            }
            return;
        }
        if self.limit {
            let (low, high) = (s.splat(self.low), s.splat(self.high));
            for (i, row) in sums.iter_mut().enumerate() {
                for (j, sum) in row.iter_mut().enumerate() {
                    if let Some(residual) = residual {
                        // SAFETY: the residual holds the row's `N` registers.
                        *sum = s.add(*sum, unsafe {
                            s.read_unchecked(residual.places, self.at::<S>(i, j))
                        });
                    }
                    *sum = s.min(high, s.max(low, *sum));
                }
            }
        }
        // SAFETY: `c` holds the rows' `N` registers, or as many as are kept in their place.
        unsafe { self.store(s, term, &sums, c) };
    }

    /// What becomes of finished sums.
    ///
    /// # Safety
    /// The residual holds the tile's registers.
    #[inline(always)]
    unsafe fn finish<S: Simd, T: Term<S>, const M: usize, const N: usize>(
        &self,
        s: S,
        term: T,
        sums: &mut [[S::V; N]; M],
        residual: Option<Stored<'_>>,
    ) {
        let (low, high) = (s.splat(self.low), s.splat(self.high));
        for (i, row) in sums.iter_mut().enumerate() {
            for (j, sum) in row.iter_mut().enumerate() {
                if let Some(residual) = residual {
                    // SAFETY: the caller's promise.
                    let other = unsafe { residual.register(s, term, self.at::<S>(i, j)) };
                    *sum = s.add(*sum, other);
                }
                *sum = s.min(high, s.max(low, *sum));
                *sum = match self.activation {
                    None => *sum,
                    Some(activation) if self.kept => term.activate(activation, *sum),
                    Some(activation) => activation::value(s, activation, *sum),
                };
            }
        }
    }

    /// Stores a tile at the front of `c`.
    ///
    /// # Safety
    /// `c` has room for it.
    #[inline(always)]
    unsafe fn store<S: Simd, T: Term<S>, const M: usize, const N: usize>(
        &self,
        s: S,
        term: T,
        sums: &[[S::V; N]; M],
        c: Scattered<'_>,
    ) {
        for (i, row) in sums.iter().enumerate() {
            if self.kept {
                // In pairs, as far as they go.
                for (two, pair) in row.chunks(2).enumerate() {
                    let to = c.address(self.at::<S>(i, 2 * two) / T::KEPT);
                    // SAFETY: the caller's promise.
                    unsafe {
                        match *pair {
                            [first, second] => term.keep_two(first, second, to),
                            _ => term.keep(pair[0], to),
                        }
                    }
                }
            } else {
                for (j, sum) in row.iter().enumerate() {
                    // SAFETY: the caller's promise.
                    unsafe { c.store(s, self.at::<S>(i, j), *sum) };
                }
            }
        }
    }

    /// The inner loop: one value of each row of `A` against a row of the panel.
    ///
    /// # Safety
    /// As for [`tile`](Self::tile).
    #[inline(always)]
    unsafe fn accumulate<S: Simd, T: Term<S>, const M: usize, const N: usize>(
        &self,
        s: S,
        term: T,
        first: usize,
        sums: &mut [[S::V; N]; M],
        ahead: *const f32,
    ) {
        let mut local = *sums;
        let (depth, stride) = (self.depth, self.a_stride);
        // Three pointers reach nine rows; one per row would not fit the registers.
        let mut bases = [self.a.as_ptr().wrapping_add(first * stride); 3];
        for (index, base) in bases.iter_mut().enumerate() {
            *base = base.wrapping_add(index * 3 * stride);
        }
        let mut b = self.b.as_ptr();
        let mut ahead = ahead;
        let mut k = 0;
        macro_rules! step {
            () => {
                let mut row = [s.splat(0.0); N];
                for (j, value) in row.iter_mut().enumerate() {
                    // SAFETY: the panel has `depth` rows of `N` registers, and `k < depth`.
                    *value = unsafe { s.load(b.add(j * S::LANES)) };
                }
                for i in 0..M {
                    // SAFETY: `A` has row `first + i`, and `depth` values of it.
                    let x = unsafe { *bases[i / 3].add((i % 3) * stride + k) };
                    for j in 0..N {
                        local[i][j] = term.add(s.splat(x), row[j], local[i][j]);
                    }
                }
                b = b.wrapping_add(N * S::LANES);
                k += 1;
            };
        }
        while k + 4 <= depth {
            s.prefetch(ahead);
            step!();
            step!();
            s.prefetch(ahead.wrapping_add(16));
            step!();
            step!();
            ahead = ahead.wrapping_add(32);
        }
        while k < depth {
            step!();
        }
        *sums = local;
    }
}
