//! A machine: a program with its memory, and the packed forms of its parameters.

use super::context::{Context, Scratch};
use super::normalise::{self, Coefficients};
use super::packed;
use super::plan::{Factors, Plan, Shape};
use crate::Precision;
use crate::memory::Buffer;
use crate::program::{Mode, Program, Step, ValueId, Work};
use crate::simd::{Pairs, Simd};
use crate::store::{ParameterMemory, Store};
use crate::threads::Pool;

/// A program with its memory.
pub(crate) struct Machine<S> {
    pub(super) program: Program,
    mode: Mode,
    pub(super) plan: Plan,
    arena: Buffer,
    /// Per step: weights in the order in which they are read, in inference and for depthwise
    /// convolutions. In training others are packed when their step runs: they change every time.
    forward_weights: Vec<Option<Buffer>>,
    /// Weights of the step that runs.
    packed: Buffer,
    /// A place where they are transposed before they are packed.
    transposed: Buffer,
    biases: Vec<Option<Buffer>>,
    /// Per value: what its batch norm is at the moment; where backward follows.
    pub(super) coefficients: Vec<Option<Coefficients>>,
    /// Their rows.
    norm_lines: Buffer,
    /// One part per thread.
    scratch: Buffer,
    scratch_len: usize,
    /// Weight gradients that tasks leave behind, one per task.
    partial: Buffer,
    /// Sums by channel that tasks leave behind, one per block of pixels.
    tallies: Buffer,
    /// By step: the latest generation of parameters that its packed forms know, if there are any.
    generations: Vec<Option<u64>>,
    pub(super) simd: S,
}

impl<S: Simd> Machine<S> {
    /// A machine for at most `capacity` images at a time. `precision` is that of inference.
    pub(crate) fn new(
        s: S,
        program: Program,
        mode: Mode,
        capacity: usize,
        precision: Precision,
        threads: usize,
    ) -> Self {
        let factors = match precision {
            Precision::F32 => Factors::Exact,
            Precision::Bf16 if S::Pairs::detect().is_some() => Factors::Words,
            Precision::Bf16 => Factors::Rounded,
        };
        let plan = Plan::new(&program, mode, capacity, factors);
        let shapes: Vec<Option<Shape>> = (0..program.steps.len())
            .map(|index| plan.weights(&program, index))
            .collect();
        let room = |keep: bool, shape: &Option<Shape>| match shape {
            Some(shape) if keep => Some(Buffer::zeroed(shape.len())),
            _ => None,
        };
        let keep = mode == Mode::Inference;
        let forward_weights = shapes.iter().map(|shape| room(keep, shape)).collect();
        let largest = |len: fn(&Shape) -> usize| {
            let wanted = shapes.iter().flatten().filter(|_| mode.has_backward());
            wanted.map(len).max().unwrap_or(0)
        };
        let biases = program.steps.iter().map(|step| match &step.work {
            Work::Convolution(_) | Work::Copy { .. } => {
                Some(Buffer::zeroed(2 * program.values[step.output].stride))
            }
            _ => None,
        });
        let biases = biases.collect();
        let mut norm_len = 0;
        let coefficients = program.values.iter().map(|value| {
            let found = Coefficients::new(value.norm?, value.stride, norm_len);
            norm_len = found.end();
            Some(found)
        });
        let coefficients: Vec<_> = coefficients.collect();
        let scratch_len = plan.scratch.next_multiple_of(1024) + 1024;
        Self {
            arena: Buffer::zeroed(plan.len),
            scratch: Buffer::zeroed(scratch_len * threads),
            norm_lines: Buffer::zeroed(norm_len),
            coefficients,
            partial: Buffer::zeroed(0),
            tallies: Buffer::zeroed(0),
            generations: vec![None; program.steps.len()],
            simd: s,
            forward_weights,
            packed: Buffer::zeroed(largest(|shape| shape.len())),
            transposed: Buffer::zeroed(largest(|shape| shape.source_len())),
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
            + self.packed.len()
            + self.transposed.len()
            + packed
    }

    /// Packs the weights of steps that never did, or whose parameters have changed.
    pub(super) fn refresh(&mut self, store: &Store, parameters: &ParameterMemory, pool: &mut Pool) {
        for index in 0..self.program.steps.len() {
            let latest = Some(parameters.latest(parameters_of(&self.program.steps[index])));
            if latest != self.generations[index] {
                self.refresh_step(index, store, parameters.values(), pool);
                self.generations[index] = latest;
            }
        }
    }

    fn refresh_step(&mut self, index: usize, store: &Store, weights: &Buffer, pool: &mut Pool) {
        let part = |entry: usize| store.part(weights, entry);
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
            (Some(shape), Some(to)) => packed::pack(self.simd, shape, source, to.shared(), pool),
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
        self.dense(id, self.plan.values[id], count)
    }

    /// What lies at `start` in the arrangement of a value, without its padding.
    fn dense(&self, id: ValueId, start: usize, count: usize) -> Vec<f32> {
        let value = &self.program.values[id];
        let pixels = self.arena[start..start + count * value.len()].chunks_exact(value.stride);
        pixels
            .flat_map(|pixel| &pixel[..value.shape.channels])
            .copied()
            .collect()
    }

    /// After backward in [`Mode::Derivative`]: the gradient of the node, dense, of the first
    /// `count` images.
    pub(crate) fn derivative(&self, count: usize) -> Vec<f32> {
        let id = self.program.derived.expect("a program for derivatives");
        let start = self.plan.gradients[id].expect("the node's gradient");
        self.dense(id, start, count)
    }

    pub(super) fn context<'a>(&'a mut self, count: usize, pool: &'a mut Pool) -> Context<'a> {
        Context {
            program: &self.program,
            mode: self.mode,
            plan: &self.plan,
            arena: self.arena.shared(),
            scratch: Scratch {
                memory: self.scratch.shared(),
                len: self.scratch_len,
            },
            forward_weights: &self.forward_weights,
            packed: self.packed.shared(),
            transposed: self.transposed.shared(),
            biases: &self.biases,
            coefficients: &mut self.coefficients,
            norm_lines: self.norm_lines.shared(),
            partial: &mut self.partial,
            tallies: &mut self.tallies,
            pool,
            count,
        }
    }
}

/// The numbers of the parameters that a step packs or folds.
fn parameters_of(step: &Step) -> impl Iterator<Item = usize> {
    let (fold, own) = match &step.work {
        Work::Convolution(convolution) => {
            let own = [Some(convolution.weight), convolution.bias];
            (convolution.fold, own)
        }
        Work::Copy { fold, .. } => (*fold, [None, None]),
        _ => (None, [None, None]),
    };
    let folded = fold.map(|norm| [norm.scale, norm.shift, norm.mean, norm.variance]);
    own.into_iter()
        .flatten()
        .chain(folded.into_iter().flatten())
}
