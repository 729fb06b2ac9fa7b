//! The engine: what `hilum-graph` asks, on the processor.

use std::num::NonZeroUsize;

use hilum_graph::{
    Batch, Engine, EngineError, Graph, Logits, NodeIndex, OptimizerState, Parameters, Step,
    StepOutcome, cross_entropy,
};

use crate::machine::{BatchMoments, Machine};
use crate::memory::Buffer;
use crate::optimizer::Optimizer;
use crate::program::{self, Mode, Program, Value};
#[cfg(target_arch = "aarch64")]
use crate::simd::Neon;
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{InstructionSet, Portable, Simd};
use crate::store::{self, Store};
use crate::threads::Pool;

/// A graph on the processor.
///
/// # Panics
/// [`Engine::train_step`] panics if a step has not one true class per image or not one weight
/// per class, or a class that the graph does not have: mistakes of the caller.
pub struct CpuEngine {
    inner: Box<dyn Inner>,
    set: InstructionSet,
}

/// How an engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Threads, the caller's included; all cores if `None`.
    pub threads: Option<NonZeroUsize>,
    /// The instruction set; [`InstructionSet::from_environment`] if `None`.
    pub instruction_set: Option<InstructionSet>,
}

impl CpuEngine {
    /// An engine for `graph` that begins with `parameters`.
    ///
    /// # Errors
    /// [`EngineError::Parameters`] if the parameters do not fit the graph,
    /// [`EngineError::Device`] if the processor lacks the instruction set.
    pub fn new(
        graph: Graph,
        parameters: &Parameters,
        options: Options,
    ) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Device {
            device: "cpu".to_owned(),
            reason,
        };
        let set = match options.instruction_set {
            Some(set) => set,
            None => {
                InstructionSet::from_environment().map_err(|error| refuse(error.to_string()))?
            }
        };
        if !set.is_present() {
            return Err(refuse(format!("this processor cannot run `{set}`")));
        }
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = options.threads.map_or(cores, NonZeroUsize::get);
        let inner: Box<dyn Inner> = match set {
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => Box::new(Core::<Avx512>::new(graph, parameters, threads)?),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => Box::new(Core::<Avx2>::new(graph, parameters, threads)?),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => Box::new(Core::<Neon>::new(graph, parameters, threads)?),
            _ => Box::new(Core::<Portable>::new(graph, parameters, threads)?),
        };
        Ok(Self { inner, set })
    }

    /// Bytes of memory that the engine keeps for the passes it has run so far: parameters in all
    /// forms, the optimiser's moments, tensors.
    pub fn memory(&self) -> usize {
        Inner::memory(self.inner.as_ref())
    }
}

/// An engine, and what is asked of it beyond the seam.
trait Inner: Engine {
    fn memory(&self) -> usize;
    fn threads(&self) -> usize;
}

impl Engine for CpuEngine {
    fn graph(&self) -> &Graph {
        self.inner.graph()
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        self.inner.forward(images)
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        self.inner.train_step(step)
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        self.inner.parameters()
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        self.inner.set_parameters(parameters)
    }

    fn optimizer_state(&self) -> Result<OptimizerState, EngineError> {
        self.inner.optimizer_state()
    }

    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError> {
        self.inner.set_optimizer_state(state)
    }

    fn description(&self) -> String {
        match self.inner.threads() {
            1 => format!("cpu {}, 1 thread", self.set),
            threads => format!("cpu {}, {threads} threads", self.set),
        }
    }

    fn memory(&self) -> Option<usize> {
        Some(CpuEngine::memory(self))
    }
}

/// The engine on one instruction set.
struct Core<S> {
    graph: Graph,
    strides: Vec<usize>,
    store: Store,
    weights: Buffer,
    gradients: Option<Buffer>,
    optimizer: Optimizer,
    pool: Pool,
    inference: Option<Machine<S>>,
    training: Option<Training<S>>,
}

/// The machines of a training run.
struct Training<S> {
    first_trained: NodeIndex,
    /// What is frozen, in inference mode.
    frozen: Option<Machine<S>>,
    /// Results of the frozen part that the trained part reads.
    received: Vec<(NodeIndex, Vec<f32>)>,
    trained: Machine<S>,
    /// Numbers of the parameters that change.
    parameters: Vec<usize>,
}

/// Values of the largest tensor of a pass without backward: so many images go together that it
/// stays in the last cache.
const TOGETHER: usize = 4 << 20;

impl<S: Simd> Core<S> {
    fn new(graph: Graph, parameters: &Parameters, threads: usize) -> Result<Self, EngineError> {
        let strides = store::strides(&graph, S::LANES);
        let store = Store::new(&graph, &strides, S::LANES);
        let mut core = Self {
            weights: store.buffer(),
            gradients: None,
            optimizer: Optimizer::default(),
            pool: Pool::new(threads),
            inference: None,
            training: None,
            graph,
            strides,
            store,
        };
        core.set_parameters(parameters)?;
        Ok(core)
    }

