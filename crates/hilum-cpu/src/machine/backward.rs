//! Backward: every step in reverse.

use super::forward::{multiply, one_vector};
use super::normalise::{Bending, Blocks};
use super::{Context, Machine};
use crate::kernel::norm::{self, Linear};
use crate::kernel::window::{self, Order, Window};
use crate::memory::{Buffer, Shared};
use crate::program::{Step, ValueId, Work};
use crate::simd::Simd;
use crate::store::Store;
use crate::threads::Pool;

/// The gradient of the logits, dense, one row per image.
type Seed<'a> = &'a [f32];

/// Pixels that a task of an element-wise step takes.
const PIXELS: usize = 256;

/// What backward knows besides the machine.
pub(super) struct Backward<'a> {
    pub(super) store: &'a Store,
    pub(super) weights: &'a Buffer,
    pub(super) gradients: &'a mut Buffer,
    /// Values whose gradient has received a part already.
    pub(super) begun: Vec<bool>,
    /// Sums by channel of values whose gradient was bent by the step that gave its last part.
    pub(super) bent: Vec<Option<[Vec<f64>; 2]>>,
}

impl Backward<'_> {
    /// Whether a part is added to the gradient of `id`, or is the first; from now on it is not.
    pub(super) fn adds_to(&mut self, id: ValueId) -> bool {
        std::mem::replace(&mut self.begun[id], true)
    }

    /// Where the gradient of parameter `entry` goes.
    pub(super) fn parameter(&mut self, entry: usize) -> &mut [f32] {
        let entry = &self.store.entries()[entry];
        &mut self.gradients[entry.offset..entry.offset + entry.len]
    }
}

impl<S: Simd> Machine<S> {
    /// Runs backward after [`forward`](Self::forward) over as many images, and leaves the
    /// gradients of all its parameters in `gradients`.
    pub(crate) fn backward(
        &mut self,
        count: usize,
        seed: Seed<'_>,
        store: &Store,
        weights: &Buffer,
        gradients: &mut Buffer,
        pool: &mut Pool,
    ) {
        let mut context = self.context(count, pool);
        let program = context.program;
        let mut backward = Backward {
            store,
            weights,
            gradients,
            begun: vec![false; program.values.len()],
            bent: vec![None; program.values.len()],
        };
        context.seed(program.outputs[0], seed, &mut backward);
        for index in (0..program.steps.len()).rev() {
            let step = &program.steps[index];
            if program.values[step.output].needs_gradient {
                context.complete::<S>(step, &mut backward);
                context.backward_step::<S>(index, step, &mut backward);
            }
        }
    }

    /// The moments that a training step found: mean, biased variance and count of every batch
    /// norm, with its parameters' numbers.
    pub(crate) fn moments(&self, count: usize) -> impl Iterator<Item = BatchMoments<'_>> {
        let values = self.program.values.iter().zip(&self.coefficients);
        values.filter_map(move |(value, coefficients)| {
            let coefficients = coefficients.as_ref()?;
            Some(BatchMoments {
                norm: coefficients.norm,
                mean: &coefficients.mean,
                variance: &coefficients.variance,
                count: (value.pixels() * count) as f64,
            })
        })
    }
}

/// The bias that a step adds to its result.
fn bias_of(step: &Step) -> Option<usize> {
    match &step.work {
        Work::Convolution(convolution) => convolution.bias,
        _ => None,
    }
}

/// What a batch norm saw.
pub(crate) struct BatchMoments<'a> {
    pub(crate) norm: crate::program::Norm,
    pub(crate) mean: &'a [f64],
    pub(crate) variance: &'a [f64],
    pub(crate) count: f64,
}

