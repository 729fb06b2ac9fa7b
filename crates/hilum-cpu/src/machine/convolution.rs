//! Convolutions forward, by all algorithms.

use hilum_graph::Activation;

use super::forward::multiply_view;
use super::normalise::{Blocks, Tally, moments_of};
use super::plan::{self, Algorithm};
use super::{Along, Context, Scratch, Seen};
use crate::kernel::matrix::{self, Panels, Rows};
use crate::kernel::stem::Stem;
use crate::kernel::window::{Order, Window};
use crate::kernel::winograd::{
    Algebra, Four, Output, Patch, Two, image_tile, largest_of_four, output_tile,
};
use crate::kernel::{activation, depthwise};
use crate::memory::Shared;
use crate::program::{Convolution, Mode, Step, ValueId};
use crate::simd::Simd;

/// What all tasks of a convolution know.
#[derive(Clone, Copy)]
struct Job<'a> {
    /// Where moments of the result go, if they are wanted.
    moments: Option<Tally>,
    seen: Seen<'a>,
    gate: Option<Seen<'a>>,
    to: Shared<'a>,
    residual: *const f32,
    choice: *mut f32,
    weights: *const f32,
    /// Not empty for a stem.
    distances: &'a [usize],
    bias: *const f32,
    low: f32,
    high: f32,
    after: Option<Activation>,
    window: Window,
    order: Order,
    /// Channels of input and result, padding included.
    c: usize,
    k: usize,
    scratch: Scratch<'a>,
}

// SAFETY: tasks read what earlier phases wrote and write disjoint parts of `to` and `choice`.
unsafe impl Send for Job<'_> {}
// SAFETY: as above.
unsafe impl Sync for Job<'_> {}

/// The limits that an activation amounts to, or what is left to do afterwards.
fn limits(activation: Option<Activation>) -> (f32, f32, Option<Activation>) {
    match activation {
        None => (f32::NEG_INFINITY, f32::INFINITY, None),
        Some(Activation::Relu) => (0.0, f32::INFINITY, None),
        Some(Activation::Relu6) => (0.0, 6.0, None),
        Some(other) => (f32::NEG_INFINITY, f32::INFINITY, Some(other)),
    }
}

