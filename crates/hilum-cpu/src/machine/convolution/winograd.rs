//! Winograd's convolutions: blocks of tiles alone, or phase by phase.

use super::ConvolutionForward;
use crate::kernel::activation;
use crate::kernel::matrix::{self, Panels, Rows, RowsMut};
use crate::kernel::term::{Paired, Single, Term};
use crate::kernel::window::Order;
use crate::kernel::winograd::{Algebra, Output, Patch, image_tile, output_tile};
use crate::machine::context::Context;
use crate::machine::plan::{self, Factors};
use crate::machine::planes::Planes;
use crate::memory::Scattered;
use crate::simd::{Simd, round};

/// Tiles that all threads transform, multiply and transform back, phase by phase.
#[derive(Clone, Copy)]
struct Lot<'a> {
    /// The first tile and how many there are.
    start: usize,
    count: usize,
    image: Planes<'a>,
    result: Planes<'a>,
}

impl Context<'_> {
    pub(super) fn winograd<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        s: S,
        index: usize,
        job: ConvolutionForward<'_>,
    ) {
        match job.pairs::<S>() {
            None => self.winograd_of::<S, _, A, OUT, IN>(s, Single(s), index, job),
            Some(pairs) => self.winograd_of::<S, _, A, OUT, IN>(s, Paired(s, pairs), index, job),
        }
    }

    fn winograd_of<
        S: Simd,
        T: Term<S>,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &mut self,
        s: S,
        term: T,
        index: usize,
        job: ConvolutionForward<'_>,
    ) {
        let algorithm = self.plan.algorithms[index];
        let tiles = plan::tile_count(&job.window, algorithm) * self.count;
        let threads = self.pool.threads();
        let block = plan::block_tiles(IN * IN, job.c);
        let weights = IN * IN * job.c * job.k;
        // A task of its own per block of tiles needs no waiting, but reads all weights.
        if tiles >= block * threads && weights <= 2 << 20 {
            let even = tiles.div_ceil(tiles.div_ceil(block));
            let sizes = job.tile_scratch::<S, T>(even, IN * IN);
            self.pool.run(tiles.div_ceil(even), |task, worker| {
                let first = task * even;
                let count = even.min(tiles - first);
                // SAFETY: each task has a block of tiles of its own.
                let (scratch, output) =
                    unsafe { (job.scratch.pieces(worker, sizes), job.output()) };
                term.vectorize(
                    #[inline(always)]
                    || job.tile_block::<S, T, A, OUT, IN>(s, term, first, count, scratch, &output),
                );
            });
            return;
        }
        let most = self.plan.tiles_at_a_time[index];
        let planes = |place: usize, channels: usize| {
            let memory = self.arena.part(
                self.plan.shared[place],
                IN * IN * plan::plane(most, channels),
            );
            Planes::new(memory, most, channels)
        };
        let (image, result) = (planes(0, job.c / T::VALUES), planes(1, job.k));
        for start in (0..tiles).step_by(most) {
            let count = most.min(tiles - start);
            let lot = Lot {
                start,
                count,
                image,
                result,
            };
            self.transform_image::<S, T, A, OUT, IN>(s, term, job, lot);
            self.multiply_positions(s, term, job, lot, IN * IN);
            self.transform_result::<S, T, A, OUT, IN>(s, term, job, lot);
        }
    }

    /// Tiles that a task of a phase transforms.
    fn tiles_of_a_task(&self, count: usize) -> usize {
        count.div_ceil(4 * self.pool.threads()).clamp(1, 16)
    }

    fn transform_image<
        S: Simd,
        T: Term<S>,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &mut self,
        s: S,
        term: T,
        job: ConvolutionForward<'_>,
        lot: Lot<'_>,
    ) {
        let few = self.tiles_of_a_task(lot.count);
        self.pool.run(lot.count.div_ceil(few), |task, worker| {
            let first = task * few;
            // SAFETY: once in this task; of the planes it accesses its own tiles' rows alone.
            let ([scratch], to) = unsafe {
                let scratch = job.scratch.pieces(worker, [IN * IN * job.c]);
                (scratch, lot.image.memory.scattered())
            };
            term.vectorize(
                #[inline(always)]
                || {
                    let plane = lot.image.plane;
                    for tile in first..(first + few).min(lot.count) {
                        let patch = Patch::new(&job.window, OUT, lot.start + tile);
                        let to = lot.image.tile(to, tile);
                        job.image_tile::<S, T, A, OUT, IN>(s, term, patch, scratch, to, plane);
                    }
                },
            );
        });
    }

    fn multiply_positions<S: Simd, T: Term<S>>(
        &mut self,
        s: S,
        term: T,
        job: ConvolutionForward<'_>,
        lot: Lot<'_>,
        positions: usize,
    ) {
        let (c, k) = (job.c / T::VALUES, job.k);
        let panels = Panels::new::<S>(k);
        let groups = panels
            .count()
            .min((4 * self.pool.threads()).div_ceil(positions));
        // SAFETY: the phase that wrote them is over.
        let image = unsafe { lot.image.memory.read() };
        self.pool.run(positions * groups, |task, _| {
            let (position, group) = (task / groups, task % groups);
            let part = group * panels.count() / groups..(group + 1) * panels.count() / groups;
            let a = lot.image.matrix(image, position);
            // SAFETY: positions and groups of columns are disjoint.
            let out = unsafe { lot.result.memory.scattered() };
            let out = lot.result.matrix_mut(out, position);
            let b = &job.weights[position * c * k..][..c * k];
            let store = matrix::Finish::STORE;
            matrix::multiply(s, term, lot.count, c, a, b, panels, part, out, store);
        });
    }

    fn transform_result<
        S: Simd,
        T: Term<S>,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &mut self,
        s: S,
        term: T,
        job: ConvolutionForward<'_>,
        lot: Lot<'_>,
    ) {
        let few = self.tiles_of_a_task(lot.count);
        // SAFETY: the phase that wrote them is over.
        let result = unsafe { lot.result.memory.read() };
        self.pool.run(lot.count.div_ceil(few), |task, _| {
            let first = task * few;
            // SAFETY: tiles are disjoint, and so are their results.
            let output = unsafe { job.output() };
            term.vectorize(
                #[inline(always)]
                || {
                    let (window, k, plane) = (&job.window, job.k, lot.result.plane);
                    for tile in first..(first + few).min(lot.count) {
                        let patch = Patch::new(window, OUT, lot.start + tile);
                        let from = &result[tile * lot.result.row..];
                        output_tile::<S, T, A, OUT, IN>(
                            s,
                            term,
                            window,
                            from,
                            plane,
                            k,
                            0..k,
                            patch,
                            &output,
                        );
                        job.activate_tile::<S, OUT>(s, &output, patch);
                    }
                },
            );
        });
    }
}

