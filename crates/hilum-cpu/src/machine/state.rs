//! A machine: a program with its memory, and the packed forms of its parameters.

use super::context::{Context, Scratch};
use super::expected::{self, Expected};
use super::normalise;
use super::packed;
use super::plan::{Factors, Plan};
use super::workspace::Workspace;
use crate::Precision;
use crate::kernel::depthwise;
use crate::memory::Buffer;
use crate::program::{Mode, Program, Step, ValueId, Work};
use crate::simd::{Pairs, Simd};
use crate::store::{ParameterMemory, Store};
use crate::threads::Pool;

/// A program with its memory.
pub(crate) struct Machine<S> {
    pub(super) ready: Ready<S>,
    pub(super) workspace: Workspace,
    /// Those of all threads but one, where threads take images by themselves.
    lanes: Vec<Workspace>,
}

/// A program with the packed forms of its parameters: all that stays the same while it runs.
pub(super) struct Ready<S> {
    pub(super) program: Program,
    pub(super) mode: Mode,
    pub(super) plan: Plan,
    /// Per step: weights in the order in which they are read, in inference and for depthwise
    /// convolutions. In training others are packed when their step runs: they change every time.
    pub(super) forward_weights: Vec<Option<Buffer>>,
    pub(super) biases: Vec<Option<Buffer>>,
    /// By step: the latest generation of parameters that its packed forms know, if there are any.
    generations: Vec<Option<u64>>,
    pub(super) simd: S,
}

impl<S: Simd> Machine<S> {
    /// A machine for at most `capacity` images at a time, whose products are of `precision`.
    pub(crate) fn new(
        s: S,
        program: Program,
        mode: Mode,
        capacity: usize,
        precision: Precision,
        threads: usize,
    ) -> Self {
        let ready = Ready::new(s, program, mode, capacity, precision);
        let workspace = Workspace::new(&ready.program, mode, &ready.plan, threads);
        Self {
            ready,
            workspace,
            lanes: Vec::new(),
        }
    }

    /// Images that it has room for.
    pub(crate) fn capacity(&self) -> usize {
        self.ready.plan.capacity
    }

    /// Whether a machine for one image alone would compute everything in the same way.
    pub(crate) fn computes_one_alike(&self) -> bool {
        self.ready.plan.computes_one_alike(&self.ready.program)
    }

    /// Values of memory that it keeps.
    pub(crate) fn memory(&self) -> usize {
        let lists = [&self.ready.forward_weights, &self.ready.biases];
        let packed: usize = lists
            .iter()
            .flat_map(|list| list.iter().flatten())
            .map(|buffer| buffer.len())
            .sum();
        let workspaces = self.lanes.iter().chain([&self.workspace]);
        packed + workspaces.map(Workspace::len).sum::<usize>()
    }

    /// A workspace for each of `threads` threads.
    pub(super) fn lanes(
        &mut self,
        threads: usize,
    ) -> (&Ready<S>, impl Iterator<Item = &mut Workspace>) {
        let Ready {
            program,
            mode,
            plan,
            ..
        } = &self.ready;
        let others = self.lanes.len().max(threads - 1);
        let room = || Workspace::new(program, *mode, plan, 1);
        self.lanes.resize_with(others, room);
        let lanes = std::iter::once(&mut self.workspace).chain(&mut self.lanes);
        (&self.ready, lanes.take(threads))
    }

    /// The logits or whatever else was asked for, dense, of the first `count` images of the last
    /// [`forward`](Self::forward).
    pub(crate) fn output(&self, which: usize, count: usize) -> Vec<f32> {
        self.results().of(which, count)
    }

    /// What the last [`forward`](Self::forward) left behind.
    pub(crate) fn results(&self) -> Results<'_> {
        self.ready.results(&self.workspace)
    }

    /// After backward in [`Mode::Derivative`]: the gradient of the node, dense, of the first
    /// `count` images.
    pub(crate) fn derivative(&self, count: usize) -> Vec<f32> {
        let id = self
            .ready
            .program
            .derived
            .expect("a program for derivatives");
        let start = self.ready.plan.gradients[id].expect("the node's gradient");
        self.results().dense(id, start, count)
    }

    pub(super) fn context<'a>(&'a mut self, count: usize, pool: &'a mut Pool) -> Context<'a> {
        self.ready.context(&mut self.workspace, count, pool)
    }
}

/// What a pass left behind in a workspace.
#[derive(Clone, Copy)]
pub(crate) struct Results<'a> {
    program: &'a Program,
    plan: &'a Plan,
    workspace: &'a Workspace,
}

