//! Forward: every step in turn.

use hilum_graph::{Activation, DropoutUnit, Shape, dropout_keeps};

use super::normalise::Tally;
use super::{Along, Context, Machine, Seen};
use crate::kernel::view::View;
use crate::kernel::window::Window;
use crate::kernel::{activation, window};
use crate::memory::{Buffer, Shared};
use crate::program::{Mode, Step, Work};
use crate::simd::Simd;
use crate::store::Store;
use crate::threads::Pool;

/// What a program receives from outside.
pub(crate) type Source<'a> = dyn Fn(usize) -> &'a [f32] + 'a;

/// Pixels that a task of an element-wise step takes.
const PIXELS: usize = 256;

impl<S: Simd> Machine<S> {
    /// Runs forward over `count` images. `received` gives, by the number of a node, the values
    /// that come from outside, dense.
    pub(crate) fn forward(
        &mut self,
        count: usize,
        received: &Source<'_>,
        seed: u64,
        store: &Store,
        weights: &Buffer,
        pool: &mut Pool,
    ) {
        assert!(count <= self.plan.capacity, "no more images than planned");
        self.refresh(store, weights, pool);
        let mut context = self.context(count, pool);
        for index in 0..context.program.steps.len() {
            let program = context.program;
            let step = &program.steps[index];
            let moments = context.forward_step::<S>(index, step, received, seed, store, weights);
            context.normalise::<S>(step.output, moments, store, weights);
        }
    }
}

