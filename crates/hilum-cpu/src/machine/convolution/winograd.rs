//! Winograd's convolutions: blocks of tiles alone, or all threads together.

use super::Job;
use crate::kernel::activation;
use crate::kernel::matrix::{self, Panels, Rows};
use crate::kernel::window::Order;
use crate::kernel::winograd::{Algebra, Output, Patch, image_tile, output_tile};
use crate::machine::{Context, plan};
use crate::simd::Simd;

impl Context<'_> {
    pub(super) fn winograd<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        s: S,
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
                    s.vectorize(
                        #[inline(always)]
                        || tiles_alone::<S, A, OUT, IN>(s, &job, first, count, worker),
                    );
                }
            });
            return;
        }
        self.tiles_together::<S, A, OUT, IN>(s, index, job, tiles);
    }

    /// All threads transform tiles, then multiply position by position, then transform back.
    fn tiles_together<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        s: S,
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
                    s.vectorize(
                        #[inline(always)]
                        || {
                            for tile in first..(first + lot).min(count) {
                                let patch = Patch::new(&job.window, OUT, start + tile);
                                let to = image.start().add(tile * image_row);
                                image_tile::<S, A, OUT, IN>(
                                    s,
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
                let job = &job;
                let (position, group) = (task / groups, task % groups);
                let part = group * panels.count() / groups..(group + 1) * panels.count() / groups;
                // SAFETY: positions and groups of columns are disjoint.
                unsafe {
                    s.vectorize(
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
                            matrix::multiply(
                                s,
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
                    s.vectorize(
                        #[inline(always)]
                        || {
                            for tile in first..(first + lot).min(count) {
                                let patch = Patch::new(&job.window, OUT, start + tile);
                                let from = result.start().add(tile * result_row);
                                output_tile::<S, A, OUT, IN>(
                                    s,
                                    &job.window,
                                    from,
                                    result_plane,
                                    k,
                                    0..k,
                                    patch,
                                    &output,
                                );
                                job.activate_tile::<S, OUT>(s, patch);
                            }
                        },
                    );
                }
            });
        }
    }
}

impl Job<'_> {
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
    unsafe fn activate_tile<S: Simd, const OUT: usize>(&self, s: S, patch: Patch) {
        let Some(after) = self.after else { return };
        let [height, width] = self.window.output;
        for row in patch.row..(patch.row + OUT).min(height) {
            let columns = OUT.min(width - patch.column);
            let pixel = (patch.image * height + row) * width + patch.column;
            let at = self.to.start().add(pixel * self.k);
            activation::apply(s, after, at, columns * self.k);
        }
    }
}

/// All three steps of Winograd's algorithm for one block of tiles, with some of the filters at a
/// time: the transformed tiles and the products stay in the second cache.
#[inline(always)]
unsafe fn tiles_alone<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
    s: S,
    job: &Job<'_>,
    first: usize,
    count: usize,
    worker: usize,
) {
    let positions = IN * IN;
    let (c, k) = (job.c, job.k);
    let panels = Panels::new::<S>(k);
    let panel = Panels::widest::<S>() * S::LANES;
    let lot = plan::filters_at_a_time(plan::block_tiles(positions, c), positions).div_ceil(panel);
    let widest = ((lot + 1) * panel).min(k);
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
        image_tile::<S, A, OUT, IN>(
            s,
            &job.window,
            &job.seen.view,
            patch,
            scratch,
            to,
            image_plane,
        );
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
            matrix::multiply(s, count, c, a, b, panels, part, out, store);
        }
        for tile in 0..count {
            let patch = Patch::new(&job.window, OUT, first + tile);
            let (from, channels) = (result.add(tile * result_row), channels.clone());
            let window = &job.window;
            output_tile::<S, A, OUT, IN>(
                s,
                window,
                from,
                result_plane,
                k,
                channels,
                patch,
                &output,
            );
        }
    }
    if job.after.is_some() {
        for tile in 0..count {
            job.activate_tile::<S, OUT>(s, Patch::new(&job.window, OUT, first + tile));
        }
    }
}
