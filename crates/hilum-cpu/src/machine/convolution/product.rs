//! Convolutions as products of matrices.

use super::Job;
use crate::kernel::activation;
use crate::kernel::matrix::{self, Panels, Rows};
use crate::kernel::stem::Stem;
use crate::kernel::window::Order;
use crate::kernel::winograd::largest_of_four;
use crate::machine::forward::multiply_view;
use crate::machine::normalise::{Blocks, Tally, moments_of};
use crate::machine::{Along, Context, plan};
use crate::program::{Mode, ValueId};
use crate::simd::{Simd, registers};

impl Context<'_> {
    /// One matrix product per block of pixels, or per block and some of the columns where there
    /// are few pixels.
    pub(super) fn product<S: Simd>(
        &mut self,
        s: S,
        output: ValueId,
        job: &mut Job<'_>,
    ) -> Option<Tally> {
        let total = job.window.computed_pixels(job.order) * self.count;
        let depth = job.window.taps() * job.c;
        let threads = self.pool.threads();
        let rows = self.rows_of_a_block(total, depth, job.order);
        let blocks = total.div_ceil(rows);
        let panels = Panels::new::<S>(job.k).count();
        job.moments = self.moments_wanted(output, Blocks::even(total, rows));
        let groups = if blocks >= 2 * threads || job.moments.is_some() || !job.distances.is_empty()
        {
            1
        } else {
            (4 * threads).div_ceil(blocks).min(panels)
        };
        let job = *job;
        self.pool.run(blocks * groups, |task, worker| {
            let (block, group) = (task / groups, task % groups);
            let part = group * panels / groups..(group + 1) * panels / groups;
            let first = block * rows;
            let count = rows.min(total - first);
            // SAFETY: the processor has the instruction set; blocks and groups are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || product_block(s, &job, first, count, part, worker),
                );
            }
        });
        job.moments
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
    pub(super) fn few_rows<S: Simd>(&mut self, s: S, job: Job<'_>) {
        let total = job.window.output_pixels() * self.count;
        let depth = job.window.taps() * job.c;
        let threads = self.pool.threads();
        let panels = Panels::new::<S>(job.k).count();
        let a = if job.reads_rows_as_they_are() {
            job.seen.view.start
        } else {
            let rows = self.arena.part(self.plan.shared[0], total * depth + 64);
            let lot = total.div_ceil(4 * threads);
            self.pool.run(total.div_ceil(lot), |task, _| {
                let (job, first) = (job, task * lot);
                let to = rows.start().wrapping_add(first * depth);
                // SAFETY: rows are disjoint, and whole registers long.
                unsafe {
                    s.vectorize(
                        #[inline(always)]
                        || gather_rows(s, &job, first, lot.min(total - first), to),
                    );
                }
            });
            rows.start().cast_const()
        };
        let groups = panels.min(4 * threads);
        let a = Along(a);
        self.pool.run(groups, |group, _| {
            let part = group * panels / groups..(group + 1) * panels / groups;
            let (job, a) = (
                job,
                Rows {
                    start: a.get(),
                    stride: depth,
                },
            );
            // SAFETY: groups of columns are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || multiply_rows(s, &job, 0, total, a, part),
                );
            }
        });
    }
}

impl Job<'_> {
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
        self.is_pointwise() && self.seen.view.is_plain() && self.gate.is_none()
    }
}

/// The rows of a product.
#[inline(always)]
unsafe fn gather_rows<S: Simd>(s: S, job: &Job<'_>, first: usize, count: usize, to: *mut f32) {
    let view = &job.seen.view;
    if job.is_pointwise() {
        view.read(s, first, count, to);
    } else {
        let depth = job.window.taps() * job.c;
        job.window
            .gather(s, view, job.order, first, count, to, depth);
    }
    if let Some(gate) = &job.gate {
        for pixel in 0..count {
            let image = (first + pixel) / job.window.input_pixels();
            multiply_view(s, &gate.view, image, to.add(pixel * job.c));
        }
    }
}

