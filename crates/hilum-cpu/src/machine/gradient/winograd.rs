//! Gradients of Winograd's convolutions: all threads on one phase after the other.

use super::ConvolutionBackward;
use crate::kernel::matrix::{self, Panels, RowsMut};
use crate::kernel::narrow::narrow;
use crate::kernel::outer;
use crate::kernel::term::{Paired, Single, Term};
use crate::kernel::window::Order;
use crate::kernel::winograd::{
    Algebra, Patch, ResultGradient, gradient_tile, image_tile, input_gradient_tile, weight_gradient,
};
use crate::machine::context::Context;
use crate::machine::convolution::pairs_if;
use crate::machine::plan::{self, Factors};
use crate::machine::planes::Planes;
use crate::memory::{Scattered, Shared};
use crate::simd::{Simd, round};

/// What the phases of a lot of tiles hand on.
#[derive(Clone, Copy)]
struct Lot<'a> {
    /// The first tile and how many there are.
    start: usize,
    count: usize,
    image: Planes<'a>,
    result: Planes<'a>,
    /// The result as the product for the image's gradient multiplies it, if that is not as it is.
    factors: Planes<'a>,
    back: Planes<'a>,
    /// The weights' gradient at every position.
    sums: Shared<'a>,
}

impl Context<'_> {
    pub(super) fn winograd_gradient<
        S: Simd,
        A: Algebra<S, OUT, IN>,
        const OUT: usize,
        const IN: usize,
    >(
        &mut self,
        s: S,
        index: usize,
        job: ConvolutionBackward<'_>,
        gradient: &mut [f32],
    ) {
        let (c, k) = (job.c, job.k);
        let len = if job.trains { IN * IN * c * k } else { 0 };
        let mut partial = self.take_partial(len);
        let per_image = plan::tile_count(&job.window, self.plan.algorithms[index]);
        let tiles = per_image * self.count;
        let most = self.plan.tiles_at_a_time[index];
        let planes = |place: usize, channels: usize| {
            let len = IN * IN * plan::plane(most, channels);
            let memory = self.arena.part(self.plan.shared[place], len);
            Planes::new(memory, most, channels)
        };
        let (image, result, back) = (planes(0, c), planes(1, k), planes(2, c));
        let own = job.factors.places(k);
        let factors = if own > 0 { planes(3, own) } else { result };
        let pairs = pairs_if::<S>(job.factors == Factors::Words);
        if !job.adds {
            self.clear_input_gradient(job);
        }
        for start in (0..tiles).step_by(most) {
            let lot = Lot {
                start,
                count: most.min(tiles - start),
                image,
                result,
                factors,
                back,
                sums: partial.shared(),
            };
            self.transform_both::<S, A, OUT, IN>(s, pairs, job, lot);
            match pairs {
                None => self.multiply_gradients(s, Single(s), job, lot, IN * IN),
                Some(pairs) => self.multiply_gradients(s, Paired(s, pairs), job, lot, IN * IN),
            }
            self.transform_back::<S, A, OUT, IN>(s, job, lot, per_image);
        }
        if !job.trains {
            *self.partial = partial;
            return;
        }
        let to = Shared::of(gradient);
        let tasks = c.min(4 * self.pool.threads());
        self.pool.run(tasks, |task, _| {
            let channels = task * c / tasks..(task + 1) * c / tasks;
            // SAFETY: channels are disjoint.
            let to = unsafe { to.scattered() };
            s.vectorize(
                #[inline(always)]
                || weight_gradient::<S, A, OUT, IN>(s, &partial, c, k, channels, to),
            );
        });
        *self.partial = partial;
    }

    fn clear_input_gradient(&mut self, job: ConvolutionBackward<'_>) {
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
        pairs: Option<S::Pairs>,
        job: ConvolutionBackward<'_>,
        lot: Lot<'_>,
    ) {
        let few = lot.count.div_ceil(4 * self.pool.threads()).clamp(1, 16);
        let from = job.result_gradient();
        self.pool.run(lot.count.div_ceil(few), |task, worker| {
            let first = task * few;
            // SAFETY: once in this task; of the planes it accesses its own tiles' rows alone.
            let ([scratch], image, result, factors) = unsafe {
                let scratch = job.scratch.pieces(worker, [IN * IN * job.c]);
                (
                    scratch,
                    lot.image.memory.scattered(),
                    lot.result.memory.scattered(),
                    lot.factors.memory.scattered(),
                )
            };
            let (window, view, k) = (&job.window, &job.view, job.k);
            s.vectorize(
                #[inline(always)]
                || {
                    for tile in first..(first + few).min(lot.count) {
                        let patch = Patch::new(window, OUT, lot.start + tile);
                        if job.trains {
                            let (to, plane) = (lot.image.tile(image, tile), lot.image.plane);
                            image_tile::<S, _, A, OUT, IN>(
                                s,
                                Single(s),
                                window,
                                view,
                                patch,
                                scratch,
                                to,
                                plane,
                            );
                        }
                        let (to, plane) = (lot.result.tile(result, tile), lot.result.plane);
                        gradient_tile::<S, A, OUT, IN>(s, window, &from, k, patch, to, plane);
                        if job.to.is_some() && job.factors != Factors::Exact {
                            let factors = (lot.factors.tile(factors, tile), lot.factors.plane);
                            job.tile_factors(s, pairs, IN * IN, (to, plane), factors);
                        }
                    }
                },
            );
        });
    }

    /// At each position: the weights' gradient `V^T D` and the image's `D U^T`.
    fn multiply_gradients<S: Simd, T: Term<S>>(
        &mut self,
        s: S,
        term: T,
        job: ConvolutionBackward<'_>,
        lot: Lot<'_>,
        positions: usize,
    ) {
        let (c, k) = (job.c, job.k);
        let (across, down) = (Panels::new::<S>(k), Panels::new::<S>(c));
        let groups = (4 * self.pool.threads()).div_ceil(positions);
        let kinds = [job.trains, job.to.is_some()].map(usize::from);
        let (first_kind, kinds) = (1 - kinds[0], kinds[0] + kinds[1]);
        // SAFETY: the phase that wrote them is over.
        let [image, result, factors] =
            [lot.image, lot.result, lot.factors].map(|of| unsafe { of.memory.read() });
        self.pool.run(positions * groups * kinds, |task, _| {
            let (position, rest) = (task / (groups * kinds), task % (groups * kinds));
            let (kind, group) = (first_kind + rest / groups, rest % groups);
            let part = |panels: Panels| {
                group * panels.count() / groups..(group + 1) * panels.count() / groups
            };
            let at = position * c * k;
            // SAFETY: positions, kinds and groups of columns are disjoint.
            let back = unsafe { lot.back.memory.scattered() };
            if kind == 0 {
                // SAFETY: as above.
                let sums = unsafe { lot.sums.part(at, c * k).scattered() };
                let out = RowsMut::new(sums, k);
                let v = lot.image.matrix(image, position);
                let d = lot.result.matrix(result, position);
                let (panels, first) = (part(across), lot.start == 0);
                outer::add_products(s, lot.count, c, v, d, across, panels, out, first);
            } else {
                let k = k / T::VALUES;
                let u = &job.weights[position * c * k..][..c * k];
                let d = lot.factors.matrix(factors, position);
                let out = lot.back.matrix_mut(back, position);
                let (panels, store) = (part(down), matrix::Finish::STORE);
                matrix::multiply(s, term, lot.count, k, d, u, down, panels, out, store);
            }
        });
    }

    /// Adds the products' part of the image's gradient, image by image: tiles overlap.
    fn transform_back<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        s: S,
        job: ConvolutionBackward<'_>,
        lot: Lot<'_>,
        per_image: usize,
    ) {
        let Some(to) = job.to else { return };
        let end = lot.start + lot.count;
        let (first_image, last_image) = (lot.start / per_image, (end - 1) / per_image);
        let len = job.window.input_pixels() * job.c;
        // SAFETY: the phase that wrote them is over.
        let back = unsafe { lot.back.memory.read() };
        self.pool.run(last_image - first_image + 1, |task, _| {
            let number = first_image + task;
            let tiles = (number * per_image).max(lot.start)..((number + 1) * per_image).min(end);
            // SAFETY: images are disjoint.
            let to = unsafe { to.part(number * len, len).write() };
            s.vectorize(
                #[inline(always)]
                || {
                    let (window, plane, c) = (&job.window, lot.back.plane, job.c);
                    for tile in tiles {
                        let patch = Patch::new(window, OUT, tile);
                        let from = &back[(tile - lot.start) * lot.back.row..];
                        input_gradient_tile::<S, A, OUT, IN>(s, window, from, plane, c, patch, to);
                    }
                },
            );
        });
    }
}

impl<'a> ConvolutionBackward<'a> {
    /// Writes a tile of the result's gradient at all positions as the product for the image's multiplies it. Both come
    /// with the distance from position to position.
    #[inline(always)]
    fn tile_factors<S: Simd>(
        &self,
        s: S,
        pairs: Option<S::Pairs>,
        positions: usize,
        (from, plane): (Scattered<'_>, usize),
        (to, to_plane): (Scattered<'_>, usize),
    ) {
        for position in 0..positions {
            let from = from.part(position * plane, self.k);
            let to = to.part(position * to_plane, self.factors.places(self.k));
            // SAFETY: the tile is this task's alone, at every position.
            let (from, to) = unsafe { (from.values(), to.values()) };
            if let Some(pairs) = pairs {
                narrow(s, pairs, from, to);
            } else {
                to.copy_from_slice(from);
                round(to);
            }
        }
    }

    fn result_gradient(&self) -> ResultGradient<'a> {
        ResultGradient {
            // SAFETY: nobody writes the result's gradient in these phases.
            g: unsafe { self.g.read() },
            z: self.z,
            linear: self.linear,
            choice: self.choice.filter(|_| self.order == Order::Pooled),
        }
    }
}