impl Context<'_> {
    pub(super) fn convolve<S: Simd>(
        &mut self,
        index: usize,
        step: &Step,
        how: &Convolution,
        weights: &[f32],
    ) -> Option<Tally> {
        let weights = self.weights::<S>(index, weights, false);
        let (low, high, after) = limits(how.activation);
        let mut job = Job {
            moments: None,
            seen: self.view(step.inputs[0]),
            gate: how.gate.map(|gate| self.view(gate)),
            to: self.stored(step.output),
            residual: how
                .residual
                .map_or(std::ptr::null(), |id| self.stored(id).start().cast_const()),
            choice: self.plan.notes[index].map_or(std::ptr::null_mut(), |place| {
                let len = self.program.values[step.output].len() * self.count;
                self.arena.part(place, len).start()
            }),
            weights,
            distances: if how.residual.is_none() {
                &self.plan.distances[index]
            } else {
                &[]
            },
            bias: self.biases[index].as_ref().expect("a bias").as_ptr(),
            low,
            high,
            after,
            window: how.window,
            order: plan::order(how),
            c: self.program.values[step.inputs[0]].stride,
            k: self.program.values[step.output].stride,
            scratch: self.scratch(),
        };
        match self.plan.algorithms[index] {
            Algorithm::Pointwise | Algorithm::Patches => {
                if self.mode == Mode::Inference
                    && self
                        .plan
                        .gathers_first(how, job.window.taps() * job.c * job.k)
                {
                    self.few_rows::<S>(job);
                    return None;
                }
                return self.product::<S>(step.output, &mut job);
            }
            Algorithm::Depthwise => return self.depthwise::<S>(step.output, &mut job),
            Algorithm::Four => self.winograd::<S, Four, 4, 6>(index, job),
            Algorithm::Two => self.winograd::<S, Two, 2, 4>(index, job),
        }
        None
    }

    /// One matrix product per block of pixels, or per block and some of the columns where there
    /// are few pixels.
    fn product<S: Simd>(&mut self, output: ValueId, job: &mut Job<'_>) -> Option<Tally> {
        let total = job.window.computed_pixels(job.order) * self.count;
        let depth = job.window.taps() * job.c;
        let threads = self.pool.threads();
        let most = plan::block_rows(depth);
        // Moments must not depend on the number of threads.
        let rows = if self.mode == Mode::Training {
            most
        } else {
            let even = total.div_ceil(2 * threads).next_multiple_of(8);
            even.clamp(most.min(24), most)
        };
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
                S::vectorize(
                    #[inline(always)]
                    || product_block::<S>(&job, first, count, part, worker),
                );
            }
        });
        job.moments
    }

    /// A product of few rows: all of them are gathered first, then each task multiplies them
    /// with some of the columns.
    fn few_rows<S: Simd>(&mut self, job: Job<'_>) {
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
                    S::vectorize(
                        #[inline(always)]
                        || gather_rows::<S>(&job, first, lot.min(total - first), to),
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
                S::vectorize(
                    #[inline(always)]
                    || multiply_rows::<S>(&job, 0, total, a, part),
                );
            }
        });
    }

    fn depthwise<S: Simd>(&mut self, output: ValueId, job: &mut Job<'_>) -> Option<Tally> {
        let [height, width] = job.window.output;
        let threads = self.pool.threads();
        let fit = (131_072 / (width * job.c))
            .clamp(4, height.max(4))
            .min(height);
        let rows = if self.mode == Mode::Training {
            fit
        } else {
            let even = (height * self.count).div_ceil(2 * threads).max(2);
            fit.min(even)
        };
        let bands = height.div_ceil(rows);
        let blocks = Blocks::by_image(self.count, height * width, rows * width);
        job.moments = self.moments_wanted(output, blocks);
        let job = *job;
        self.pool.run(self.count * bands, |task, worker| {
            let (image, band) = (task / bands, task % bands);
            let lines = band * rows..((band + 1) * rows).min(height);
            // SAFETY: the processor has the instruction set; bands are disjoint.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || depthwise_band::<S>(&job, image, lines, worker),
                );
            }
        });
        job.moments
    }

    fn winograd<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        index: usize,
        job: Job<'_>,
    ) {
        let algorithm = self.plan.algorithms[index];
        let tiles = plan::tile_count(&job.window, algorithm) * self.count;
        let threads = self.pool.threads();
        let block = plan::block_tiles(IN * IN, job.c);
        let weights = IN * IN * job.c * job.k;
        // A task of its own per block of tiles needs no waiting, but reads all weights.
        if tiles >= block * threads && weights <= 2 << 20 {
            let even = tiles.div_ceil(tiles.div_ceil(block));
            self.pool.run(tiles.div_ceil(even), |task, worker| {
                let first = task * even;
                let count = even.min(tiles - first);
                // SAFETY: the processor has the instruction set; blocks are disjoint.
                unsafe {
                    S::vectorize(
                        #[inline(always)]
                        || tiles_alone::<S, A, OUT, IN>(&job, first, count, worker),
                    );
                }
            });
            return;
        }
        self.tiles_together::<S, A, OUT, IN>(index, job, tiles);
    }

    /// All threads transform tiles, then multiply position by position, then transform back.
    fn tiles_together<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        index: usize,
        job: Job<'_>,
        tiles: usize,
    ) {
        let together = self.plan.together[index];
        let positions = IN * IN;
        let (c, k) = (job.c, job.k);
        let (image_row, result_row) = (plan::row(c), plan::row(k));
        let (image_plane, result_plane) = (plan::plane(together, c), plan::plane(together, k));
        let image = self
            .arena
            .part(self.plan.shared[0], positions * image_plane);
        let result = self
            .arena
            .part(self.plan.shared[1], positions * result_plane);
        let panels = Panels::new::<S>(k);
        let groups = panels
            .count()
            .min((4 * self.pool.threads()).div_ceil(positions));
        for start in (0..tiles).step_by(together) {
            let count = together.min(tiles - start);
            let lot = count.div_ceil(4 * self.pool.threads()).clamp(1, 16);
            self.pool.run(count.div_ceil(lot), |task, worker| {
                let (job, first) = (job, task * lot);
                let [scratch] = job.scratch.pieces(worker, [positions * c]);
                // SAFETY: tiles are disjoint.
                unsafe {
                    S::vectorize(
                        #[inline(always)]
                        || {
                            for tile in first..(first + lot).min(count) {
                                let patch = Patch::new(&job.window, OUT, start + tile);
                                let to = image.start().add(tile * image_row);
                                image_tile::<S, A, OUT, IN>(
                                    &job.window,
                                    &job.seen.view,
                                    patch,
                                    scratch,
                                    to,
                                    image_plane,
                                );
                            }
                        },
                    );
                }
            });
            self.pool.run(positions * groups, |task, _| {
                let job = job;
                let (position, group) = (task / groups, task % groups);
                let part = group * panels.count() / groups..(group + 1) * panels.count() / groups;
                // SAFETY: positions and groups of columns are disjoint.
                unsafe {
                    S::vectorize(
                        #[inline(always)]
                        || {
                            let a = Rows {
                                start: image.start().add(position * image_plane).cast_const(),
                                stride: image_row,
                            };
                            let out = Rows {
                                start: result.start().add(position * result_plane),
                                stride: result_row,
                            };
                            let b = job.weights.add(position * c * k);
                            matrix::multiply::<S>(
                                count,
                                c,
                                a,
                                b,
                                panels,
                                part,
                                out,
                                matrix::Finish::STORE,
                            );
                        },
                    );
                }
            });
            self.pool.run(count.div_ceil(lot), |task, _| {
                let (job, first) = (job, task * lot);
                let output = job.output();
                // SAFETY: tiles are disjoint.
                unsafe {
                    S::vectorize(
                        #[inline(always)]
                        || {
                            for tile in first..(first + lot).min(count) {
                                let patch = Patch::new(&job.window, OUT, start + tile);
                                let from = result.start().add(tile * result_row);
                                output_tile::<S, A, OUT, IN>(
                                    &job.window,
                                    from,
                                    result_plane,
                                    k,
                                    0..k,
                                    patch,
                                    &output,
                                );
                                job.activate_tile::<S, OUT>(patch);
                            }
                        },
                    );
                }
            });
        }
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

    fn output(&self) -> Output {
        Output {
            to: self.to.start(),
            bias: self.bias,
            residual: self.residual,
            low: self.low,
            high: self.high,
            pool: self.order == Order::Pooled,
            choice: self.choice,
        }
    }

    /// What limits cannot express, on the results of a tile.
    #[inline(always)]
    unsafe fn activate_tile<S: Simd, const OUT: usize>(&self, patch: Patch) {
        let Some(after) = self.after else { return };
        let [height, width] = self.window.output;
        for row in patch.row..(patch.row + OUT).min(height) {
            let columns = OUT.min(width - patch.column);
            let pixel = (patch.image * height + row) * width + patch.column;
            let at = self.to.start().add(pixel * self.k);
            activation::apply::<S>(after, at, columns * self.k);
        }
    }
}