impl Results<'_> {
    /// The logits or whatever else was asked for, dense, of the first `count` images.
    pub(crate) fn of(self, which: usize, count: usize) -> Vec<f32> {
        let id = self.program.outputs[which];
        self.dense(id, self.plan.values[id], count)
    }

    /// What lies at `start` in the arrangement of a value, without its padding.
    fn dense(self, id: ValueId, start: usize, count: usize) -> Vec<f32> {
        let value = &self.program.values[id];
        let stored = &self.workspace.arena[start..start + count * value.len()];
        let channels = value.shape.channels;
        if channels == value.stride {
            return stored.to_vec();
        }
        let pixels = stored.chunks_exact(value.stride);
        pixels
            .flat_map(|pixel| &pixel[..channels])
            .copied()
            .collect()
    }
}

impl<S: Simd> Ready<S> {
    fn new(s: S, program: Program, mode: Mode, capacity: usize, precision: Precision) -> Self {
        let factors = match precision {
            Precision::F32 => Factors::Exact,
            Precision::Bf16 if S::Pairs::detect().is_some() => Factors::Words,
            Precision::Bf16 => Factors::Rounded,
        };
        let plan = Plan::new(&program, mode, capacity, factors);
        let keep = mode == Mode::Inference;
        let room = |index: usize| plan.weights(&program, index).filter(|_| keep);
        let forward_weights = (0..program.steps.len())
            .map(|index| Some(Buffer::zeroed(room(index)?.len())))
            .collect();
        let biases = program.steps.iter().map(|step| match &step.work {
            Work::Convolution(_) | Work::Copy { .. } => {
                Some(Buffer::zeroed(2 * program.values[step.output].stride))
            }
            _ => None,
        });
        Self {
            biases: biases.collect(),
            generations: vec![None; program.steps.len()],
            simd: s,
            forward_weights,
            plan,
            mode,
            program,
        }
    }

    /// Packs the weights of steps that never did, or whose parameters have changed.
    pub(super) fn refresh(&mut self, store: &Store, parameters: &ParameterMemory, pool: &mut Pool) {
        let latest = |step| Some(parameters.latest(parameters_of(step)));
        let generations: Vec<_> = self.program.steps.iter().map(latest).collect();
        if generations == self.generations {
            return;
        }
        let weights = parameters.values();
        // In training batch norms follow what rounded weights make.
        let rounds = self.mode == Mode::Inference
            && self.plan.factors.iter().any(|of| *of != Factors::Exact);
        // What is expected of a step's input is told by parameters of others.
        let expected =
            rounds.then(|| expected::expected(&self.program, &|entry| store.part(weights, entry)));
        for (index, latest) in generations.into_iter().enumerate() {
            if rounds || latest != self.generations[index] {
                self.refresh_step(index, expected.as_deref(), store, weights, pool);
                self.generations[index] = latest;
            }
        }
    }

    fn refresh_step(
        &mut self,
        index: usize,
        expected: Option<&[Option<Expected>]>,
        store: &Store,
        weights: &Buffer,
        pool: &mut Pool,
    ) {
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
        if self.plan.factors[index] != Factors::Exact
            && !is_gated(step)
            && let Some(read) = expected.and_then(|all| all[step.inputs[0]].as_ref())
        {
            expected::balance(self.simd, self.plan.algorithms[index], source, read, shift);
        }
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
                if self.plan.has_words(step.inputs[0]) {
                    let taps = place.chunks_exact_mut(k);
                    taps.chain([shift]).for_each(depthwise::spread::<S>);
                }
            }
        }
    }

    pub(super) fn results<'a>(&'a self, workspace: &'a Workspace) -> Results<'a> {
        Results {
            program: &self.program,
            plan: &self.plan,
            workspace,
        }
    }

    pub(super) fn context<'a>(
        &'a self,
        workspace: &'a mut Workspace,
        count: usize,
        pool: &'a mut Pool,
    ) -> Context<'a> {
        Context {
            program: &self.program,
            mode: self.mode,
            plan: &self.plan,
            arena: workspace.arena.shared(),
            scratch: Scratch {
                memory: workspace.scratch.shared(),
                len: workspace.scratch_len,
            },
            forward_weights: &self.forward_weights,
            packed: workspace.packed.shared(),
            transposed: workspace.transposed.shared(),
            biases: &self.biases,
            coefficients: &mut workspace.coefficients,
            norm_lines: workspace.norm_lines.shared(),
            partial: &mut workspace.partial,
            tallies: &mut workspace.tallies,
            pool,
            count,
        }
    }
}

/// Whether factors that no batch norm tells of come between a step and what it reads.
fn is_gated(step: &Step) -> bool {
    matches!(&step.work, Work::Convolution(convolution) if convolution.gate.is_some())
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