impl ConvolutionForward<'_> {
    /// # Safety
    /// No two tasks take the same tiles.
    unsafe fn output(&self) -> Output<'_> {
        // SAFETY: the caller's promise.
        let (to, choice) = unsafe {
            let choice = self.choice.map(|choice| choice.scattered());
            (self.to.scattered(), choice)
        };
        Output {
            to,
            kept: self.keeps_words,
            bias: self.bias,
            residual: self.residual,
            low: self.low,
            high: self.high,
            pool: self.order == Order::Pooled,
            choice,
        }
    }

    /// What limits cannot express, on the results of a tile.
    #[inline(always)]
    fn activate_tile<S: Simd, const OUT: usize>(&self, s: S, output: &Output<'_>, patch: Patch) {
        let Some(after) = self.after else { return };
        let [height, width] = self.window.output;
        for row in patch.row..(patch.row + OUT).min(height) {
            let columns = OUT.min(width - patch.column);
            let pixel = (patch.image * height + row) * width + patch.column;
            let line = output.to.part(pixel * self.k, columns * self.k);
            // SAFETY: the tile is this task's alone.
            activation::apply(s, after, unsafe { line.values() });
        }
    }

    /// One tile at all positions, rounded where words are not to be had.
    #[inline(always)]
    fn image_tile<
        S: Simd,
        T: Term<S>,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &self,
        s: S,
        term: T,
        patch: Patch,
        scratch: &mut [f32],
        to: Scattered<'_>,
        plane: usize,
    ) {
        let (window, view) = (&self.window, &self.view);
        image_tile::<S, T, A, OUT, IN>(s, term, window, view, patch, scratch, to, plane);
        if self.factors == Factors::Rounded {
            for position in 0..IN * IN {
                // SAFETY: the tile is this task's alone, at every position.
                round(unsafe { to.part(position * plane, self.c).values() });
            }
        }
    }

    /// Panels of filters whose products of a block of tiles stay in the second cache.
    fn panels_at_a_time<S: Simd>(&self, positions: usize) -> usize {
        let filters = plan::filters_at_a_time(plan::block_tiles(positions, self.c), positions);
        filters.div_ceil(Panels::widest::<S>() * S::LANES)
    }

    /// What [`tile_block`](Self::tile_block) needs for at most `count` tiles: one tile's pixels,
    /// all tiles at every position, and their products with some of the filters.
    fn tile_scratch<S: Simd, T: Term<S>>(&self, count: usize, positions: usize) -> [usize; 3] {
        let panel = Panels::widest::<S>() * S::LANES;
        let widest = ((self.panels_at_a_time::<S>(positions) + 1) * panel).min(self.k);
        [
            positions * self.c,
            positions * plan::plane(count, self.c / T::VALUES),
            positions * plan::plane(count, widest),
        ]
    }

    /// All three steps of Winograd's algorithm for one block of tiles, with some of the filters at
    /// a time: the transformed tiles and the products stay in the second cache.
    #[inline(always)]
    fn tile_block<
        S: Simd,
        T: Term<S>,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &self,
        s: S,
        term: T,
        first: usize,
        count: usize,
        [scratch, image, result]: [&mut [f32]; 3],
        output: &Output<'_>,
    ) {
        let positions = IN * IN;
        let window = &self.window;
        let (c, k) = (self.c / T::VALUES, self.k);
        let panels = Panels::new::<S>(k);
        let lot = self.panels_at_a_time::<S>(positions);
        let (image_row, image_plane) = (plan::row(c), plan::plane(count, c));
        let tiles = Scattered::of(image);
        for tile in 0..count {
            let patch = Patch::new(window, OUT, first + tile);
            let to = tiles.part(tile * image_row, tiles.len() - tile * image_row);
            self.image_tile::<S, T, A, OUT, IN>(s, term, patch, scratch, to, image_plane);
        }
        for start in (0..panels.count()).step_by(lot) {
            let part = start..(start + lot).min(panels.count());
            let channels = panels.start(part.start) * S::LANES..panels.start(part.end) * S::LANES;
            let result_row = plan::row(channels.len());
            let result_plane = plan::plane(count, channels.len());
            for position in 0..positions {
                let a = Rows {
                    values: &image[position * image_plane..],
                    stride: image_row,
                };
                let out = RowsMut {
                    values: Scattered::of(&mut result[position * result_plane..]),
                    stride: result_row,
                    first_column: channels.start,
                    kept: false,
                };
                let b = &self.weights[position * c * k..][..c * k];
                let (part, store) = (part.clone(), matrix::Finish::STORE);
                matrix::multiply(s, term, count, c, a, b, panels, part, out, store);
            }
            for tile in 0..count {
                let patch = Patch::new(window, OUT, first + tile);
                let (from, part) = (&result[tile * result_row..], channels.clone());
                output_tile::<S, T, A, OUT, IN>(
                    s,
                    term,
                    window,
                    from,
                    result_plane,
                    k,
                    part,
                    patch,
                    output,
                );
            }
        }
        if self.after.is_some() {
            for tile in 0..count {
                self.activate_tile::<S, OUT>(s, output, Patch::new(window, OUT, first + tile));
            }
        }
    }
}