impl Context<'_> {
    /// Runs one step; says where the moments of its result are, if it summed them up.
    fn forward_step<S: Simd>(
        &mut self,
        index: usize,
        step: &Step,
        received: &Source<'_>,
        seed: u64,
        store: &Store,
        weights: &Buffer,
    ) -> Option<Tally> {
        match &step.work {
            Work::Convolution(convolution) => {
                let weights = store.part(weights, convolution.weight);
                return self.convolve::<S>(index, step, convolution, weights);
            }
            Work::Receive { inner, corner } => {
                self.receive(step, received(step.node.0), *inner, *corner);
            }
            Work::MaxPool(window) => self.max_pool::<S>(index, step, window),
            Work::GlobalAveragePool => self.average::<S>(step),
            Work::Flatten => self.flatten::<S>(step),
            Work::Add { activation } => self.add::<S>(step, *activation),
            Work::Concat => self.concat::<S>(step),
            Work::Gate => self.gate::<S>(step),
            Work::Dropout { probability, unit } => {
                self.dropout::<S>(index, step, *probability, *unit, seed);
            }
            Work::Repeat => self.repeat(step),
            Work::Copy { activation, .. } => self.copy::<S>(index, step, *activation),
        }
        None
    }

    /// Runs `work(first pixel, pixels, memory for as many)` over all pixels of a value, in
    /// blocks; the last pointer is the thread's scratch.
    fn over_pixels<S: Simd>(
        &mut self,
        output: usize,
        work: impl Fn(usize, usize, *mut f32) + Sync,
    ) {
        let value = &self.program.values[output];
        let (pixels, stride) = (value.pixels() * self.count, value.stride);
        let to = self.stored(output);
        let block = PIXELS;
        self.pool.run(pixels.div_ceil(block), |task, _| {
            let first = task * block;
            let count = block.min(pixels - first);
            let part = to.part(first * stride, count * stride);
            // SAFETY: the processor has the instruction set; blocks are disjoint.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || work(first, count, part.start()),
                );
            }
        });
    }

    fn receive(&mut self, step: &Step, from: &[f32], inner: Shape, corner: [usize; 2]) {
        let value = &self.program.values[step.output];
        let (channels, stride) = (value.shape.channels, value.stride);
        let [height, width] = [value.shape.height, value.shape.width];
        let to = self.stored(step.output);
        let rows = self.count * height;
        let len = inner.width * channels;
        assert!(
            from.len() >= self.count * inner.height * len,
            "a value per pixel and channel"
        );
        let tasks = self.pool.threads().min(rows);
        self.pool.run(tasks, |task, _| {
            for row in task * rows / tasks..(task + 1) * rows / tasks {
                // SAFETY: tasks write disjoint rows.
                let to = unsafe { to.part(row * width * stride, width * stride).write() };
                let (image, line) = (row / height, (row % height).wrapping_sub(corner[0]));
                if line >= inner.height {
                    to.fill(0.0);
                    continue;
                }
                let from = &from[(image * inner.height + line) * len..][..len];
                let (before, rest) = to.split_at_mut(corner[1] * stride);
                let (inside, after) = rest.split_at_mut(inner.width * stride);
                before.fill(0.0);
                after.fill(0.0);
                if channels == stride {
                    inside.copy_from_slice(from);
                } else {
                    for (to, from) in inside
                        .chunks_exact_mut(stride)
                        .zip(from.chunks_exact(channels))
                    {
                        to[..channels].copy_from_slice(from);
                        to[channels..].fill(0.0);
                    }
                }
            }
        });
    }

    fn repeat(&mut self, step: &Step) {
        let value = &self.program.values[step.output];
        let (channels, stride) = (value.shape.channels, value.stride);
        let from_stride = self.program.values[step.inputs[0]].stride;
        // SAFETY: one thread; input and output are different values.
        let (from, to) = unsafe {
            (
                self.stored(step.inputs[0]).read(),
                self.stored(step.output).write(),
            )
        };
        for (to, from) in to
            .chunks_exact_mut(stride)
            .zip(from.chunks_exact(from_stride))
        {
            to[..channels].fill(from[0]);
            to[channels..].fill(0.0);
        }
    }

    fn copy<S: Simd>(&mut self, index: usize, step: &Step, activation: Option<Activation>) {
        let seen = self.view(step.inputs[0]);
        let stride = seen.view.stride;
        let line = match (self.mode, &self.biases[index]) {
            (Mode::Inference, Some(line)) => Along((line[stride..].as_ptr(), line.as_ptr())),
            _ => Along((std::ptr::null(), std::ptr::null())),
        };
        self.over_pixels::<S>(
            step.output,
            #[inline(always)]
            |first, count, to| {
                let (scale, shift) = line.get();
                let seen = &seen;
                // SAFETY: pixels of the input, which nobody writes in this phase.
                unsafe {
                    seen.view.read::<S>(first, count, to);
                    let own = View {
                        start: to,
                        stride,
                        scale,
                        shift,
                        activation,
                    };
                    if !own.is_plain() {
                        rewrite::<S>(&own, count, to);
                    }
                }
            },
        );
    }

    fn add<S: Simd>(&mut self, step: &Step, activation: Option<Activation>) {
        let (one, other) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let scratch_free = other.view.is_plain();
        let stride = one.view.stride;
        let (a, b) = if scratch_free {
            (one, other)
        } else {
            (other, one)
        };
        let both = !b.view.is_plain();
        self.over_pixels::<S>(
            step.output,
            #[inline(always)]
            |first, count, to| {
                let (a, b) = (a, b);
                // SAFETY: pixels of the inputs, which nobody writes in this phase.
                unsafe {
                    a.view.read::<S>(first, count, to);
                    if both {
                        add_view::<S>(&b.view, first, count, to);
                    } else {
                        window::add::<S>(to, b.view.start.add(first * stride), count * stride);
                    }
                    if let Some(own) = activation {
                        activation::apply::<S>(own, to, count * stride);
                    }
                }
            },
        );
    }

    fn concat<S: Simd>(&mut self, step: &Step) {
        let stride = self.program.values[step.output].stride;
        let mut offset = 0;
        let parts: Vec<(Seen<'_>, usize, usize)> = step
            .inputs
            .iter()
            .map(|input| {
                let channels = self.program.values[*input].shape.channels;
                let part = (self.view(*input), offset, channels);
                offset += channels;
                part
            })
            .collect();
        let total = offset;
        self.over_pixels::<S>(
            step.output,
            #[inline(always)]
            |first, count, to| {
                // SAFETY: every pixel of the output is written in this block, part by part; a
                // pixel's own scratch is on the stack of 16 registers at a time.
                unsafe {
                    for pixel in 0..count {
                        let to = to.add(pixel * stride);
                        for (seen, offset, channels) in &parts {
                            read_channels::<S>(
                                &seen.view,
                                first + pixel,
                                *channels,
                                to.add(*offset),
                            );
                        }
                        for lane in total..stride {
                            to.add(lane).write(0.0);
                        }
                    }
                }
            },
        );
    }

    fn gate<S: Simd>(&mut self, step: &Step) {
        let (image, factor) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let per_image = self.program.values[step.output].pixels();
        let stride = image.view.stride;
        self.over_pixels::<S>(
            step.output,
            #[inline(always)]
            |first, count, to| {
                let (image, factor) = (image, factor);
                // SAFETY: pixels of the inputs, which nobody writes in this phase.
                unsafe {
                    image.view.read::<S>(first, count, to);
                    for pixel in 0..count {
                        let of = (first + pixel) / per_image;
                        multiply_view::<S>(&factor.view, of, to.add(pixel * stride));
                    }
                }
            },
        );
    }

    fn average<S: Simd>(&mut self, step: &Step) {
        let seen = self.view(step.inputs[0]);
        let pixels = self.program.values[step.inputs[0]].pixels();
        let stride = seen.view.stride;
        let vectors = stride / S::LANES;
        let groups = vectors.min(if self.count < self.pool.threads() * 2 {
            4
        } else {
            1
        });
        let to = self.stored(step.output);
        self.pool.run(self.count * groups, |task, _| {
            let (image, group) = (task / groups, task % groups);
            let (start, end) = (group * vectors / groups, (group + 1) * vectors / groups);
            let part = to.part(image * stride, stride);
            let seen = &seen;
            // SAFETY: tasks write disjoint channels of an image's mean.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || {
                        let first = image * pixels;
                        let lanes = start * S::LANES..end * S::LANES;
                        mean_of_pixels::<S>(&seen.view, first, pixels, lanes, part.start());
                    },
                );
            }
        });
    }

    /// Channels, then rows, then columns: PyTorch's order.
    fn flatten<S: Simd>(&mut self, step: &Step) {
        let seen = self.view(step.inputs[0]);
        let shape = self.program.values[step.inputs[0]].shape;
        let (pixels, stride) = (shape.height * shape.width, seen.view.stride);
        let value = &self.program.values[step.output];
        let (len, out_stride) = (value.shape.channels, value.stride);
        let to = self.stored(step.output);
        self.pool.run(self.count, |image, _| {
            let seen = &seen;
            // SAFETY: each task writes its own image.
            let out = unsafe { to.part(image * out_stride, out_stride).write() };
            out[len..].fill(0.0);
            let mut line = vec![0.0_f32; stride];
            for pixel in 0..pixels {
                // SAFETY: a pixel of the input into a line of its own.
                unsafe {
                    S::vectorize(
                        #[inline(always)]
                        || {
                            let pixel = image * pixels + pixel;
                            seen.view.read::<S>(pixel, 1, line.as_mut_ptr());
                        },
                    );
                }
                for channel in 0..shape.channels {
                    out[channel * pixels + pixel] = line[channel];
                }
            }
        });
    }

    fn max_pool<S: Simd>(&mut self, index: usize, step: &Step, window: &Window) {
        let seen = self.view(step.inputs[0]);
        let choice = self.plan.notes[index].map(|place| {
            let len = self.program.values[step.output].len() * self.count;
            self.arena.part(place, len)
        });
        let stride = seen.view.stride;
        let window = *window;
        self.over_pixels::<S>(
            step.output,
            #[inline(always)]
            |first, count, to| {
                let choice =
                    choice.map(|choice| choice.part(first * stride, count * stride).start());
                let seen = &seen;
                for pixel in 0..count {
                    // SAFETY: blocks are disjoint; the input is only read.
                    unsafe {
                        let at = pixel * stride;
                        let choice = choice.map_or(std::ptr::null_mut(), |choice| choice.add(at));
                        largest_under::<S>(&window, &seen.view, first + pixel, to.add(at), choice);
                    }
                }
            },
        );
    }

    fn dropout<S: Simd>(
        &mut self,
        index: usize,
        step: &Step,
        probability: f32,
        unit: DropoutUnit,
        seed: u64,
    ) {
        let value = &self.program.values[step.output];
        let (channels, stride) = (value.shape.channels, value.stride);
        let pixels = value.pixels();
        let len = value.len() * self.count;
        let place = self.plan.notes[index].expect("dropout keeps its factors");
        let factors: Shared<'_> = self.arena.part(place, len);
        let units = match unit {
            DropoutUnit::Value => self.count * value.shape.value_count(),
            DropoutUnit::Image => self.count,
        };
        let keeps = dropout_keeps(seed, step.node, probability, units);
        let kept = 1.0 / (1.0 - probability);
        let seen = self.view(step.inputs[0]);
        self.over_pixels::<S>(
            step.output,
            #[inline(always)]
            |first, count, to| {
                let seen = &seen;
                // SAFETY: blocks are disjoint.
                let factors = unsafe { factors.part(first * stride, count * stride).write() };
                for (pixel, line) in (first..).zip(factors.chunks_exact_mut(stride)) {
                    for (channel, factor) in line.iter_mut().enumerate() {
                        let keep = match unit {
                            DropoutUnit::Value => {
                                channel < channels && keeps[pixel * channels + channel]
                            }
                            DropoutUnit::Image => keeps[pixel / pixels],
                        };
                        *factor = if keep { kept } else { 0.0 };
                    }
                }
                // SAFETY: pixels of the input, which nobody writes in this phase.
                unsafe {
                    seen.view.read::<S>(first, count, to);
                    multiply::<S>(to, factors.as_ptr(), count * stride);
                }
            },
        );
    }
}

