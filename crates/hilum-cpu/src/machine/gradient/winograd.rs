//! Gradients of Winograd's convolutions: all threads on one phase after the other.

use super::Job;
use crate::kernel::matrix::{self, Panels, Rows};
use crate::kernel::outer;
use crate::kernel::window::Order;
use crate::kernel::winograd::{
    Algebra, Patch, ResultGradient, gradient_tile, image_tile, input_gradient_tile, weight_gradient,
};
use crate::machine::convolution::along;
use crate::machine::{Context, plan};
use crate::memory::Shared;
use crate::simd::Simd;

/// One matrix of tiles x channels per position.
#[derive(Clone, Copy)]
struct Planes<'a> {
    memory: Shared<'a>,
    /// Values from tile to tile.
    row: usize,
    /// Values from position to position.
    plane: usize,
}

impl Planes<'_> {
    fn tile(&self, tile: usize) -> *mut f32 {
        self.memory.part(tile * self.row, 0).start()
    }

    fn matrix(&self, position: usize) -> Rows<*mut f32> {
        Rows {
            start: self.memory.part(position * self.plane, 0).start(),
            stride: self.row,
        }
    }

    fn read(&self, position: usize) -> Rows<*const f32> {
        let Rows { start, stride } = self.matrix(position);
        let start = start.cast_const();
        Rows { start, stride }
    }
}

