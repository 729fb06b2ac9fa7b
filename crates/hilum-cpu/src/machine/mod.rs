//! A program with its memory, ready to run on one instruction set.

mod arena;
mod backward;
mod convolution;
mod forward;
mod gradient;
mod normalise;
mod packed;
pub(crate) mod plan;

use crate::kernel::view::View;
use crate::memory::{Buffer, Shared};
use crate::program::{Mode, Program, ValueId, Work};
use crate::simd::Simd;
use crate::store::Store;
use crate::threads::Pool;

pub(crate) use backward::BatchMoments;
use normalise::Coefficients;
use packed::Shape;
use plan::Plan;

/// A program with its memory.
pub(crate) struct Machine<S> {
    program: Program,
    mode: Mode,
    plan: Plan,
    arena: Buffer,
    /// Per step: weights in the order in which they are read, in inference and for depthwise
    /// convolutions. In training others are packed when their step runs: they change every time.
    forward_weights: Vec<Option<Buffer>>,
    /// Weights of the step that runs, and a place where they are transposed.
    common: Buffer,
    between: Buffer,
    biases: Vec<Option<Buffer>>,
    /// Per value: what its batch norm is at the moment; training only.
    coefficients: Vec<Option<Coefficients>>,
    /// One part per thread.
    scratch: Buffer,
    scratch_len: usize,
    /// Weight gradients that tasks leave behind, one per task.
    partial: Buffer,
    /// Sums by channel that tasks leave behind, one per block of pixels.
    tallies: Buffer,
    /// Whether packed weights are those of the parameters.
    fresh: bool,
    simd: S,
}

impl<S: Simd> Machine<S> {
    /// A machine for at most `capacity` images at a time.
    pub(crate) fn new(s: S, program: Program, mode: Mode, capacity: usize, threads: usize) -> Self {
        let plan = Plan::new(&program, mode, capacity);
        let shapes: Vec<Option<Shape>> = (0..program.steps.len())
            .map(|index| plan.weights(&program, index))
            .collect();
        let room = |keep: bool, shape: &Option<Shape>| match shape {
            Some(shape) if keep => Some(Buffer::zeroed(shape.len())),
            _ => None,
        };
        let keep = mode == Mode::Inference;
        let forward_weights = shapes.iter().map(|shape| room(keep, shape)).collect();
        let largest = |len: fn(&Shape) -> usize| match mode {
            Mode::Inference => 0,
            Mode::Training => shapes.iter().flatten().map(len).max().unwrap_or(0),
        };
        let biases = program.steps.iter().map(|step| match &step.work {
            Work::Convolution(_) | Work::Copy { .. } => {
                Some(Buffer::zeroed(2 * program.values[step.output].stride))
            }
            _ => None,
        });
        let biases = biases.collect();
        let coefficients = program
            .values
            .iter()
            .map(|value| value.norm.map(|norm| Coefficients::new(norm, value.stride)));
        let scratch_len = plan.scratch.next_multiple_of(1024) + 1024;
        Self {
            arena: Buffer::zeroed(plan.len),
            scratch: Buffer::zeroed(scratch_len * threads),
            coefficients: coefficients.collect(),
            partial: Buffer::zeroed(0),
            tallies: Buffer::zeroed(0),
            fresh: false,
            simd: s,
            forward_weights,
            common: Buffer::zeroed(largest(|shape| shape.len())),
            between: Buffer::zeroed(largest(|shape| shape.source_len())),
            biases,
            scratch_len,
            plan,
            mode,
            program,
        }
    }

    /// Images that it has room for.
    pub(crate) fn capacity(&self) -> usize {
        self.plan.capacity
    }

    /// Values of memory that it keeps.
    pub(crate) fn memory(&self) -> usize {
        let lists = [&self.forward_weights, &self.biases];
        let packed: usize = lists
            .iter()
            .flat_map(|list| list.iter().flatten())
            .map(|buffer| buffer.len())
            .sum();
        self.arena.len()
            + self.scratch.len()
            + self.partial.len()
            + self.tallies.len()
            + self.common.len()
            + self.between.len()
            + packed
    }

    /// Says that the parameters have changed.
    pub(crate) fn forget_weights(&mut self) {
        self.fresh = false;
    }

    /// Packs the weights if they have changed.
    pub(crate) fn refresh(&mut self, store: &Store, weights: &Buffer, pool: &mut Pool) {
        if self.fresh {
            return;
        }
        for index in 0..self.program.steps.len() {
            self.refresh_step(index, store, weights, pool);
        }
        self.fresh = true;
    }

    fn refresh_step(&mut self, index: usize, store: &Store, weights: &Buffer, pool: &mut Pool) {
        let part = |entry: usize| {
            let entry = &store.entries()[entry];
            &weights[entry.offset..entry.offset + entry.len]
        };
        let step = &self.program.steps[index];
        let (fold, weight, bias) = match &step.work {
            Work::Convolution(convolution) => {
                (convolution.fold, Some(convolution.weight), convolution.bias)
            }
            Work::Copy { fold, .. } => (*fold, None, None),
            _ => return,
        };
        let k = self.program.values[step.output].stride;
        let line = self.biases[index].as_mut().expect("a place for the bias");
        let (shift, scale) = line.split_at_mut(k);
        normalise::fold(fold, bias, &part, shift, scale);
        let Some(weight) = weight else { return };
        let folded: Vec<f32>;
        let source = if fold.is_some() {
            let rows = part(weight).chunks_exact(k);
            folded = rows
                .flat_map(|row| row.iter().zip(scale.iter()).map(|(w, s)| w * s))
                .collect();
            &folded[..]
        } else {
            part(weight)
        };
        match (
            self.plan.weights(&self.program, index),
            &mut self.forward_weights[index],
        ) {
            (Some(shape), Some(to)) => packed::pack(self.simd, shape, source, to, pool),
            (Some(_), None) => {}
            // A depthwise kernel is read as it lies.
            (None, place) => {
                let place = place.get_or_insert_with(|| Buffer::zeroed(source.len()));
                place.copy_from_slice(source);
            }
        }
    }