/// Applies a view to what it shows, in place.
#[inline(always)]
unsafe fn rewrite<S: Simd>(view: &View, count: usize, to: *mut f32) {
    if view.scale.is_null() {
        if let Some(own) = view.activation {
            activation::apply::<S>(own, to, count * view.stride);
        }
        return;
    }
    for pixel in 0..count {
        let mut c = 0;
        while c < view.stride {
            let at = to.add(pixel * view.stride + c);
            let x = S::fma(
                S::load(at),
                S::load(view.scale.add(c)),
                S::load(view.shift.add(c)),
            );
            S::store(at, x);
            c += S::LANES;
        }
    }
    if let Some(own) = view.activation {
        activation::apply::<S>(own, to, count * view.stride);
    }
}

/// `to *= factors`
#[inline(always)]
pub(super) unsafe fn multiply<S: Simd>(to: *mut f32, factors: *const f32, len: usize) {
    let mut i = 0;
    while i < len {
        S::store(
            to.add(i),
            S::mul(S::load(to.add(i)), S::load(factors.add(i))),
        );
        i += S::LANES;
    }
}

/// Adds the view's pixels to `to`.
#[inline(always)]
unsafe fn add_view<S: Simd>(view: &View, first: usize, count: usize, to: *mut f32) {
    for pixel in 0..count {
        let mut c = 0;
        while c < view.stride {
            let at = to.add(pixel * view.stride + c);
            S::store(
                at,
                S::add(S::load(at), one_vector::<S>(view, first + pixel, c)),
            );
            c += S::LANES;
        }
    }
}

