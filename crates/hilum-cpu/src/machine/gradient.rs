//! Convolutions backward, by all algorithms.

use super::backward::Backward;
use super::normalise::{Bending, Blocks};
use super::plan::{self, Algorithm};
use super::{Context, Scratch, Seen};
use crate::kernel::matrix::{self, Panels, Rows};
use crate::kernel::norm::{self, Linear};
use crate::kernel::window::{self, Order, Window};
use crate::kernel::winograd::{
    Algebra, Four, Patch, ResultGradient, Two, gradient_tile, image_tile, input_gradient_tile,
    weight_gradient,
};
use crate::kernel::{depthwise, outer};
use crate::memory::Shared;
use crate::program::{Convolution, Step};
use crate::simd::Simd;

/// What all tasks know.
#[derive(Clone, Copy)]
struct Job<'a> {
    seen: Seen<'a>,
    /// The gradient of the result, after its readers' part.
    g: Shared<'a>,
    z: Shared<'a>,
    line: Linear,
    choice: *const f32,
    /// The gradient of the input, if it is wanted.
    to: Option<Shared<'a>>,
    /// What bends the input's gradient, if this is its last part.
    bending: Option<Bending>,
    adds: bool,
    /// For the input's gradient.
    weights: *const f32,
    window: Window,
    order: Order,
    c: usize,
    k: usize,
    scratch: Scratch<'a>,
    /// Sums that tasks leave behind.
    sums: *mut f32,
}

// SAFETY: tasks read what earlier phases wrote, and write disjoint parts of `to` and `sums`.
unsafe impl Send for Job<'_> {}
// SAFETY: as above.
unsafe impl Sync for Job<'_> {}

/// Parts in which a weight gradient is summed up, whatever the thread count: as many as keep
/// threads busy without costing more than they bring.
fn part_count(len: usize, units: usize) -> usize {
    ((1 << 20) / len.max(1)).clamp(4, 16).min(units)
}

