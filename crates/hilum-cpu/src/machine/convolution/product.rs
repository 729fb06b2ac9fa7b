//! Convolutions as products of matrices.

use super::{ConvolutionForward, pairs_if};
use crate::kernel::activation;
use crate::kernel::matrix::{self, Panels, Rows, RowsMut};
use crate::kernel::narrow::{narrow, scale};
use crate::kernel::norm::{self, Sums};
use crate::kernel::pool::{index_of_largest, largest_of_four};
use crate::kernel::stem::{Stem, StemResult};
use crate::kernel::term::{Narrowed, Paired, Single, Term};
use crate::kernel::window::Order;
use crate::machine::context::Context;
use crate::machine::normalise::{Blocks, Tally};
use crate::machine::plan::{self, Factors};
use crate::memory::{Scattered, Shared};
use crate::program::{Mode, ValueId};
use crate::simd::{Simd, registers, round};

/// Rows of few that a task gathers: no more than a block has.
const ROWS_AT_A_TIME: usize = 24;

/// Room behind gathered rows, of which the last may end in the middle of a register.
const SLACK: usize = 64;

impl Context<'_> {
    /// One matrix product per block of pixels, or per block and some of the columns where there
    /// are few pixels.
    pub(super) fn product<S: Simd>(
        &mut self,
        s: S,
        output: ValueId,
        job: ConvolutionForward<'_>,
    ) -> Option<Tally> {
        let pairs = job.pairs::<S>();
        let total = job.window.computed_pixels(job.order) * self.count;
        let depth = job.window.taps() * job.c;
        let threads = self.pool.threads();
        let rows = self.rows_of_a_block(total, depth, job.order);
        let blocks = total.div_ceil(rows);
        let panels = Panels::new::<S>(job.k).count();
        let mut tally = self.moments_wanted(output, Blocks::even(total, rows));
        let whole = blocks >= 2 * threads || tally.is_some() || !job.distances.is_empty();
        let groups = if whole {
            1
        } else {
            (4 * threads).div_ceil(blocks).min(panels)
        };
        let moments = tally.as_mut().map(Tally::share);
        self.pool.run(blocks * groups, |task, worker| {
            let (block, group) = (task / groups, task % groups);
            let part = group * panels / groups..(group + 1) * panels / groups;
            let first = block * rows;
            let count = rows.min(total - first);
            let words = if pairs.is_some() {
                count * depth / 2 + SLACK
            } else {
                0
            };
            let products = if job.order == Order::Pooled {
                count * job.k
            } else {
                0
            };
            let sizes = [count * depth + SLACK, products, words];
            // SAFETY: each task has a block or some columns of it for itself; blocks are whole
            // where moments are wanted, and for a stem.
            let (scratch, place) = unsafe {
                let sums = moments.map(|moments| moments.of(first));
                (
                    job.scratch.pieces(worker, sizes),
                    job.place(first, count, sums),
                )
            };
            s.vectorize(
                #[inline(always)]
                || job.product_block(s, pairs, first, count, part, scratch, place),
            );
        });
        tally
    }

    /// Rows of a block: in inference such that all threads get as many. In training moments are
    /// summed up by block, and must not depend on the number of threads.
    fn rows_of_a_block(&self, total: usize, depth: usize, order: Order) -> usize {
        let most = plan::block_rows(depth);
        if self.mode == Mode::Training {
            return most;
        }
        let threads = self.pool.threads();
        let several = (2 * threads).min(total.div_ceil(most.min(24)));
        let blocks = total.div_ceil(most).max(several);
        let unit = if order == Order::Pooled { 4 } else { 1 };
        let rows = total.div_ceil(blocks.next_multiple_of(threads));
        rows.next_multiple_of(unit)
    }

    /// A product of few rows: all of them are gathered first, then each task multiplies them
    /// with some of the columns.
    pub(super) fn few_rows<S: Simd>(&mut self, s: S, job: ConvolutionForward<'_>) {
        let pairs = job.pairs::<S>();
        let total = job.window.output_pixels() * self.count;
        let depth = job.window.taps() * job.c;
        let threads = self.pool.threads();
        let panels = Panels::new::<S>(job.k).count();
        let is_ready = job.reads_rows_as_they_are()
            && job.factors != Factors::Rounded
            && job.view.words == pairs.is_some();
        let (values, stride) = if is_ready {
            (job.view.values, job.view.stride)
        } else {
            let stride = if pairs.is_some() { depth / 2 } else { depth };
            let rows = self.arena.part(self.plan.shared[0], total * stride);
            let lot = total.div_ceil(4 * threads).min(ROWS_AT_A_TIME);
            self.pool.run(total.div_ceil(lot), |task, worker| {
                let first = task * lot;
                let count = lot.min(total - first);
                // SAFETY: rows are disjoint, and whole registers long, or halves of them; once in
                // this task.
                let (to, [scratch]) = unsafe {
                    let to = rows.part(first * stride, count * stride).write();
                    (to, job.scratch.pieces(worker, [count * depth + SLACK]))
                };
                s.vectorize(
                    #[inline(always)]
                    || match pairs {
                        None => job.gather_factors(s, first, count, to),
                        Some(_) if job.view.words && job.gate.is_none() => {
                            job.gather(s, first, count, scratch);
                            to.copy_from_slice(&scratch[..to.len()]);
                        }
                        Some(pairs) => narrow(s, pairs, job.rows(s, first, count, scratch), to),
                    },
                );
            });
            // SAFETY: the phase that wrote them is over.
            (unsafe { rows.read() }, stride)
        };
        let a = Rows { values, stride };
        let groups = panels.min(4 * threads);
        self.pool.run(groups, |group, _| {
            let part = group * panels / groups..(group + 1) * panels / groups;
            // SAFETY: groups of columns are disjoint.
            let place = unsafe { job.place(0, total, None) };
            s.vectorize(
                #[inline(always)]
                || match pairs {
                    None => job.multiply_exactly(s, 0, total, a, part, place),
                    Some(pairs) => job.multiply_rows(s, Paired(s, pairs), 0, total, a, part, place),
                },
            );
        });
    }
}