/// The rows of a product.
#[inline(always)]
unsafe fn gather_rows<S: Simd>(job: &Job<'_>, first: usize, count: usize, to: *mut f32) {
    let view = &job.seen.view;
    if job.is_pointwise() {
        view.read::<S>(first, count, to);
    } else {
        let depth = job.window.taps() * job.c;
        job.window
            .gather::<S>(view, job.order, first, count, to, depth);
    }
    if let Some(gate) = &job.gate {
        for pixel in 0..count {
            let image = (first + pixel) / job.window.input_pixels();
            multiply_view::<S>(&gate.view, image, to.add(pixel * job.c));
        }
    }
}

/// `count` computed pixels from `first` on, in the columns of `panels`.
#[inline(always)]
unsafe fn product_block<S: Simd>(
    job: &Job<'_>,
    first: usize,
    count: usize,
    panels: std::ops::Range<usize>,
    worker: usize,
) {
    if !job.distances.is_empty() {
        stem_block::<S>(job, first, count);
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
        gather_rows::<S>(job, first, count, patches);
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
        matrix::multiply::<S>(
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
        pool_rows::<S>(job, first / 4, count / 4, columns, pooled);
        return;
    }
    multiply_rows::<S>(job, first, count, a, panels);
}

/// `count` computed pixels of a stem.
#[inline(always)]
unsafe fn stem_block<S: Simd>(job: &Job<'_>, first: usize, count: usize) {
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
    stem.run::<S>(first, count);
    let from = job.to.start().add(first * job.k);
    if let Some(after) = job.after {
        activation::apply::<S>(after, from, count * job.k);
    }
    if let Some(tally) = &job.moments {
        moments_of::<S>(tally, from, first, count);
    }
}

/// Multiplies rows with the weights and finishes their pixels.
#[inline(always)]
unsafe fn multiply_rows<S: Simd>(
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
    matrix::multiply::<S>(
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
        moments_of::<S>(tally, out.start, first, count);
    }
    if let Some(after) = job.after {
        let start = layout.start(panels.start) * S::LANES;
        let end = layout.start(panels.end) * S::LANES;
        for pixel in 0..count {
            activation::apply::<S>(after, out.start.add(pixel * job.k + start), end - start);
        }
    }
}

/// The 2x2 max-pool of rows in the order of [`Order::Pooled`].
#[inline(always)]
unsafe fn pool_rows<S: Simd>(
    job: &Job<'_>,
    first: usize,
    count: usize,
    columns: std::ops::Range<usize>,
    from: *const f32,
) {
    let (low, high) = (S::splat(job.low), S::splat(job.high));
    for window in 0..count {
        let from = from.add(4 * window * job.k);
        let mut c = columns.start;
        while c < columns.end {
            let four = std::array::from_fn(
                #[inline(always)]
                |corner| S::load(from.add(corner * job.k + c)),
            );
            let at = (first + window) * job.k + c;
            let largest = largest_of_four::<S>(four, job.choice, at);
            let value = S::add(largest, S::load(job.bias.add(c)));
            S::store(job.to.start().add(at), S::min(high, S::max(low, value)));
            c += S::LANES;
        }
    }
}

#[inline(always)]
unsafe fn depthwise_band<S: Simd>(
    job: &Job<'_>,
    image: usize,
    rows: std::ops::Range<usize>,
    worker: usize,
) {
    let width = depthwise::padded_width(&job.window);
    let slots = job.window.kernel[0];
    let [memory] = job
        .scratch
        .pieces(worker, [depthwise::Ring::len(slots, width, job.c)]);
    let [padding, inside] = [job.window.padding[1], job.window.input[1]];
    let ring = depthwise::Ring::new::<S>(memory, slots, width, job.c, padding, inside);
    let finish = depthwise::Finish {
        bias: job.bias,
        low: job.low,
        high: job.high,
        accumulate: false,
    };
    let first = image * job.window.input_pixels();
    let out = job
        .to
        .start()
        .add(image * job.window.output_pixels() * job.c);
    let (start, end) = (rows.start, rows.end);
    depthwise::forward::<S>(
        &job.window,
        &job.seen.view,
        first,
        rows,
        job.weights,
        &ring,
        finish,
        out,
    );
    if let Some(after) = job.after {
        let row = job.window.output[1] * job.c;
        activation::apply::<S>(after, out.add(start * row), (end - start) * row);
    }
    if let Some(tally) = &job.moments {
        let width = job.window.output[1];
        let pixel = image * job.window.output_pixels() + start * width;
        let from = out.add(start * width * job.c);
        moments_of::<S>(tally, from, pixel, (end - start) * width);
    }
}

/// All three steps of Winograd's algorithm for one block of tiles, with some of the filters at a
/// time: the transformed tiles and the products stay in the second cache.
#[inline(always)]
unsafe fn tiles_alone<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    job: &Job<'_>,
    first: usize,
    count: usize,
    worker: usize,
) {
    let positions = IN * IN;
    let (c, k) = (job.c, job.k);
    let panels = Panels::new::<S>(k);
    let lot =
        plan::filters_at_a_time(plan::block_tiles(positions, c), positions).div_ceil(2 * S::LANES);
    let widest = ((lot + 1) * 2 * S::LANES).min(k);
    let (image_row, image_plane) = (plan::row(c), plan::plane(count, c));
    let sizes = [
        positions * c,
        positions * image_plane,
        positions * plan::plane(count, widest),
    ];
    let [scratch, image, result] = job.scratch.pieces(worker, sizes);
    for tile in 0..count {
        let patch = Patch::new(&job.window, OUT, first + tile);
        let to = image.add(tile * image_row);
        image_tile::<S, A, OUT, IN>(&job.window, &job.seen.view, patch, scratch, to, image_plane);
    }
    let output = job.output();
    for start in (0..panels.count()).step_by(lot) {
        let part = start..(start + lot).min(panels.count());
        let channels = panels.start(part.start) * S::LANES..panels.start(part.end) * S::LANES;
        let result_row = plan::row(channels.len());
        let result_plane = plan::plane(count, channels.len());
        for position in 0..positions {
            let a = Rows {
                start: image.add(position * image_plane).cast_const(),
                stride: image_row,
            };
            let to = result.add(position * result_plane);
            let out = Rows {
                start: to.wrapping_sub(channels.start),
                stride: result_row,
            };
            let b = job.weights.add(position * c * k);
            let (part, store) = (part.clone(), matrix::Finish::STORE);
            matrix::multiply::<S>(count, c, a, b, panels, part, out, store);
        }
        for tile in 0..count {
            let patch = Patch::new(&job.window, OUT, first + tile);
            let (from, channels) = (result.add(tile * result_row), channels.clone());
            let window = &job.window;
            output_tile::<S, A, OUT, IN>(window, from, result_plane, k, channels, patch, &output);
        }
    }
    if job.after.is_some() {
        for tile in 0..count {
            job.activate_tile::<S, OUT>(Patch::new(&job.window, OUT, first + tile));
        }
    }
}

/// Keeps an address for tasks.
pub(super) fn along<T>(pointer: *mut T) -> Along<*mut T> {
    Along(pointer)
}