/// Multiplies `to` by the view's pixel.
#[inline(always)]
pub(super) unsafe fn multiply_view<S: Simd>(view: &View, pixel: usize, to: *mut f32) {
    let mut c = 0;
    while c < view.stride {
        let at = to.add(c);
        S::store(at, S::mul(S::load(at), one_vector::<S>(view, pixel, c)));
        c += S::LANES;
    }
}

/// One register of a view's pixel.
#[inline(always)]
pub(super) unsafe fn one_vector<S: Simd>(view: &View, pixel: usize, channel: usize) -> S::V {
    let mut x = S::load(view.start.add(pixel * view.stride + channel));
    if !view.scale.is_null() {
        x = S::fma(
            x,
            S::load(view.scale.add(channel)),
            S::load(view.shift.add(channel)),
        );
    }
    match view.activation {
        Some(own) => activation::value::<S>(own, x),
        None => x,
    }
}

/// The first `channels` of a pixel, wherever they go.
#[inline(always)]
unsafe fn read_channels<S: Simd>(view: &View, pixel: usize, channels: usize, to: *mut f32) {
    let mut c = 0;
    while c < channels {
        let x = one_vector::<S>(view, pixel, c);
        if c + S::LANES <= channels {
            S::store(to.add(c), x);
        } else {
            let mut lanes = [0.0_f32; 16];
            S::store(lanes.as_mut_ptr(), x);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to.add(c), channels - c);
        }
        c += S::LANES;
    }
}

#[inline(always)]
unsafe fn mean_of_pixels<S: Simd>(
    view: &View,
    first: usize,
    count: usize,
    lanes: std::ops::Range<usize>,
    to: *mut f32,
) {
    let mut c = lanes.start;
    while c < lanes.end {
        let mut sum = [S::splat(0.0); 2];
        for pixel in 0..count {
            let x = one_vector::<S>(view, first + pixel, c);
            sum[pixel % 2] = S::add(sum[pixel % 2], x);
        }
        let mean = S::mul(S::add(sum[0], sum[1]), S::splat(1.0 / count as f32));
        S::store(to.add(c), mean);
        c += S::LANES;
    }
}

/// The largest value under the window at output pixel `index`; its number under the window goes
/// to `choice`, if not null. The first of equals is chosen.
#[inline(always)]
unsafe fn largest_under<S: Simd>(
    window: &Window,
    view: &View,
    index: usize,
    to: *mut f32,
    choice: *mut f32,
) {
    let place = window.place(window::Order::Raster, index);
    let top = (place.row * window.stride[0]) as isize - window.padding[0] as isize;
    let left = (place.column * window.stride[1]) as isize - window.padding[1] as isize;
    let columns = window.columns_inside(left);
    let end = (window.input[0] as isize - top).clamp(0, window.kernel[0] as isize) as usize;
    let rows = (-top).max(0) as usize..end;
    let mut c = 0;
    while c < view.stride {
        let mut largest = S::splat(f32::NEG_INFINITY);
        let mut chosen = S::splat(0.0);
        for row in rows.clone() {
            let line = place.image * window.input_pixels()
                + (top + row as isize) as usize * window.input[1];
            for column in columns.clone() {
                let pixel = line + (left + column as isize) as usize;
                let x = one_vector::<S>(view, pixel, c);
                if !choice.is_null() {
                    let number = S::splat((row * window.kernel[1] + column) as f32);
                    chosen = S::select_gt(x, largest, number, chosen);
                }
                largest = S::max(x, largest);
            }
        }
        S::store(to.add(c), largest);
        if !choice.is_null() {
            S::store(choice.add(c), chosen);
        }
        c += S::LANES;
    }
}