/// What a task writes: the results of a block of computed pixels, in columns that are its own.
struct Place<'a> {
    to: Scattered<'a>,
    /// Where a pool's choices go.
    choice: Option<Scattered<'a>>,
    /// Where moments go, if they are wanted; the task has all columns then.
    sums: Option<Sums<'a>>,
}

impl<'a> ConvolutionForward<'a> {
    /// What [`row_of_pixels`](Self::row_of_pixels) needs of a thread's memory.
    pub(super) fn row_scratch(&self) -> [usize; 2] {
        let values = self.window.output[1] * self.window.taps() * self.c;
        [values + SLACK, values / 2 + SLACK]
    }

    /// The pixels of one row of one image's result, to the front of `to`.
    #[inline(never)]
    pub(super) fn row_of_pixels<S: Simd>(
        &self,
        s: S,
        image: usize,
        row: usize,
        [patches, words]: [&mut [f32]; 2],
        to: &mut [f32],
    ) {
        let [height, width] = self.window.output;
        let first = (image * height + row) * width;
        let panels = 0..Panels::new::<S>(self.k).count();
        let len = width * if self.keeps_words { self.k / 2 } else { self.k };
        let place = Place {
            to: Scattered::of(&mut to[..len]),
            choice: None,
            sums: None,
        };
        let scratch = [patches, &mut [][..], words];
        s.vectorize(
            #[inline(always)]
            || self.product_block(s, self.pairs::<S>(), first, width, panels, scratch, place),
        );
    }

    /// Whether the rows of the product are the pixels of the image.
    fn is_pointwise(&self) -> bool {
        let window = &self.window;
        window.kernel == [1, 1]
            && window.input == window.output
            && window.stride == [1, 1]
            && window.padding == [0, 0]
            && self.order == Order::Raster
    }

    /// Whether nothing is applied to them either.
    fn reads_rows_as_they_are(&self) -> bool {
        self.is_pointwise() && self.view.is_plain() && self.gate.is_none()
    }

    /// The rows of a product.
    #[inline(always)]
    fn gather_rows<S: Simd>(&self, s: S, first: usize, count: usize, to: &mut [f32]) {
        let view = &self.view;
        if let Some(pairs) = pairs_if::<S>(view.words) {
            for (pixel, to) in (first..first + count).zip(to.chunks_exact_mut(self.c)) {
                for channel in (0..self.c).step_by(S::LANES) {
                    s.write(to, channel, view.widened::<S>(pairs, pixel, channel));
                }
            }
        } else if self.is_pointwise() {
            view.read(s, first, count, to);
        } else {
            self.gather(s, first, count, to);
        }
        if let Some(gate) = &self.gate {
            for (pixel, to) in (first..first + count).zip(to.chunks_exact_mut(self.c)) {
                gate.multiply_to(s, pixel / self.window.input_pixels(), to);
            }
        }
    }

    /// The values under the kernel as they are stored, row by row.
    #[inline(always)]
    fn gather<S: Simd>(&self, s: S, first: usize, count: usize, to: &mut [f32]) {
        let row = self.window.taps() * self.view.stride;
        self.window
            .gather(s, &self.view, self.order, first, count, to, row);
    }

