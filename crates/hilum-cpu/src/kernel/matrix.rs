//! The product of a matrix of rows and packed columns: what all convolutions come down to.
//!
//! `C[m][n] = sum over k of A[m][k] * B[k][n]`. Rows of `A` and `C` lie anywhere at a constant
//! stride. `B` is packed once in panels as wide as one register tile: `[panel][k][width]`, so
//! that the inner loop reads it from front to back. A tile of `C` stays in registers while `k`
//! runs over a block that keeps its panel in the nearest cache.

use crate::simd::Simd;

/// Steps of `k` that run at once: a panel of them takes 48 kB at most. Fewer were no faster.
const BLOCK: usize = 256;

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

/// Rows of a matrix in memory.
#[derive(Clone, Copy)]
pub(crate) struct Rows<P> {
    /// The first value of the first row.
    pub(crate) start: P,
    /// Values from row to row.
    pub(crate) stride: usize,
}

/// What happens to a finished sum before it is stored.
#[derive(Clone, Copy)]
pub(crate) struct Finish {
    /// Added to every row, if not null.
    pub(crate) bias: *const f32,
    /// Added element by element, if not null; the stride is that of `C`.
    pub(crate) residual: *const f32,
    /// The result is limited to `low..=high`.
    pub(crate) low: f32,
    /// See `low`.
    pub(crate) high: f32,
    /// Whether the sum is added to what `C` holds.
    pub(crate) accumulate: bool,
}

impl Finish {
    /// Stores the sum as it is.
    pub(crate) const STORE: Self = Self {
        bias: std::ptr::null(),
        residual: std::ptr::null(),
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        accumulate: false,
    };
}

impl Finish {
    /// Whether the last sums are changed before they are stored.
    fn changes(&self) -> bool {
        !self.residual.is_null() || self.low > f32::NEG_INFINITY || self.high < f32::INFINITY
    }
}

/// `m` rows of `C` in the columns of `panels`, from `k` columns of `A`.
///
/// # Safety
/// Inside of `S::vectorize`. `a` holds `m` rows of `k` values, `b` all panels of `k` rows, `c`
/// `m` rows of all columns; bias and residual, if not null, as many columns as `c`.
#[inline(never)]
pub(crate) unsafe fn multiply<S: Simd>(
    s: S,
    m: usize,
    k: usize,
    a: Rows<*const f32>,
    b: *const f32,
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: Rows<*mut f32>,
    finish: Finish,
) {
    // A function of its own: so many tiles need not be compiled for every caller.
    s.vectorize(
        #[inline(always)]
        || multiply_here(s, m, k, a, b, layout, panels, c, finish),
    );
}

#[inline(always)]
unsafe fn multiply_here<S: Simd>(
    s: S,
    m: usize,
    k: usize,
    a: Rows<*const f32>,
    b: *const f32,
    layout: Panels,
    panels: std::ops::Range<usize>,
    c: Rows<*mut f32>,
    finish: Finish,
) {
    let blocks = k.div_ceil(BLOCK).max(1);
    let block = k.div_ceil(blocks).next_multiple_of(4);
    for panel in panels {
        let column = layout.start(panel) * S::LANES;
        let width = layout.width(panel);
        let packed = b.add(column * k);
        let mut done = 0;
        loop {
            let depth = block.min(k - done);
            let last = done + depth == k;
            let shift = |at: *const f32| if at.is_null() { at } else { at.add(column) };
            let stage = Stage {
                bias: if done == 0 {
                    shift(finish.bias)
                } else {
                    std::ptr::null()
                },
                load: done > 0 || finish.accumulate,
                residual: if last {
                    shift(finish.residual)
                } else {
                    std::ptr::null()
                },
                limit: last && finish.changes(),
                low: finish.low,
                high: finish.high,
            };
            let rows = Rows {
                start: a.start.add(done),
                ..a
            };
            let out = Rows {
                start: c.start.wrapping_add(column),
                ..c
            };
            let part = packed.add(done * width * S::LANES);
            match width {
                1 => column_of_tiles::<S, 1>(s, m, depth, rows, part, out, &stage),
                2 => column_of_tiles::<S, 2>(s, m, depth, rows, part, out, &stage),
                _ => column_of_tiles::<S, 3>(s, m, depth, rows, part, out, &stage),
            }
            done += depth;
            if last {
                break;
            }
        }
    }
}

/// What a block of `k` does at its beginning and end.
struct Stage {
    bias: *const f32,
    load: bool,
    residual: *const f32,
    limit: bool,
    low: f32,
    high: f32,
}