impl<'a> Context<'a> {
    /// Where the gradient of a value lies.
    pub(super) fn gradient(&self, id: ValueId) -> Shared<'a> {
        let len = self.program.values[id].len() * self.count;
        let place = self.plan.gradients[id].expect("a value with a gradient");
        self.arena.part(place, len)
    }

    pub(super) fn needs_gradient(&self, id: ValueId) -> bool {
        self.program.values[id].needs_gradient
    }

    /// What bends the gradient of a value, if step `index` gives its last part.
    pub(super) fn last_part(
        &mut self,
        id: ValueId,
        index: usize,
        blocks: Blocks,
    ) -> Option<Bending> {
        let steps = &self.program.steps;
        let reads = |step: &Step| step.inputs.contains(&id);
        let is_last = steps.iter().position(reads) == Some(index);
        let maker = steps.iter().rfind(|step| step.output == id)?;
        let is_output = self.program.outputs.contains(&id);
        let bends = self.bends(id, bias_of(maker).is_some());
        (is_last && bends && !is_output).then(|| self.bending(id, blocks))
    }

    fn seed(&mut self, id: ValueId, seed: &[f32], backward: &mut Backward<'_>) {
        if !self.needs_gradient(id) {
            return;
        }
        let value = &self.program.values[id];
        let channels = value.shape.channels;
        // SAFETY: one thread.
        let to = unsafe { self.gradient(id).write() };
        for (to, from) in to
            .chunks_exact_mut(value.stride)
            .zip(seed.chunks_exact(channels))
        {
            to[..channels].copy_from_slice(from);
            to[channels..].fill(0.0);
        }
        backward.adds_to(id);
    }

    /// Takes the gradient of a step's result back through what its readers applied.
    fn complete<S: Simd>(&mut self, step: &Step, backward: &mut Backward<'_>) {
        let id = step.output;
        if !backward.adds_to(id) {
            // SAFETY: one thread.
            unsafe { self.gradient(id).write() }.fill(0.0);
        }
        let bias = bias_of(step);
        if !self.bends(id, bias.is_some()) {
            return;
        }
        let [first, second] = match backward.bent[id].take() {
            Some(sums) => sums,
            None => self.bend::<S>(id),
        };
        let value = &self.program.values[id];
        if let Some(coefficients) = &mut self.coefficients[id] {
            let norm = coefficients.norm;
            let count = (value.pixels() * self.count) as f64;
            let entry = &backward.store.entries()[norm.scale];
            let scale = &backward.weights[entry.offset..entry.offset + entry.len];
            let mut lines = (vec![0.0; scale.len()], vec![0.0; scale.len()]);
            coefficients.differentiate(count, &first, &second, scale, &mut lines.0, &mut lines.1);
            backward.parameter(norm.scale).copy_from_slice(&lines.0);
            backward.parameter(norm.shift).copy_from_slice(&lines.1);
            // A bias before a batch norm has no effect.
            if let Some(bias) = bias {
                backward.parameter(bias).fill(0.0);
            }
            if !matches!(step.work, Work::Convolution(_)) {
                self.resolve::<S>(id);
            }
        } else if let Some(bias) = bias {
            for (to, sum) in backward.parameter(bias).iter_mut().zip(&first) {
                *to = *sum as f32;
            }
        }
    }

    /// Replaces `g` by `dL/dz`.
    fn resolve<S: Simd>(&mut self, id: ValueId) {
        let line = self.line(id);
        let (g, z) = (self.gradient(id), self.stored(id));
        let stride = self.program.values[id].stride;
        let line = super::Along(line);
        self.over_gradient::<S>(
            id,
            g,
            #[inline(always)]
            |first, count, to| {
                let z = z.part(first * stride, count * stride).start();
                let line = line.get();
                // SAFETY: blocks are disjoint.
                unsafe { norm::stored_gradient::<S>(to, z, count, stride, line, to, stride) }
            },
        );
    }

    /// The line from `g` and `z` to `dL/dz`; null where there is no batch norm.
    pub(super) fn line(&self, id: ValueId) -> Linear {
        let none = std::ptr::null();
        match &self.coefficients[id] {
            Some(coefficients) => coefficients.line(),
            None => Linear {
                a: none,
                b: none,
                c: none,
            },
        }
    }

    fn backward_step<S: Simd>(&mut self, index: usize, step: &Step, backward: &mut Backward<'_>) {
        match &step.work {
            Work::Convolution(how) => {
                self.convolution_gradient::<S>(index, step, how, backward);
                return;
            }
            Work::Receive { .. } => return,
            _ => {}
        }
        let g = self.gradient(step.output);
        let mut offset = 0;
        for (position, input) in step.inputs.iter().copied().enumerate() {
            let channels = self.program.values[input].shape.channels;
            if self.needs_gradient(input) {
                let adds = backward.adds_to(input);
                self.step_gradient::<S>(index, step, position, offset, g, adds);
            }
            offset += channels;
        }
    }

    /// The gradient of input `position` of a step that is no convolution.
    fn step_gradient<S: Simd>(
        &mut self,
        index: usize,
        step: &Step,
        position: usize,
        offset: usize,
        g: Shared<'_>,
        adds: bool,
    ) {
        let id = step.inputs[position];
        let to = self.gradient(id);
        let stride = self.program.values[id].stride;
        let pixels = self.program.values[id].pixels();
        match &step.work {
            Work::Copy { .. } | Work::Add { .. } => self.over_gradient::<S>(
                id,
                to,
                #[inline(always)]
                |first, count, to| {
                    let from = g.part(first * stride, count * stride).start();
                    // SAFETY: blocks are disjoint.
                    unsafe { put::<S>(to, from, count * stride, adds) }
                },
            ),
            Work::Dropout { .. } => {
                let place = self.plan.notes[index].expect("dropout keeps its factors");
                let factors = self.arena.part(place, g.len());
                self.over_gradient::<S>(
                    id,
                    to,
                    #[inline(always)]
                    |first, count, to| {
                        let (at, len) = (first * stride, count * stride);
                        let from = g.part(at, len).start();
                        // SAFETY: blocks are disjoint; nobody reads `g` after this step.
                        unsafe {
                            multiply::<S>(from, factors.part(at, len).start(), len);
                            put::<S>(to, from, len, adds);
                        }
                    },
                );
            }
            Work::GlobalAveragePool => {
                let share = 1.0 / pixels as f32;
                self.over_gradient::<S>(
                    id,
                    to,
                    #[inline(always)]
                    |first, count, to| {
                        for pixel in 0..count {
                            let image = (first + pixel) / pixels;
                            let from = g.part(image * stride, stride).start();
                            // SAFETY: blocks are disjoint.
                            unsafe {
                                put_scaled::<S>(to.add(pixel * stride), from, stride, share, adds);
                            }
                        }
                    },
                );
            }
            Work::Flatten => self.flatten_gradient(step, g, adds),
            Work::Concat => self.concat_gradient(step, position, offset, g, adds),
            Work::Gate => self.gate_gradient::<S>(step, position, g, adds),
            Work::MaxPool(window) => self.max_pool_gradient::<S>(index, step, window, g, adds),
            Work::Repeat => self.repeat_gradient(step, g, adds),
            Work::Receive { .. } | Work::Convolution(_) => unreachable!("handled before"),
        }
    }

    /// Runs `work(first pixel, pixels, gradient of as many)` over all pixels of a value.
    fn over_gradient<S: Simd>(
        &mut self,
        id: ValueId,
        to: Shared<'_>,
        work: impl Fn(usize, usize, *mut f32) + Sync,
    ) {
        let value = &self.program.values[id];
        let (pixels, stride) = (value.pixels() * self.count, value.stride);
        self.pool.run(pixels.div_ceil(PIXELS), |task, _| {
            let first = task * PIXELS;
            let count = PIXELS.min(pixels - first);
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

    fn flatten_gradient(&mut self, step: &Step, g: Shared<'_>, adds: bool) {
        let value = &self.program.values[step.inputs[0]];
        let (pixels, stride, channels) = (value.pixels(), value.stride, value.shape.channels);
        let from_stride = self.program.values[step.output].stride;
        let to = self.gradient(step.inputs[0]);
        self.pool.run(self.count, |image, _| {
            // SAFETY: each task writes its own image.
            let (from, to) = unsafe {
                let from = g.part(image * from_stride, from_stride).read();
                (
                    from,
                    to.part(image * pixels * stride, pixels * stride).write(),
                )
            };
            for (pixel, line) in to.chunks_exact_mut(stride).enumerate() {
                if !adds {
                    line.fill(0.0);
                }
                for (channel, value) in line[..channels].iter_mut().enumerate() {
                    *value += from[channel * pixels + pixel];
                }
            }
        });
    }

    fn concat_gradient(
        &mut self,
        step: &Step,
        position: usize,
        offset: usize,
        g: Shared<'_>,
        adds: bool,
    ) {
        let id = step.inputs[position];
        let value = &self.program.values[id];
        let (stride, channels) = (value.stride, value.shape.channels);
        let from_stride = self.program.values[step.output].stride;
        let pixels = value.pixels();
        let to = self.gradient(id);
        self.pool.run(self.count, |image, _| {
            // SAFETY: each task writes its own image.
            let (from, to) = unsafe {
                let from = g
                    .part(image * pixels * from_stride, pixels * from_stride)
                    .read();
                (
                    from,
                    to.part(image * pixels * stride, pixels * stride).write(),
                )
            };
            for (to, from) in to
                .chunks_exact_mut(stride)
                .zip(from.chunks_exact(from_stride))
            {
                if !adds {
                    to.fill(0.0);
                }
                for (to, from) in to[..channels].iter_mut().zip(&from[offset..]) {
                    *to += from;
                }
            }
        });
    }

    fn repeat_gradient(&mut self, step: &Step, g: Shared<'_>, adds: bool) {
        let value = &self.program.values[step.output];
        let (stride, channels) = (value.stride, value.shape.channels);
        let to_stride = self.program.values[step.inputs[0]].stride;
        // SAFETY: one thread.
        let (from, to) = unsafe { (g.read(), self.gradient(step.inputs[0]).write()) };
        for (to, from) in to
            .chunks_exact_mut(to_stride)
            .zip(from.chunks_exact(stride))
        {
            if !adds {
                to.fill(0.0);
            }
            to[0] += from[..channels].iter().sum::<f32>();
        }
    }

    fn gate_gradient<S: Simd>(&mut self, step: &Step, position: usize, g: Shared<'_>, adds: bool) {
        let (image, factor) = (self.view(step.inputs[0]), self.view(step.inputs[1]));
        let stride = image.view.stride;
        let pixels = self.program.values[step.output].pixels();
        let to = self.gradient(step.inputs[position]);
        if position == 0 {
            self.over_gradient::<S>(
                step.inputs[0],
                to,
                #[inline(always)]
                |first, count, to| {
                    let factor = &factor;
                    for pixel in 0..count {
                        let from = g.part((first + pixel) * stride, stride).start();
                        let to = to.wrapping_add(pixel * stride);
                        let mut c = 0;
                        while c < stride {
                            // SAFETY: blocks are disjoint.
                            unsafe {
                                let gate =
                                    one_vector::<S>(&factor.view, (first + pixel) / pixels, c);
                                let mut x = S::mul(S::load(from.add(c)), gate);
                                if adds {
                                    x = S::add(x, S::load(to.add(c)));
                                }
                                S::store(to.add(c), x);
                            }
                            c += S::LANES;
                        }
                    }
                },
            );
            return;
        }
        self.pool.run(self.count, |number, _| {
            let (image, part) = (image, to.part(number * stride, stride).start());
            let from = g.part(number * pixels * stride, pixels * stride).start();
            // SAFETY: each task writes the factors of its own image.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || {
                        let mut c = 0;
                        while c < stride {
                            let mut sum = if adds {
                                S::load(part.add(c))
                            } else {
                                S::splat(0.0)
                            };
                            for pixel in 0..pixels {
                                let x = one_vector::<S>(&image.view, number * pixels + pixel, c);
                                sum = S::fma(x, S::load(from.add(pixel * stride + c)), sum);
                            }
                            S::store(part.add(c), sum);
                            c += S::LANES;
                        }
                    },
                );
            }
        });
    }

    fn max_pool_gradient<S: Simd>(
        &mut self,
        index: usize,
        step: &Step,
        window: &Window,
        g: Shared<'_>,
        adds: bool,
    ) {
        let place = self.plan.notes[index].expect("a pool keeps its choices");
        let choice = self.arena.part(place, g.len());
        let stride = self.program.values[step.inputs[0]].stride;
        let to = self.gradient(step.inputs[0]);
        let (inside, outside) = (window.input_pixels(), window.output_pixels());
        let window = *window;
        self.pool.run(self.count, |image, _| {
            let part = to.part(image * inside * stride, inside * stride);
            let at = image * outside * stride;
            let from = g.part(at, outside * stride).start();
            let choice = choice.part(at, outside * stride).start();
            // SAFETY: each task writes its own image.
            unsafe {
                S::vectorize(
                    #[inline(always)]
                    || {
                        if !adds {
                            window::fill::<S>(part.start(), inside * stride);
                        }
                        for pixel in 0..outside {
                            let at = pixel * stride;
                            scatter_choice::<S>(
                                &window,
                                pixel,
                                stride,
                                from.add(at),
                                choice.add(at),
                                part.start(),
                            );
                        }
                    },
                );
            }
        });
    }
}

