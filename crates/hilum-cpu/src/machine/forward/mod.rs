//! Forward: every step in turn.

mod pooling;
mod values;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::context::Context;
use super::normalise::Tally;
use super::state::{Machine, Results};
use crate::memory::Buffer;
use crate::program::{Step, Work};
use crate::simd::{Simd, round};
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
        assert!(count <= self.capacity(), "no more images than planned");
        self.ready.refresh(store, parameters, pool);
        let s = self.ready.simd;
        let context = self.context(count, pool);
        context.forward(s, received, seed, store, parameters.values());
    }

    /// Runs forward over images of `len` values each that come from outside, and gives what
    /// `take` makes of the results, lot after lot. In inference.
    ///
    /// Each thread takes its share of the images by itself, a lot at a time: then none waits for
    /// another from layer to layer. What is left when all have as many goes through on all
    /// threads together.
    pub(crate) fn forward_in_lots<R: Send>(
        &mut self,
        images: &[f32],
        len: usize,
        store: &Store,
        parameters: &ParameterMemory,
        pool: &mut Pool,
        take: impl Fn(Results<'_>, usize) -> R + Sync,
    ) -> Vec<R> {
        self.ready.refresh(store, parameters, pool);
        let (threads, capacity) = (pool.threads(), self.capacity());
        let share = images.len() / len / threads;
        let (together, rest) = match threads {
            1 => (&images[..0], images),
            _ => images.split_at(share * threads * len),
        };
        let lots: Vec<&[f32]> = together
            .chunks((share * len).max(1))
            .flat_map(|share| share.chunks(capacity * len))
            .collect();
        let weights = parameters.values();
        let (ready, lanes) = self.lanes(if lots.is_empty() { 1 } else { threads });
        let lanes: Vec<_> = lanes.map(Mutex::new).collect();
        let taken: Vec<Mutex<Option<R>>> = lots.iter().map(|_| Mutex::new(None)).collect();
        pool.run(lots.len(), |number, worker| {
            let mut workspace = lock(&lanes[worker]);
            let (lot, count) = (lots[number], lots[number].len() / len);
            let mut alone = Pool::new(1);
            let context = ready.context(&mut workspace, count, &mut alone);
            context.forward(ready.simd, &|_| lot, 0, store, weights);
            *lock(&taken[number]) = Some(take(ready.results(&workspace), count));
        });
        let taken = taken.iter().filter_map(|taken| lock(taken).take());
        let mut taken: Vec<R> = taken.collect();
        for lot in rest.chunks(capacity * len) {
            let count = lot.len() / len;
            self.forward(count, &|_| lot, 0, store, parameters, pool);
            taken.push(take(self.results(), count));
        }
        taken
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Context<'_> {
    /// Runs every step.
    fn forward<S: Simd>(
        mut self,
        s: S,
        received: &Source<'_>,
        seed: u64,
        store: &Store,
        weights: &Buffer,
    ) {
        let program = self.program;
        for (index, step) in program.steps.iter().enumerate() {
            if self.plan.passing[step.output] {
                continue;
            }
            let moments = self.forward_step(s, index, step, received, seed, store, weights);
            if self.plan.rounded[step.output] && !self.plan.has_words(step.output) {
                // SAFETY: the step is over.
                round(unsafe { self.stored(step.output).write() });
            }
            self.normalise(s, step.output, moments, store, weights);
        }
    }

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