/// Rows of the largest tile that leaves registers for a row of `B` and one value of `A`.
pub(super) const fn tallest<S: Simd>(width: usize) -> usize {
    match (S::REGISTERS, width) {
        (32, _) | (_, 1) => 8,
        (_, 2) => 6,
        _ => 4,
    }
}

/// All tiles of one panel, as even in height as they can be.
#[inline(always)]
unsafe fn column_of_tiles<S: Simd, const N: usize>(
    s: S,
    m: usize,
    depth: usize,
    a: Rows<*const f32>,
    b: *const f32,
    c: Rows<*mut f32>,
    stage: &Stage,
) {
    let count = m.div_ceil(tallest::<S>(N));
    let mut row = 0;
    // The panel that comes next, fetched little by little.
    let mut ahead = b.wrapping_add(depth * N * S::LANES);
    let ahead_step = (depth * N * S::LANES).div_ceil(count.max(1));
    for tile in 0..count {
        let height = (m - row).div_ceil(count - tile);
        let rows = Rows {
            start: a.start.add(row * a.stride),
            ..a
        };
        let out = Rows {
            start: c.start.add(row * c.stride),
            ..c
        };
        let residual = if stage.residual.is_null() {
            stage.residual
        } else {
            stage.residual.add(row * c.stride)
        };
        macro_rules! tile {
            ($($height:literal)*) => {
                match height {
                    $($height if $height <= tallest::<S>(N) =>
                        one_tile::<S, $height, N>(s, depth, rows, b, out, stage, residual, ahead),)*
                    _ => unreachable!("a tile is at most as high as the tallest"),
                }
            };
        }
        tile!(1 2 3 4 5 6 7 8);
        row += height;
        ahead = ahead.wrapping_add(ahead_step);
    }
}

#[inline(always)]
unsafe fn one_tile<S: Simd, const M: usize, const N: usize>(
    s: S,
    depth: usize,
    a: Rows<*const f32>,
    b: *const f32,
    c: Rows<*mut f32>,
    stage: &Stage,
    residual: *const f32,
    ahead: *const f32,
) {
    let mut sums = [[s.splat(0.0); N]; M];
    if stage.load {
        for (i, row) in sums.iter_mut().enumerate() {
            for (j, sum) in row.iter_mut().enumerate() {
                *sum = s.load(c.start.add(i * c.stride + j * S::LANES));
            }
        }
    }
    if !stage.bias.is_null() {
        for j in 0..N {
            let bias = s.load(stage.bias.add(j * S::LANES));
            for row in &mut sums {
                row[j] = s.add(row[j], bias);
            }
        }
    }
    accumulate::<S, M, N>(s, depth, a, b, &mut sums, ahead);
    if stage.limit {
        let (low, high) = (s.splat(stage.low), s.splat(stage.high));
        for (i, row) in sums.iter_mut().enumerate() {
            for (j, sum) in row.iter_mut().enumerate() {
                if !residual.is_null() {
                    *sum = s.add(*sum, s.load(residual.add(i * c.stride + j * S::LANES)));
                }
                *sum = s.min(high, s.max(low, *sum));
            }
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (j, sum) in row.iter().enumerate() {
            s.store(c.start.add(i * c.stride + j * S::LANES), *sum);
        }
    }
}

/// The inner loop: one value of each row of `A` against a row of the panel.
#[inline(always)]
unsafe fn accumulate<S: Simd, const M: usize, const N: usize>(
    s: S,
    depth: usize,
    a: Rows<*const f32>,
    b: *const f32,
    sums: &mut [[S::V; N]; M],
    ahead: *const f32,
) {
    let mut local = *sums;
    // Three pointers reach nine rows; one per row would not fit the registers.
    let third = 3 * a.stride;
    let mut bases = [a.start; 3];
    for (index, base) in bases.iter_mut().enumerate() {
        *base = a.start.wrapping_add(index * third);
    }
    let mut b = b;
    let mut ahead = ahead;
    let mut k = 0;
    macro_rules! step {
        () => {
            let mut row = [s.splat(0.0); N];
            for (j, value) in row.iter_mut().enumerate() {
                *value = s.load(b.add(j * S::LANES));
            }
            for i in 0..M {
                let x = s.splat(*bases[i / 3].add((i % 3) * a.stride + k));
                for j in 0..N {
                    local[i][j] = s.fma(x, row[j], local[i][j]);
                }
            }
            b = b.add(N * S::LANES);
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
