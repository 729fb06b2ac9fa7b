//! Backward: every step in reverse.

mod pooling;
mod values;

use super::context::Context;
use super::state::Machine;
use crate::memory::{Buffer, Shared};
use crate::program::{Mode, Step, ValueId, Work};
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
    /// Sums by channel of values whose gradient was taken back to the stored values by the step
    /// that gave its last part.
    pub(super) channel_sums: Vec<Option<[Vec<f64>; 2]>>,
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
    /// gradients of all its parameters in `gradients`; of none in [`Mode::Derivative`].
    pub(crate) fn backward(
        &mut self,
        count: usize,
        seed: Seed<'_>,
        store: &Store,
        weights: &Buffer,
        gradients: &mut Buffer,
        pool: &mut Pool,
    ) {
        let s = self.ready.simd;
        let mut context = self.context(count, pool);
        let program = context.program;
        let mut backward = Backward {
            store,
            weights,
            gradients,
            begun: vec![false; program.values.len()],
            channel_sums: vec![None; program.values.len()],
        };
        context.seed(program.outputs[0], seed, &mut backward);
        for index in (0..program.steps.len()).rev() {
            let step = &program.steps[index];
            if program.values[step.output].needs_gradient {
                context.complete(s, step, &mut backward);
                context.backward_step(s, index, step, &mut backward);
            }
        }
    }

    /// The moments that a training step found: mean, biased variance and count of every batch
    /// norm, with its parameters' numbers.
    pub(crate) fn moments(&self, count: usize) -> impl Iterator<Item = BatchMoments<'_>> {
        let values = self.ready.program.values.iter();
        let values = values.zip(&self.workspace.coefficients);
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

    /// Whether step `index` gives the last part of the gradient of a value, which must then be
    /// taken back to the stored values.
    pub(super) fn gives_last_part(&self, id: ValueId, index: usize) -> bool {
        let steps = &self.program.steps;
        let reads = |step: &Step| step.inputs.contains(&id);
        let is_last = steps.iter().position(reads) == Some(index);
        let maker = steps.iter().rfind(|step| step.output == id);
        let has_bias = maker.is_some_and(|step| bias_of(step).is_some());
        let is_output = self.program.outputs.contains(&id);
        is_last && maker.is_some() && self.needs_backprop(id, has_bias) && !is_output
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
    fn complete<S: Simd>(&mut self, s: S, step: &Step, backward: &mut Backward<'_>) {
        let id = step.output;
        if !backward.adds_to(id) {
            // SAFETY: one thread.
            unsafe { self.gradient(id).write() }.fill(0.0);
        }
        let bias = bias_of(step);
        if !self.needs_backprop(id, bias.is_some()) {
            return;
        }
        let sums = match backward.channel_sums[id].take() {
            Some(sums) => sums,
            None => self.backprop_value(s, id),
        };
        let value = &self.program.values[id];
        if let Some(coefficients) = &self.coefficients[id] {
            let norm = coefficients.norm;
            let count = (value.pixels() * self.count) as f64;
            let scale = backward.store.part(backward.weights, norm.scale);
            if self.mode != Mode::Training {
                // SAFETY: between phases; nobody holds rows of this batch norm.
                let rows = unsafe { self.norm_lines.write() };
                coefficients.differentiate_as_ever(scale, rows);
                if !matches!(step.work, Work::Convolution(_)) {
                    self.resolve(s, id);
                }
                return;
            }
            let (mut scales, mut shifts) = (vec![0.0; scale.len()], vec![0.0; scale.len()]);
            // SAFETY: between phases; nobody holds rows of this batch norm.
            let rows = unsafe { self.norm_lines.write() };
            coefficients.differentiate(count, &sums, scale, [&mut scales, &mut shifts], rows);
            backward.parameter(norm.scale).copy_from_slice(&scales);
            backward.parameter(norm.shift).copy_from_slice(&shifts);
            // A bias before a batch norm has no effect.
            if let Some(bias) = bias {
                backward.parameter(bias).fill(0.0);
            }
            if !matches!(step.work, Work::Convolution(_)) {
                self.resolve(s, id);
            }
        } else if let Some(bias) = bias
            && self.mode == Mode::Training
        {
            for (to, sum) in backward.parameter(bias).iter_mut().zip(&sums[0]) {
                *to = *sum as f32;
            }
        }
    }

    /// Replaces `g` by `dL/dz`.
    fn resolve<S: Simd>(&mut self, s: S, id: ValueId) {
        let Some(linear) = self.linear(id) else {
            return;
        };
        let (g, z) = (self.gradient(id), self.read(id));
        let stride = self.program.values[id].stride;
        self.over_gradient(
            s,
            id,
            g,
            #[inline(always)]
            |first, to| {
                let z = &z[first * stride..][..to.len()];
                linear.run(s, to, z, stride);
            },
        );
    }

    fn backward_step<S: Simd>(
        &mut self,
        s: S,
        index: usize,
        step: &Step,
        backward: &mut Backward<'_>,
    ) {
        match &step.work {
            Work::Convolution(how) => {
                self.convolution_gradient(s, index, step, how, backward);
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
                self.step_gradient(s, index, step, position, offset, g, adds);
            }
            offset += channels;
        }
    }

    /// Runs `work(first pixel, gradient from there on)` over all pixels of a value, in blocks.
    fn over_gradient<S: Simd>(
        &mut self,
        s: S,
        id: ValueId,
        to: Shared<'_>,
        work: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let value = &self.program.values[id];
        let (pixels, stride) = (value.pixels() * self.count, value.stride);
        self.pool.run(pixels.div_ceil(PIXELS), |task, _| {
            let first = task * PIXELS;
            let count = PIXELS.min(pixels - first);
            // SAFETY: blocks are disjoint.
            let part = unsafe { to.part(first * stride, count * stride).write() };
            s.vectorize(
                #[inline(always)]
                || work(first, part),
            );
        });
    }
}