    /// The same as what the product multiplies, unless that is words.
    #[inline(always)]
    fn gather_factors<S: Simd>(&self, s: S, first: usize, count: usize, to: &mut [f32]) {
        self.gather_rows(s, first, count, to);
        if self.factors == Factors::Rounded {
            round(to);
        }
    }

    /// What multiplies the words, where the product is one of words.
    #[inline(always)]
    pub(super) fn pairs<S: Simd>(&self) -> Option<S::Pairs> {
        pairs_if::<S>(self.factors == Factors::Words)
    }

    /// The rows, or the pixels themselves where those are the rows.
    #[inline(always)]
    fn rows<'t, S: Simd>(&self, s: S, first: usize, count: usize, to: &'t mut [f32]) -> &'t [f32]
    where
        'a: 't,
    {
        let depth = self.window.taps() * self.c;
        if self.reads_rows_as_they_are() && !self.view.words {
            &self.view.values[first * depth..][..count * depth]
        } else {
            self.gather_rows(s, first, count, to);
            &to[..count * depth]
        }
    }

    /// The rows in words, or the pixels themselves where those are the rows.
    #[inline(always)]
    fn rows_of_words<'t, S: Simd>(
        &self,
        s: S,
        pairs: S::Pairs,
        first: usize,
        count: usize,
        patches: &mut [f32],
        words: &'t mut [f32],
    ) -> &'t [f32]
    where
        'a: 't,
    {
        let stride = self.window.taps() * self.c / 2;
        match &self.gate {
            None if self.reads_rows_as_they_are() && self.view.words => {
                return &self.view.values[first * stride..][..count * stride];
            }
            Some(gate) if self.view.words => {
                let factors = |pixel: usize| gate.pixels(pixel / self.window.input_pixels(), 1);
                let rows = words.chunks_exact_mut(stride).take(count);
                for (pixel, to) in (first..).zip(rows) {
                    scale(s, pairs, self.view.pixels(pixel, 1), factors(pixel), to);
                }
            }
            None if self.view.words => self.gather(s, first, count, words),
            _ => {
                let words = &mut words[..count * stride];
                narrow(s, pairs, self.rows(s, first, count, patches), words);
            }
        }
        &words[..count * stride]
    }

    /// Where the results of computed pixels from `first` on lie.
    ///
    /// # Safety
    /// No two tasks take the same columns of the same pixels.
    unsafe fn place<'t>(&self, first: usize, count: usize, sums: Option<Sums<'t>>) -> Place<'t>
    where
        'a: 't,
    {
        let pooled = if self.order == Order::Pooled { 4 } else { 1 };
        let row = if self.keeps_words { self.k / 2 } else { self.k };
        let (start, len) = (first / pooled * row, count / pooled * row);
        // SAFETY: the caller's promise.
        let scattered = |memory: Shared<'t>| unsafe { memory.part(start, len).scattered() };
        Place {
            to: scattered(self.to),
            choice: self.choice.map(scattered),
            sums,
        }
    }

    /// `count` computed pixels from `first` on, in the columns of `panels`.
    #[inline(always)]
    fn product_block<S: Simd>(
        &self,
        s: S,
        pairs: Option<S::Pairs>,
        first: usize,
        count: usize,
        panels: std::ops::Range<usize>,
        [patches, products, words]: [&mut [f32]; 3],
        place: Place<'_>,
    ) {
        if !self.distances.is_empty() {
            self.stem_block(s, first, count, place);
            return;
        }
        let depth = self.window.taps() * self.c;
        if let Some(pairs) = pairs {
            let stride = depth / 2;
            let values = self.rows_of_words(s, pairs, first, count, patches, words);
            let a = Rows { values, stride };
            self.multiply_block(
                s,
                Paired(s, pairs),
                first,
                count,
                a,
                panels,
                products,
                place,
            );
        } else {
            let values = if self.factors == Factors::Exact {
                self.rows(s, first, count, patches)
            } else {
                self.gather_factors(s, first, count, patches);
                patches
            };
            let stride = depth;
            let a = Rows { values, stride };
            if self.order == Order::Raster {
                self.multiply_exactly(s, first, count, a, panels, place);
            } else {
                self.multiply_block(s, Single(s), first, count, a, panels, products, place);
            }
        }
    }

    /// Multiplies rows with the weights, and lets the pool follow if there is one.
    #[inline(always)]
    fn multiply_block<S: Simd, T: Term<S>>(
        &self,
        s: S,
        term: T,
        first: usize,
        count: usize,
        a: Rows<'_>,
        panels: std::ops::Range<usize>,
        products: &mut [f32],
        place: Place<'_>,
    ) {
        if self.order == Order::Raster {
            self.multiply_rows(s, term, first, count, a, panels, place);
            return;
        }
        let layout = Panels::new::<S>(self.k);
        let out = RowsMut::new(Scattered::of(products), self.k);
        let (part, store) = (panels.clone(), matrix::Finish::STORE);
        let (depth, weights) = (self.depth / T::VALUES, self.weights);
        matrix::multiply(s, term, count, depth, a, weights, layout, part, out, store);
        let columns = layout.start(panels.start) * S::LANES..layout.start(panels.end) * S::LANES;
        self.pool_rows(s, count / 4, columns, products, &place);
    }

    /// `count` computed pixels of a stem, in all columns.
    #[inline(always)]
    fn stem_block<S: Simd>(&self, s: S, first: usize, count: usize, place: Place<'_>) {
        let stem = Stem {
            window: &self.window,
            order: self.order,
            image: self.view.values,
            stride: self.c,
            distances: self.distances,
            weights: self.weights,
            k: self.k,
            bias: self.bias,
            low: self.low,
            high: self.high,
        };
        // SAFETY: a stem's block is one task's alone, and nothing else uses the place.
        let (values, choice) = unsafe {
            (
                place.to.values(),
                place.choice.map(|choice| choice.values()),
            )
        };
        let to = StemResult {
            values: &mut *values,
            choice,
        };
        stem.run(s, first, count, to);
        if let Some(after) = self.after {
            activation::apply(s, after, values);
        }
        if let Some(sums) = place.sums {
            norm::moments(s, values, self.k, sums);
        }
    }

    /// Multiplies rows of values with the weights, whatever results are kept as.
    #[inline(always)]
    fn multiply_exactly<S: Simd>(
        &self,
        s: S,
        first: usize,
        count: usize,
        a: Rows<'_>,
        panels: std::ops::Range<usize>,
        place: Place<'_>,
    ) {
        match pairs_if::<S>(self.keeps_words) {
            None => self.multiply_rows(s, Single(s), first, count, a, panels, place),
            Some(pairs) => {
                self.multiply_rows(s, Narrowed(s, pairs), first, count, a, panels, place);
            }
        }
    }

    /// Multiplies rows with the weights and finishes their pixels.
    #[inline(always)]
    fn multiply_rows<S: Simd, T: Term<S>>(
        &self,
        s: S,
        term: T,
        first: usize,
        count: usize,
        a: Rows<'_>,
        panels: std::ops::Range<usize>,
        place: Place<'_>,
    ) {
        let layout = Panels::new::<S>(self.k);
        let (start, len) = (first * self.k, count * self.k);
        let finish = matrix::Finish {
            bias: Some(self.bias),
            residual: self.residual.map(
                #[inline(always)]
                |residual| residual.part::<S, T>(start, len),
            ),
            low: self.low,
            high: self.high,
            activation: self.after,
            accumulate: false,
        };
        debug_assert!(
            place.sums.is_none() || self.after.is_none(),
            "moments are those in front of an activation"
        );
        let out = RowsMut {
            kept: self.keeps_words,
            ..RowsMut::new(place.to, self.k)
        };
        matrix::multiply(
            s,
            term,
            count,
            self.depth / T::VALUES,
            a,
            self.weights,
            layout,
            panels,
            out,
            finish,
        );
        if let Some(sums) = place.sums {
            // SAFETY: the block is this task's alone where moments are wanted.
            norm::moments(s, unsafe { place.to.values() }, self.k, sums);
        }
    }

    /// The 2x2 max-pool of rows in the order of [`Order::Pooled`], to `count` pooled pixels.
    #[inline(always)]
    fn pool_rows<S: Simd>(
        &self,
        s: S,
        count: usize,
        columns: std::ops::Range<usize>,
        from: &[f32],
        place: &Place<'_>,
    ) {
        let (low, high) = (s.splat(self.low), s.splat(self.high));
        for window in 0..count {
            let from = &from[4 * window * self.k..][..4 * self.k];
            let mut c = columns.start;
            while c < columns.end {
                let four = registers(
                    s,
                    #[inline(always)]
                    |corner| s.read(from, corner * self.k + c),
                );
                let at = window * self.k + c;
                let largest = largest_of_four(s, four);
                if let Some(choice) = place.choice {
                    let index = index_of_largest(s, four, largest);
                    choice.part(at, S::LANES).write(s, index);
                }
                let value = s.min(high, s.max(low, s.add(largest, s.read(self.bias, c))));
                place.to.part(at, S::LANES).write(s, value);
                c += S::LANES;
            }
        }
    }
}