    /// The logits or whatever else was asked for, dense, of the first `count` images.
    pub(crate) fn output(&self, which: usize, count: usize) -> Vec<f32> {
        let id = self.program.outputs[which];
        let value = &self.program.values[id];
        let start = self.plan.values[id];
        let pixels = self.arena[start..start + count * value.len()].chunks_exact(value.stride);
        pixels
            .flat_map(|pixel| &pixel[..value.shape.channels])
            .copied()
            .collect()
    }

    fn context<'a>(&'a mut self, count: usize, pool: &'a mut Pool) -> Context<'a> {
        Context {
            program: &self.program,
            mode: self.mode,
            plan: &self.plan,
            arena: self.arena.shared(),
            scratch: self.scratch.shared(),
            scratch_len: self.scratch_len,
            forward_weights: &self.forward_weights,
            common: &mut self.common,
            between: &mut self.between,
            biases: &self.biases,
            coefficients: &mut self.coefficients,
            partial: &mut self.partial,
            tallies: &mut self.tallies,
            pool,
            count,
        }
    }
}

/// A machine that runs: everything a step may use.
struct Context<'a> {
    program: &'a Program,
    mode: Mode,
    plan: &'a Plan,
    arena: Shared<'a>,
    scratch: Shared<'a>,
    scratch_len: usize,
    forward_weights: &'a [Option<Buffer>],
    common: &'a mut Buffer,
    between: &'a mut Buffer,
    biases: &'a [Option<Buffer>],
    coefficients: &'a mut [Option<Coefficients>],
    partial: &'a mut Buffer,
    tallies: &'a mut Buffer,
    pool: &'a mut Pool,
    /// Images at hand.
    count: usize,
}

impl<'a> Context<'a> {
    /// Where a value is stored.
    fn stored(&self, id: ValueId) -> Shared<'a> {
        let len = self.program.values[id].len() * self.count;
        self.arena.part(self.plan.values[id], len)
    }

    /// A value as its readers see it.
    fn view(&self, id: ValueId) -> Seen<'a> {
        let value = &self.program.values[id];
        let (scale, shift) = match &self.coefficients[id] {
            Some(coefficients) => (coefficients.scale(), coefficients.shift()),
            None => (std::ptr::null(), std::ptr::null()),
        };
        Seen {
            memory: std::marker::PhantomData,
            view: View {
                start: self.stored(id).start(),
                stride: value.stride,
                scale,
                shift,
                activation: value.activation,
            },
        }
    }

    /// The weights of a convolution in the order in which its forward product reads them, or,
    /// with `turned`, the product for its input's gradient.
    fn weights<S: Simd>(&mut self, s: S, index: usize, source: &[f32], turned: bool) -> *const f32 {
        if let Some(kept) = &self.forward_weights[index] {
            return kept.as_ptr();
        }
        let shape = self.plan.weights(self.program, index);
        let shape = shape.expect("a convolution with a matrix of weights");
        if turned {
            packed::pack_transposed(s, shape, source, self.between, self.common, self.pool);
        } else {
            packed::pack(s, shape, source, self.common, self.pool);
        }
        self.common.as_ptr()
    }

    /// A thread's own memory.
    fn scratch(&self) -> Scratch<'a> {
        Scratch {
            memory: self.scratch,
            len: self.scratch_len,
        }
    }
}

/// A view of memory that lives as long as the machine runs.
#[derive(Clone, Copy)]
struct Seen<'a> {
    view: View,
    memory: std::marker::PhantomData<Shared<'a>>,
}

// SAFETY: readers of a phase only read what was written in phases before.
unsafe impl Send for Seen<'_> {}
// SAFETY: as above.
unsafe impl Sync for Seen<'_> {}

/// Memory for every thread.
#[derive(Clone, Copy)]
struct Scratch<'a> {
    memory: Shared<'a>,
    len: usize,
}

impl<'a> Scratch<'a> {
    /// The part of `worker`, cut into pieces of `sizes`, each at a cache line.
    fn pieces<const N: usize>(self, worker: usize, sizes: [usize; N]) -> [*mut f32; N] {
        let part: Shared<'a> = self.memory.part(worker * self.len, self.len);
        let mut offset = 0;
        sizes.map(|size| {
            let piece = part.part(offset, size).start();
            offset += size.next_multiple_of(16);
            piece
        })
    }
}

/// Marks a pointer as one that tasks may take along; what they do with it is theirs to justify.
#[derive(Clone, Copy)]
struct Along<T>(T);

// SAFETY: only carries addresses; every use is in an `unsafe` block of its own.
unsafe impl<T> Send for Along<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Along<T> {}

impl<T: Copy> Along<T> {
    fn get(self) -> T {
        self.0
    }
}