    fn check_images(&self, images: &Batch) -> Result<(), EngineError> {
        let expected = self.graph.input_shape();
        if images.shape == expected {
            return Ok(());
        }
        Err(EngineError::ImageShape {
            graph: self.graph.name().to_owned(),
            expected,
            found: images.shape,
        })
    }

    fn last(&self) -> NodeIndex {
        NodeIndex(self.graph.nodes().len() - 1)
    }

    fn program(&self, mode: Mode, range: std::ops::Range<usize>, wanted: &[NodeIndex]) -> Program {
        let lanes = S::LANES;
        program::compile(
            &self.graph,
            &self.store,
            &self.strides,
            lanes,
            mode,
            range,
            wanted,
        )
    }

    /// A machine for inference over nodes `range`, for batches of `count`; `kept` if it does.
    fn inference_machine(
        &self,
        kept: Option<Machine<S>>,
        range: std::ops::Range<usize>,
        wanted: &[NodeIndex],
        count: usize,
    ) -> Machine<S> {
        // One image alone is a case of its own: a single slice to be looked at.
        let fits = |machine: &Machine<S>| (machine.capacity() == 1) == (count == 1);
        if let Some(machine) = kept.filter(fits) {
            return machine;
        }
        let program = self.program(Mode::Inference, range, wanted);
        let largest = program.values.iter().map(Value::len).max().unwrap_or(1);
        let capacity = if count == 1 {
            1
        } else {
            (TOGETHER / largest.max(1)).clamp(2, 16)
        };
        Machine::new(program, Mode::Inference, capacity, self.pool.threads())
    }

    /// Runs `machine` over a batch in lots, and gives `take` every lot's results.
    fn run_in_lots(
        &mut self,
        machine: &mut Machine<S>,
        images: &Batch,
        mut take: impl FnMut(&Machine<S>, usize),
    ) {
        let per_image = images.shape.value_count();
        for lot in images.data.chunks(machine.capacity() * per_image) {
            let count = lot.len() / per_image;
            machine.forward(
                count,
                &|_| lot,
                0,
                &self.store,
                &self.weights,
                &mut self.pool,
            );
            take(machine, count);
        }
    }

    fn infer(&mut self, images: &Batch) -> Vec<f32> {
        let kept = self.inference.take();
        let nodes = 0..self.graph.nodes().len();
        let mut machine = self.inference_machine(kept, nodes, &[self.last()], images.count);
        let mut logits = Vec::with_capacity(images.count * self.graph.class_count());
        self.run_in_lots(&mut machine, images, |machine, count| {
            logits.extend(machine.output(0, count));
        });
        self.inference = Some(machine);
        logits
    }

    /// The machines for training from `first_trained` on, made anew if the last ones do not do.
    fn training(&mut self, first_trained: NodeIndex, count: usize) -> Training<S> {
        let found = self.training.take().filter(|training| {
            training.first_trained == first_trained && training.trained.capacity() >= count
        });
        if let Some(training) = found {
            return training;
        }
        let nodes = self.graph.nodes();
        // The image alone is nothing that could be computed before.
        let start = if first_trained.0 <= 1 {
            0
        } else {
            first_trained.0.min(nodes.len())
        };
        let is_read = |node: &NodeIndex| {
            let reads = |user: &hilum_graph::Node| user.inputs.contains(node);
            nodes[start..].iter().any(reads) || (start == nodes.len() && *node == self.last())
        };
        let border: Vec<NodeIndex> = (0..start).map(NodeIndex).filter(is_read).collect();
        let frozen = (start > 0).then(|| self.inference_machine(None, 0..start, &border, count));
        let program = self.program(Mode::Training, start..nodes.len(), &[self.last()]);
        let trained = Machine::new(program, Mode::Training, count, self.pool.threads());
        let entries = self.store.entries().iter().enumerate();
        let parameters = entries
            .filter(|(_, entry)| entry.spec.role.is_trained() && entry.spec.node >= first_trained)
            .map(|(index, _)| index)
            .collect();
        Training {
            first_trained,
            frozen,
            received: border.into_iter().map(|node| (node, Vec::new())).collect(),
            trained,
            parameters,
        }
    }