/// What the phases of a lot of tiles hand on.
#[derive(Clone, Copy)]
struct Lot<'a> {
    /// The first tile and how many there are.
    start: usize,
    count: usize,
    image: Planes<'a>,
    result: Planes<'a>,
    back: Planes<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn winograd_gradient<
        S: Simd,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &mut self,
        s: S,
        index: usize,
        job: &mut Job<'_>,
        gradient: &mut [f32],
    ) {
        let (c, k) = (job.c, job.k);
        job.sums = self.partial(IN * IN * c * k).get();
        let job = *job;
        let per_image = plan::tile_count(&job.window, self.plan.algorithms[index]);
        let tiles = per_image * self.count;
        let together = self.plan.together[index];
        let planes = |place: usize, channels: usize| {
            let plane = plan::plane(together, channels);
            let memory = self.arena.part(self.plan.shared[place], IN * IN * plane);
            let row = plan::row(channels);
            Planes { memory, row, plane }
        };
        let (image, result, back) = (planes(0, c), planes(1, k), planes(2, c));
        if !job.adds {
            self.clear_input_gradient(&job);
        }
        for start in (0..tiles).step_by(together) {
            let count = together.min(tiles - start);
            let lot = Lot {
                start,
                count,
                image,
                result,
                back,
            };
            self.transform_both::<S, A, OUT, IN>(s, job, lot);
            self.multiply_gradients(s, job, lot, IN * IN);
            self.transform_back::<S, A, OUT, IN>(s, job, lot, per_image);
        }
        let (sums, to) = (along(job.sums), along(gradient.as_mut_ptr()));
        assert!(gradient.len() >= 9 * c * k, "room for the gradient");
        let tasks = c.min(4 * self.pool.threads());
        self.pool.run(tasks, |task, _| {
            let channels = task * c / tasks..(task + 1) * c / tasks;
            let (sums, to) = (sums.get(), to.get());
            // SAFETY: channels are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || weight_gradient::<S, A, OUT, IN>(s, sums, c, k, channels, to),
                );
            }
        });
    }

    fn clear_input_gradient(&mut self, job: &Job<'_>) {
        let Some(to) = job.to else { return };
        let len = job.window.input_pixels() * job.c;
        self.pool.run(self.count, |number, _| {
            // SAFETY: images are disjoint.
            unsafe { to.part(number * len, len).write() }.fill(0.0);
        });
    }

    /// The transforms of the image's tiles and of their results' gradient.
    fn transform_both<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        s: S,
        job: Job<'_>,
        lot: Lot<'a>,
    ) {
        let few = lot.count.div_ceil(4 * self.pool.threads()).clamp(1, 16);
        self.pool.run(lot.count.div_ceil(few), |task, worker| {
            let (job, lot, first) = (&job, &lot, task * few);
            let [scratch] = job.scratch.pieces(worker, [IN * IN * job.c]);
            let from = job.result_gradient();
            let (window, view, k) = (&job.window, &job.seen.view, job.k);
            // SAFETY: tiles are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        for tile in first..(first + few).min(lot.count) {
                            let patch = Patch::new(window, OUT, lot.start + tile);
                            let (to, plane) = (lot.image.tile(tile), lot.image.plane);
                            image_tile::<S, A, OUT, IN>(s, window, view, patch, scratch, to, plane);
                            let (to, plane) = (lot.result.tile(tile), lot.result.plane);
                            gradient_tile::<S, A, OUT, IN>(s, window, &from, k, patch, to, plane);
                        }
                    },
                );
            }
        });
    }

    /// At each position: the weights' gradient `V^T D` and the image's `D U^T`.
    fn multiply_gradients<S: Simd>(&mut self, s: S, job: Job<'_>, lot: Lot<'a>, positions: usize) {
        let (c, k) = (job.c, job.k);
        let (across, down) = (Panels::new::<S>(k), Panels::new::<S>(c));
        let groups = (4 * self.pool.threads()).div_ceil(positions);
        let kinds = if job.to.is_some() { 2 } else { 1 };
        self.pool.run(positions * groups * kinds, |task, _| {
            let (job, lot) = (&job, &lot);
            let (position, rest) = (task / (groups * kinds), task % (groups * kinds));
            let (kind, group) = (rest / groups, rest % groups);
            let part = |panels: Panels| {
                group * panels.count() / groups..(group + 1) * panels.count() / groups
            };
            let (v, d) = (lot.image.read(position), lot.result.read(position));
            let at = position * c * k;
            // SAFETY: positions, kinds and groups of columns are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        if kind == 0 {
                            let start = job.sums.add(at);
                            let out = Rows { start, stride: k };
                            let (panels, first) = (part(across), lot.start == 0);
                            outer::add_products(s, lot.count, c, v, d, across, panels, out, first);
                        } else {
                            let (u, out) = (job.weights.add(at), lot.back.matrix(position));
                            let (panels, store) = (part(down), matrix::Finish::STORE);
                            matrix::multiply(s, lot.count, k, d, u, down, panels, out, store);
                        }
                    },
                );
            }
        });
    }

    /// Adds the products' part of the image's gradient, image by image: tiles overlap.
    fn transform_back<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        s: S,
        job: Job<'_>,
        lot: Lot<'a>,
        per_image: usize,
    ) {
        let Some(to) = job.to else { return };
        let end = lot.start + lot.count;
        let (first_image, last_image) = (lot.start / per_image, (end - 1) / per_image);
        self.pool.run(last_image - first_image + 1, |task, _| {
            let (job, lot, number) = (&job, &lot, first_image + task);
            let tiles = (number * per_image).max(lot.start)..((number + 1) * per_image).min(end);
            // SAFETY: images are disjoint.
            unsafe {
                s.vectorize(
                    #[inline(always)]
                    || {
                        let (window, plane) = (&job.window, lot.back.plane);
                        for tile in tiles {
                            let patch = Patch::new(window, OUT, tile);
                            let from = lot.back.tile(tile - lot.start);
                            let to = to.start();
                            input_gradient_tile::<S, A, OUT, IN>(
                                s, window, from, plane, job.c, patch, to,
                            );
                        }
                    },
                );
            }
        });
    }
}

impl Job<'_> {
    fn result_gradient(&self) -> ResultGradient {
        ResultGradient {
            g: self.g.start(),
            z: self.z.start(),
            line: self.line,
            choice: if self.order == Order::Pooled {
                self.choice
            } else {
                std::ptr::null()
            },
        }
    }
}
