//! Forward: every step in turn.

mod pooling;
mod values;

use super::context::Context;
use super::normalise::Tally;
use super::state::Machine;
use crate::memory::Buffer;
use crate::program::{Step, Work};
use crate::simd::Simd;
use crate::store::{ParameterMemory, Store};
use crate::threads::Pool;

pub(super) use values::multiply;

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
        parameters: &ParameterMemory,
        pool: &mut Pool,
    ) {
        assert!(count <= self.plan.capacity, "no more images than planned");
        self.refresh(store, parameters, pool);
        let weights = parameters.values();
        let s = self.simd;
        let mut context = self.context(count, pool);
        for index in 0..context.program.steps.len() {
            let program = context.program;
            let step = &program.steps[index];
            let moments = context.forward_step(s, index, step, received, seed, store, weights);
            context.normalise(s, step.output, moments, store, weights);
        }
    }
}

impl Context<'_> {
    /// Runs one step; says where the moments of its result are, if it summed them up.
    fn forward_step<S: Simd>(
        &mut self,
        s: S,
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
                return self.convolve(s, index, step, convolution, weights);
            }
            Work::Receive { inner, corner } => {
                self.receive(step, received(step.node.0), *inner, *corner);
            }
            Work::MaxPool(window) => self.max_pool(s, index, step, window),
            Work::Add { activation } => self.add(s, step, *activation),
            Work::Operation(op) => self.operation(s, step, *op),
            Work::Dropout { probability, unit } => {
                self.dropout(s, index, step, *probability, *unit, seed);
            }
            Work::Repeat => self.repeat(step),
            Work::Copy { activation, .. } => self.copy(s, index, step, *activation),
        }
        None
    }

    /// Runs `work(first pixel, memory from there on)` over all pixels of a value, in blocks.
    fn over_pixels<S: Simd>(
        &mut self,
        s: S,
        output: usize,
        work: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let value = &self.program.values[output];
        let (pixels, stride) = (value.pixels() * self.count, value.stride);
        let to = self.stored(output);
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