/// Adds the gradient of one output pixel to the pixels that were chosen.
#[inline(always)]
unsafe fn scatter_choice<S: Simd>(
    window: &Window,
    pixel: usize,
    stride: usize,
    from: *const f32,
    choice: *const f32,
    image: *mut f32,
) {
    let place = window.place(Order::Raster, pixel);
    let top = (place.row * window.stride[0]) as isize - window.padding[0] as isize;
    let left = (place.column * window.stride[1]) as isize - window.padding[1] as isize;
    let columns = window.columns_inside(left);
    for row in 0..window.kernel[0] {
        let line = top + row as isize;
        if line < 0 || line >= window.input[0] as isize {
            continue;
        }
        for column in columns.clone() {
            let pixel = line as usize * window.input[1] + (left + column as isize) as usize;
            let number = S::splat((row * window.kernel[1] + column) as f32);
            let mut c = 0;
            while c < stride {
                let at = image.add(pixel * stride + c);
                let g = S::load(from.add(c));
                let part = S::select_eq(S::load(choice.add(c)), number, g, S::splat(0.0));
                S::store(at, S::add(S::load(at), part));
                c += S::LANES;
            }
        }
    }
}

/// `to = from`, or `to += from`.
#[inline(always)]
unsafe fn put<S: Simd>(to: *mut f32, from: *const f32, len: usize, adds: bool) {
    if adds {
        window::add::<S>(to, from, len);
    } else {
        window::copy::<S>(from, to, len);
    }
}

/// `to = from * factor`, or `to += from * factor`.
#[inline(always)]
unsafe fn put_scaled<S: Simd>(to: *mut f32, from: *const f32, len: usize, factor: f32, adds: bool) {
    let mut c = 0;
    while c < len {
        let x = S::mul(S::load(from.add(c)), S::splat(factor));
        let x = if adds {
            S::add(x, S::load(to.add(c)))
        } else {
            x
        };
        S::store(to.add(c), x);
        c += S::LANES;
    }
}