/// `count` computed pixels from `first` on, in the columns of `panels`.
#[inline(always)]
unsafe fn product_block<S: Simd>(
    s: S,
    job: &Job<'_>,
    first: usize,
    count: usize,
    panels: std::ops::Range<usize>,
    worker: usize,
) {
    if !job.distances.is_empty() {
        stem_block(s, job, first, count);
        return;
    }
    let depth = job.window.taps() * job.c;
    let view = &job.seen.view;
    let layout = Panels::new::<S>(job.k);
    let [patches, pooled] = job
        .scratch
        .pieces(worker, [count * depth + 64, count * job.k]);
    let a = if job.reads_rows_as_they_are() {
        view.start.add(first * job.c)
    } else {
        gather_rows(s, job, first, count, patches);
        patches.cast_const()
    };
    let a = Rows {
        start: a,
        stride: depth,
    };
    if job.order == Order::Pooled {
        let out = Rows {
            start: pooled,
            stride: job.k,
        };
        matrix::multiply(
            s,
            count,
            depth,
            a,
            job.weights,
            layout,
            panels.clone(),
            out,
            matrix::Finish::STORE,
        );
        let columns = layout.start(panels.start) * S::LANES..layout.start(panels.end) * S::LANES;
        pool_rows(s, job, first / 4, count / 4, columns, pooled);
        return;
    }
    multiply_rows(s, job, first, count, a, panels);
}

/// `count` computed pixels of a stem.
#[inline(always)]
unsafe fn stem_block<S: Simd>(s: S, job: &Job<'_>, first: usize, count: usize) {
    let stem = Stem {
        window: &job.window,
        order: job.order,
        image: job.seen.view.start,
        stride: job.c,
        distances: job.distances,
        weights: job.weights,
        k: job.k,
        bias: job.bias,
        low: job.low,
        high: job.high,
        to: job.to.start(),
        choice: job.choice,
    };
    stem.run(s, first, count);
    let from = job.to.start().add(first * job.k);
    if let Some(after) = job.after {
        activation::apply(s, after, from, count * job.k);
    }
    if let Some(tally) = &job.moments {
        moments_of(s, tally, from, first, count);
    }
}

/// Multiplies rows with the weights and finishes their pixels.
#[inline(always)]
unsafe fn multiply_rows<S: Simd>(
    s: S,
    job: &Job<'_>,
    first: usize,
    count: usize,
    a: Rows<*const f32>,
    panels: std::ops::Range<usize>,
) {
    let layout = Panels::new::<S>(job.k);
    let depth = a.stride;
    let out = Rows {
        start: job.to.start().add(first * job.k),
        stride: job.k,
    };
    let finish = matrix::Finish {
        bias: job.bias,
        residual: if job.residual.is_null() {
            job.residual
        } else {
            job.residual.add(first * job.k)
        },
        low: job.low,
        high: job.high,
        accumulate: false,
    };
    matrix::multiply(
        s,
        count,
        depth,
        a,
        job.weights,
        layout,
        panels.clone(),
        out,
        finish,
    );
    if let Some(tally) = &job.moments {
        moments_of(s, tally, out.start, first, count);
    }
    if let Some(after) = job.after {
        let start = layout.start(panels.start) * S::LANES;
        let end = layout.start(panels.end) * S::LANES;
        for pixel in 0..count {
            activation::apply(s, after, out.start.add(pixel * job.k + start), end - start);
        }
    }
}

/// The 2x2 max-pool of rows in the order of [`Order::Pooled`].
#[inline(always)]
unsafe fn pool_rows<S: Simd>(
    s: S,
    job: &Job<'_>,
    first: usize,
    count: usize,
    columns: std::ops::Range<usize>,
    from: *const f32,
) {
    let (low, high) = (s.splat(job.low), s.splat(job.high));
    for window in 0..count {
        let from = from.add(4 * window * job.k);
        let mut c = columns.start;
        while c < columns.end {
            let four = registers(
                s,
                #[inline(always)]
                |corner| s.load(from.add(corner * job.k + c)),
            );
            let at = (first + window) * job.k + c;
            let largest = largest_of_four(s, four, job.choice, at);
            let value = s.add(largest, s.load(job.bias.add(c)));
            s.store(job.to.start().add(at), s.min(high, s.max(low, value)));
            c += S::LANES;
        }
    }
}