    fn step(
        &mut self,
        training: &mut Training<S>,
        step: &Step<'_>,
    ) -> Result<StepOutcome, EngineError> {
        let count = step.images.count;
        if let Some(mut frozen) = training.frozen.take() {
            training
                .received
                .iter_mut()
                .for_each(|(_, values)| values.clear());
            let received = &mut training.received;
            self.run_in_lots(&mut frozen, step.images, |machine, count| {
                for (which, (_, values)) in received.iter_mut().enumerate() {
                    values.extend(machine.output(which, count));
                }
            });
            training.frozen = Some(frozen);
        }
        let received = &training.received;
        let source = |node: usize| {
            let found = received.iter().find(|(known, _)| known.0 == node);
            found.map_or(&step.images.data[..], |(_, values)| &values[..])
        };
        let trained = &mut training.trained;
        trained.forward(
            count,
            &source,
            step.seed,
            &self.store,
            &self.weights,
            &mut self.pool,
        );
        let logits = Logits::new(self.graph.class_count(), trained.output(0, count));
        let loss = cross_entropy(&logits, step);
        if !loss.value.is_finite() {
            return Err(EngineError::NotFinite { what: "loss" });
        }
        let gradients = self.gradients.get_or_insert_with(|| self.store.buffer());
        trained.backward(
            count,
            &loss.gradient,
            &self.store,
            &self.weights,
            gradients,
            &mut self.pool,
        );
        self.optimizer.update::<S>(
            &self.store,
            &training.parameters,
            step.update,
            step.learning_rate,
            &mut self.weights,
            gradients,
            &mut self.pool,
        );
        for moments in trained.moments(count) {
            follow(&self.store, &mut self.weights, &moments);
        }
        trained.forget_weights();
        if let Some(inference) = &mut self.inference {
            inference.forget_weights();
        }
        Ok(StepOutcome {
            loss: loss.value,
            logits,
        })
    }
}

/// Lets the running statistics of a batch norm follow the batch: the mean, and the unbiased
/// variance, as PyTorch does.
fn follow(store: &Store, weights: &mut Buffer, moments: &BatchMoments<'_>) {
    let momentum = f64::from(moments.norm.momentum);
    let mut blend = |entry: usize, values: &[f64], factor: f64| {
        let entry = &store.entries()[entry];
        let place = &mut weights[entry.offset..entry.offset + entry.len];
        let channels = entry.spec.shape[0];
        for (running, value) in place[..channels].iter_mut().zip(values) {
            let old = f64::from(*running);
            *running = ((1.0 - momentum) * old + momentum * value * factor) as f32;
        }
    };
    blend(moments.norm.mean, moments.mean, 1.0);
    if moments.count > 1.0 {
        let unbiased = moments.count / (moments.count - 1.0);
        blend(moments.norm.variance, moments.variance, unbiased);
    }
}

impl<S: Simd> Inner for Core<S> {
    fn memory(&self) -> usize {
        let machine = |machine: &Machine<S>| machine.memory();
        let training = self.training.as_ref().map_or(0, |training| {
            let received: usize = training
                .received
                .iter()
                .map(|(_, values)| values.len())
                .sum();
            machine(&training.trained) + training.frozen.as_ref().map_or(0, machine) + received
        });
        let values = self.weights.len()
            + self
                .gradients
                .as_ref()
                .map_or(0, |gradients| gradients.len())
            + self.optimizer.memory()
            + self.inference.as_ref().map_or(0, machine)
            + training;
        values * size_of::<f32>()
    }

    fn threads(&self) -> usize {
        self.pool.threads()
    }
}

impl<S: Simd> Engine for Core<S> {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        self.check_images(images)?;
        let logits = self.infer(images);
        if logits.iter().all(|logit| logit.is_finite()) {
            Ok(Logits::new(self.graph.class_count(), logits))
        } else {
            Err(EngineError::NotFinite { what: "logits" })
        }
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        assert_eq!(step.truth.len(), step.images.count, "a class per image");
        assert_eq!(
            step.class_weights.len(),
            self.graph.class_count(),
            "a weight per class"
        );
        self.check_images(step.images)?;
        let mut training = self.training(step.first_trained, step.images.count);
        let outcome = self.step(&mut training, step);
        self.training = Some(training);
        outcome
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        let entries = self.store.entries().iter().enumerate();
        Ok(entries
            .map(|(index, entry)| {
                let tensor = self.store.read(&self.weights, index);
                (entry.spec.name.clone(), tensor)
            })
            .collect())
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        parameters
            .check(&self.graph)
            .map_err(|source| EngineError::Parameters {
                graph: self.graph.name().to_owned(),
                source,
            })?;
        for (index, entry) in self.store.entries().iter().enumerate() {
            if let Some(tensor) = parameters.get(&entry.spec.name) {
                self.store.write(&mut self.weights, index, &tensor.data);
            }
        }
        // Frozen machines, too, hold packed copies.
        self.training = None;
        if let Some(inference) = &mut self.inference {
            inference.forget_weights();
        }
        Ok(())
    }

    fn optimizer_state(&self) -> Result<OptimizerState, EngineError> {
        Ok(self.optimizer.state(&self.store))
    }

    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError> {
        self.optimizer = Optimizer::from_state(state, &self.store)?;
        Ok(())
    }

    fn description(&self) -> String {
        "cpu".to_owned()
    }
}