impl Context<'_> {
    pub(super) fn convolution_gradient<S: Simd>(
        &mut self,
        index: usize,
        step: &Step,
        how: &Convolution,
        backward: &mut Backward<'_>,
    ) {
        let input = step.inputs[0];
        let wanted = self.needs_gradient(input);
        let algorithm = self.plan.algorithms[index];
        let weights = if wanted {
            let source = backward.store.part(backward.weights, how.weight);
            self.weights::<S>(index, source, true)
        } else {
            std::ptr::null()
        };
        let mut job = Job {
            seen: self.view(input),
            g: self.gradient(step.output),
            z: self.stored(step.output),
            line: self.line(step.output),
            choice: self.plan.notes[index].map_or(std::ptr::null(), |place| {
                let len = self.program.values[step.output].len() * self.count;
                self.arena.part(place, len).start().cast_const()
            }),
            to: wanted.then(|| self.gradient(input)),
            adds: wanted && backward.adds_to(input),
            bending: None,
            weights,
            window: how.window,
            order: plan::order(how),
            c: self.program.values[input].stride,
            k: self.program.values[step.output].stride,
            scratch: self.scratch(),
            sums: std::ptr::null_mut(),
        };
        if wanted {
            let pixels = how.window.input_pixels();
            let blocks = match algorithm {
                Algorithm::Pointwise => {
                    let rows = plan::block_rows(job.c);
                    Some(Blocks::even(pixels * self.count, rows))
                }
                Algorithm::Depthwise => {
                    Some(Blocks::by_image(self.count, pixels, how.window.input[1]))
                }
                _ => None,
            };
            job.bending = blocks.and_then(|blocks| self.last_part(input, index, blocks));
        }
        match algorithm {
            Algorithm::Pointwise | Algorithm::Patches => {
                self.product_gradient::<S>(algorithm, &mut job, backward.parameter(how.weight));
            }
            Algorithm::Depthwise => {
                self.depthwise_gradient::<S>(&mut job, backward.parameter(how.weight));
            }
            Algorithm::Four => self.winograd_gradient::<S, Four, 4, 6>(
                index,
                &mut job,
                backward.parameter(how.weight),
            ),
            Algorithm::Two => self.winograd_gradient::<S, Two, 2, 4>(
                index,
                &mut job,
                backward.parameter(how.weight),
            ),
        }
        backward.store.clear_padding(backward.gradients, how.weight);
        if let Some(bending) = &job.bending {
            backward.bent[input] = Some(self.totals(bending));
        }
    }

    fn product_gradient<S: Simd>(
        &mut self,
        algorithm: Algorithm,
        job: &mut Job<'_>,
        gradient: &mut [f32],
    ) {
        let depth = job.window.taps() * job.c;
        let per_image = job.window.computed_pixels(job.order);
        let total = per_image * self.count;
        let len = depth * job.k;
        let rows = plan::block_rows(depth);
        // Windows overlap within an image, so that a part must have whole ones.
        let whole = algorithm == Algorithm::Patches && job.to.is_some();
        let unit = if whole { per_image } else { rows };
        let units = total.div_ceil(unit);
        let parts = part_count(len, units);
        job.sums = self.partial(parts * len).get();
        let job = *job;
        self.pool.run(parts, |part, worker| {
            let first = (part * units / parts) * unit;
            let end = ((part + 1) * units / parts * unit).min(total);
            // SAFETY: the processor has the instruction set; parts are disjoint.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || product_part::<S>(&job, algorithm, first..end, rows, part, worker),
                );
            }
        });
        self.add_up::<S>(job.sums, parts, len, gradient);
    }

    /// `to` = the sum of `parts` pieces of `len` values, in their order.
    fn add_up<S: Simd>(&mut self, from: *const f32, parts: usize, len: usize, to: &mut [f32]) {
        assert!(to.len() >= len, "room for the sum");
        const PIECE: usize = 8192;
        let (from, to) = (
            super::Along(from),
            super::convolution::along(to.as_mut_ptr()),
        );
        self.pool.run(len.div_ceil(PIECE), |task, _| {
            let first = task * PIECE;
            let end = (first + PIECE).min(len);
            let (from, to) = (from.get(), to.get());
            // SAFETY: pieces are disjoint.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || {
                        let mut i = first;
                        while i < end {
                            let mut sum = S::load(from.add(i));
                            for part in 1..parts {
                                sum = S::add(sum, S::load(from.add(part * len + i)));
                            }
                            S::store(to.add(i), sum);
                            i += S::LANES;
                        }
                    },
                );
            }
        });
    }

    fn depthwise_gradient<S: Simd>(&mut self, job: &mut Job<'_>, gradient: &mut [f32]) {
        let len = job.window.taps() * job.c;
        job.sums = self.partial(self.count * len).get();
        let job = *job;
        self.pool.run(self.count, |image, worker| {
            // SAFETY: the processor has the instruction set; images are disjoint.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || depthwise_image::<S>(&job, image, worker),
                );
            }
        });
        self.add_up::<S>(job.sums, self.count, len, gradient);
    }

    fn winograd_gradient<S: Simd, A: Algebra<S, OUT, IN>, const OUT: usize, const IN: usize>(
        &mut self,
        index: usize,
        job: &mut Job<'_>,
        gradient: &mut [f32],
    ) {
        let positions = IN * IN;
        let (c, k) = (job.c, job.k);
        job.sums = self.partial(positions * c * k).get();
        let job = *job;
        let per_image = plan::tile_count(&job.window, self.plan.algorithms[index]);
        let tiles = per_image * self.count;
        let together = self.plan.together[index];
        let (image_row, result_row) = (plan::row(c), plan::row(k));
        let (image_plane, result_plane) = (plan::plane(together, c), plan::plane(together, k));
        let image = self
            .arena
            .part(self.plan.shared[0], positions * image_plane);
        let result = self
            .arena
            .part(self.plan.shared[1], positions * result_plane);
        let back = self
            .arena
            .part(self.plan.shared[2], positions * image_plane);
        if let Some(to) = job.to
            && !job.adds
        {
            let pixels = job.window.input_pixels();
            self.pool.run(self.count, |number, _| {
                // SAFETY: images are disjoint.
                unsafe { to.part(number * pixels * c, pixels * c).write() }.fill(0.0);
            });
        }
        for start in (0..tiles).step_by(together) {
            let count = together.min(tiles - start);
            let lot = count.div_ceil(4 * self.pool.threads()).clamp(1, 16);
            self.pool.run(count.div_ceil(lot), |task, worker| {
                let (job, first) = (job, task * lot);
                let [scratch] = job.scratch.pieces(worker, [positions * c]);
                let from = job.result_gradient();
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
                                let to = result.start().add(tile * result_row);
                                gradient_tile::<S, A, OUT, IN>(
                                    &job.window,
                                    &from,
                                    k,
                                    patch,
                                    to,
                                    result_plane,
                                );
                            }
                        },
                    );
                }
            });
            self.multiply_gradients::<S>(
                &job,
                positions,
                count,
                start == 0,
                [
                    (image, image_plane),
                    (result, result_plane),
                    (back, image_plane),
                ],
            );
            let Some(to) = job.to else { continue };
            let (first_image, last_image) = (start / per_image, (start + count - 1) / per_image);
            self.pool.run(last_image - first_image + 1, |task, _| {
                let number = first_image + task;
                let first = (number * per_image).max(start);
                let end = ((number + 1) * per_image).min(start + count);
                // SAFETY: images are disjoint.
                unsafe {
                    S::vectorize(
                        #[inline(always)]
                        || {
                            for tile in first..end {
                                let patch = Patch::new(&job.window, OUT, tile);
                                let from = back.start().add((tile - start) * image_row);
                                input_gradient_tile::<S, A, OUT, IN>(
                                    &job.window,
                                    from,
                                    image_plane,
                                    c,
                                    patch,
                                    to.start(),
                                );
                            }
                        },
                    );
                }
            });
        }
        let (sums, to) = (
            super::convolution::along(job.sums),
            super::convolution::along(gradient.as_mut_ptr()),
        );
        assert!(gradient.len() >= 9 * c * k, "room for the gradient");
        let tasks = c.min(4 * self.pool.threads());
        self.pool.run(tasks, |task, _| {
            let channels = task * c / tasks..(task + 1) * c / tasks;
            let (sums, to) = (sums.get(), to.get());
            // SAFETY: channels are disjoint.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || weight_gradient::<S, A, OUT, IN>(sums, c, k, channels, to),
                );
            }
        });
    }

    /// At each position: the weights' gradient `V^T D` and the image's `D U^T`.
    fn multiply_gradients<S: Simd>(
        &mut self,
        job: &Job<'_>,
        positions: usize,
        count: usize,
        replace: bool,
        [
            (image, image_plane),
            (result, result_plane),
            (back, back_plane),
        ]: [(Shared<'_>, usize); 3],
    ) {
        let (c, k) = (job.c, job.k);
        let job = *job;
        let across = Panels::new::<S>(k);
        let down = Panels::new::<S>(c);
        let groups = (4 * self.pool.threads()).div_ceil(positions);
        let kinds = if job.to.is_some() { 2 } else { 1 };
        self.pool.run(positions * groups * kinds, |task, _| {
            let job = job;
            let (position, rest) = (task / (groups * kinds), task % (groups * kinds));
            let (kind, group) = (rest / groups, rest % groups);
            let part = |panels: Panels| {
                group * panels.count() / groups..(group + 1) * panels.count() / groups
            };
            // SAFETY: positions, kinds and groups of columns are disjoint.
            unsafe {
                let v = Rows {
                    start: image.start().add(position * image_plane).cast_const(),
                    stride: plan::row(c),
                };
                let d = Rows {
                    start: result.start().add(position * result_plane).cast_const(),
                    stride: plan::row(k),
                };
                S::vectorize(
                    #[inline(always)]
                    || {
                        if kind == 0 {
                            let out = Rows {
                                start: job.sums.add(position * c * k),
                                stride: k,
                            };
                            outer::add_products::<S>(
                                count,
                                c,
                                v,
                                d,
                                across,
                                part(across),
                                out,
                                replace,
                            );
                        } else {
                            let out = Rows {
                                start: back.start().add(position * back_plane),
                                stride: plan::row(c),
                            };
                            let u = job.weights.add(position * c * k);
                            matrix::multiply::<S>(
                                count,
                                k,
                                d,
                                u,
                                down,
                                part(down),
                                out,
                                matrix::Finish::STORE,
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

/// Both gradients over a range of computed pixels.
#[inline(always)]
unsafe fn product_part<S: Simd>(
    job: &Job<'_>,
    algorithm: Algorithm,
    range: std::ops::Range<usize>,
    rows: usize,
    part: usize,
    worker: usize,
) {
    let depth = job.window.taps() * job.c;
    let k = job.k;
    let (a_row, d_row) = (plan::spread(depth), plan::spread(k));
    let sizes = [
        rows * a_row + 64,
        rows * d_row,
        rows * depth.next_multiple_of(16),
    ];
    let [patches, result, back] = job.scratch.pieces(worker, sizes);
    let sums = Rows {
        start: job.sums.add(part * depth * k),
        stride: k,
    };
    let (across, down) = (
        Panels::new::<S>(k),
        Panels::new::<S>(if job.to.is_some() { depth } else { 0 }),
    );
    if algorithm == Algorithm::Patches
        && let Some(to) = job.to
        && !job.adds
    {
        let per_image = job.window.computed_pixels(job.order);
        let pixels = job.window.input_pixels() * job.c;
        let images = range.start / per_image..range.end / per_image;
        window::fill::<S>(to.start().add(images.start * pixels), images.len() * pixels);
    }
    let mut first = range.start;
    while first < range.end {
        let count = rows.min(range.end - first);
        let d = result_rows::<S>(job, first, count, result, d_row);
        let view = &job.seen.view;
        let (start, stride) = if algorithm == Algorithm::Patches {
            job.window
                .gather::<S>(view, job.order, first, count, patches, a_row);
            (patches.cast_const(), a_row)
        } else if view.is_plain() && depth % 256 != 0 {
            (view.start.add(first * job.c), depth)
        } else {
            view.read_rows::<S>(first, count, patches, a_row);
            (patches.cast_const(), a_row)
        };
        let a = Rows { start, stride };
        let replace = first == range.start;
        outer::add_products::<S>(count, depth, a, d, across, 0..across.count(), sums, replace);
        if let Some(to) = job.to {
            if algorithm == Algorithm::Patches {
                let out = Rows {
                    start: back,
                    stride: depth,
                };
                matrix::multiply::<S>(
                    count,
                    k,
                    d,
                    job.weights,
                    down,
                    0..down.count(),
                    out,
                    matrix::Finish::STORE,
                );
                job.window
                    .scatter::<S>(back, job.c, job.order, first, count, to.start());
            } else {
                let out = Rows {
                    start: to.start().add(first * depth),
                    stride: depth,
                };
                let finish = matrix::Finish {
                    accumulate: job.adds,
                    ..matrix::Finish::STORE
                };
                matrix::multiply::<S>(count, k, d, job.weights, down, 0..down.count(), out, finish);
                if let Some(bending) = &job.bending {
                    bending.bend::<S>(out.start, first, count);
                }
            }
        }
        first += count;
    }
}

/// `dL/dz` at computed pixels, as it lies or in rows of `scratch`, `row` apart.
#[inline(always)]
unsafe fn result_rows<S: Simd>(
    job: &Job<'_>,
    first: usize,
    count: usize,
    scratch: *mut f32,
    row: usize,
) -> Rows<*const f32> {
    let k = job.k;
    let spread = Rows {
        start: scratch.cast_const(),
        stride: row,
    };
    if job.order == Order::Pooled {
        for window in 0..count / 4 {
            let at = (first / 4 + window) * k;
            let mut c = 0;
            while c < k {
                let g = S::load(job.g.start().add(at + c));
                let choice = S::load(job.choice.add(at + c));
                for corner in 0..4_u8 {
                    let own = S::select_eq(choice, S::splat(f32::from(corner)), g, S::splat(0.0));
                    S::store(
                        scratch.add((4 * window + usize::from(corner)) * row + c),
                        own,
                    );
                }
                c += S::LANES;
            }
        }
        return spread;
    }
    let g = job.g.start().add(first * k);
    if job.line.a.is_null() {
        return Rows {
            start: g,
            stride: k,
        };
    }
    let z = job.z.start().add(first * k);
    norm::stored_gradient::<S>(g, z, count, k, job.line, scratch, row);
    spread
}

/// Both gradients of a depthwise convolution over one image.
#[inline(always)]
unsafe fn depthwise_image<S: Simd>(job: &Job<'_>, image: usize, worker: usize) {
    let c = job.c;
    let window = &job.window;
    let width = depthwise::padded_width(window);
    let (slots, back_width, padding) = depthwise::gradient_ring(window);
    let sizes = [
        depthwise::Ring::len(window.kernel[0], width, c),
        depthwise::Ring::len(slots, back_width, c),
        window.taps() * c,
    ];
    let [memory, back, flipped] = job.scratch.pieces(worker, sizes);
    let row = window.output[1] * c;
    let start = image * window.output_pixels() * c;
    let (g, z) = (job.g.start().add(start), job.z.start().add(start));
    let sums = job.sums.add(image * window.taps() * c);
    window::fill::<S>(sums, window.taps() * c);
    let ring = depthwise::Ring::new::<S>(
        memory,
        window.kernel[0],
        width,
        c,
        window.padding[1],
        window.input[1],
    );
    let resolved = |line: usize| {
        let at = line * row;
        if !job.line.a.is_null() {
            // In place: nobody needs `g` itself any more.
            norm::stored_gradient::<S>(
                g.add(at),
                z.add(at),
                window.output[1],
                c,
                job.line,
                g.add(at),
                c,
            );
        }
        g.add(at).cast_const()
    };
    let first = image * window.input_pixels();
    depthwise::weight_gradient::<S>(window, &job.seen.view, first, &ring, resolved, sums);
    if let Some(to) = job.to {
        let ring = depthwise::Ring::new::<S>(back, slots, back_width, c, padding, window.output[1]);
        let to = to.start().add(first * c);
        depthwise::flip::<S>(job.weights, window.taps(), c, flipped);
        depthwise::input_gradient::<S>(
            window,
            g,
            c,
            job.weights,
            flipped,
            &ring,
            job.adds,
            to,
            #[inline(always)]
            |row| {
                if let Some(bending) = &job.bending {
                    let width = window.input[1];
                    bending.bend::<S>(to.add(row * width * c), first + row * width, width);
                }
            },
        );
    }
}
