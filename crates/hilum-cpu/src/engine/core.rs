//! The engine on one instruction set: the machines of a graph, and what goes through them.

use hilum_graph::{
    Batch, Engine, EngineError, Entry, Gradient, Graph, LogitFactors, Logits, NodeIndex,
    OptimizerState, Parameters, Step, StepOutcome, cross_entropy,
};

use super::border::source;
use super::deriving::Deriver;
use super::machines::Machines;
use crate::Precision;
use crate::average;
use crate::machine::{BatchMoments, Machine, Results};
use crate::memory::Buffer;
use crate::optimizer::Optimizer;
use crate::program::{self, Mode, Program, Value};
use crate::simd::Simd;
use crate::store::{self, ParameterMemory, Store};
use crate::threads::Pool;

/// The engine on one instruction set.
pub(super) struct Core<S> {
    pub(super) simd: S,
    /// Of inference.
    pub(super) precision: Precision,
    /// Of training steps.
    training_precision: Precision,
    pub(super) graph: Graph,
    pub(super) strides: Vec<usize>,
    pub(super) store: Store,
    pub(super) parameters: ParameterMemory,
    pub(super) gradients: Option<Buffer>,
    pub(super) optimizer: Optimizer,
    pub(super) pool: Pool,
    /// The running average of the parameters.
    pub(super) average: Option<Buffer>,
    /// The whole network.
    pub(super) inference: Machines<S>,
    /// The same, which leaves behind what the taps hold.
    pub(super) tapped: Machines<S>,
    /// The nodes before the border of a run that freezes some, and those behind it.
    pub(super) frozen: Option<BorderMachine<S>>,
    pub(super) thawed: Option<BorderMachine<S>>,
    pub(super) training: Option<Training<S>>,
    /// For gradients by what a node made.
    pub(super) deriver: Option<Deriver<S>>,
}

/// A machine for inference on one side of a border.
pub(super) struct BorderMachine<S> {
    pub(super) first_trained: NodeIndex,
    pub(super) machine: Machine<S>,
}

/// The machine of a training run.
pub(super) struct Training<S> {
    first_trained: NodeIndex,
    trained: Machine<S>,
    /// Numbers of the parameters that the optimiser changes.
    parameters: Vec<usize>,
}

/// Values of the largest tensor of a pass without backward: so many images go together that it
/// stays in a thread's share of the last cache.
const LARGEST_TENSOR: usize = 2 << 20;
/// Images that go together at most: weights stay in the caches from one lot to the next.
const LARGEST_LOT: usize = 8;

/// An engine on one instruction set, whichever it is.
pub(super) trait AnyCore: Engine {
    /// Bytes of memory that it keeps.
    fn memory(&self) -> usize;
    /// Threads that it runs on.
    fn threads(&self) -> usize;
}

impl<S: Simd> Core<S> {
    pub(super) fn new(
        simd: S,
        graph: Graph,
        parameters: &Parameters,
        [precision, training_precision]: [Precision; 2],
        threads: usize,
    ) -> Result<Self, EngineError> {
        let strides = store::strides(&graph, S::LANES);
        let store = Store::new(&graph, &strides, S::LANES);
        let mut core = Self {
            simd,
            precision,
            training_precision,
            parameters: ParameterMemory::new(&store),
            gradients: None,
            optimizer: Optimizer::default(),
            pool: Pool::new(threads),
            average: None,
            inference: Machines::default(),
            tapped: Machines::default(),
            frozen: None,
            thawed: None,
            training: None,
            deriver: None,
            graph,
            strides,
            store,
        };
        core.set_parameters(parameters)?;
        Ok(core)
    }

    /// Everything in a buffer, by name and in PyTorch's layouts.
    fn named(&self, buffer: &Buffer) -> Parameters {
        let entries = self.store.entries().iter().enumerate();
        entries
            .map(|(index, entry)| (entry.spec.name.clone(), self.store.read(buffer, index)))
            .collect()
    }

    pub(super) fn last(&self) -> NodeIndex {
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

    /// A machine for inference over nodes `range`, for batches of `count`.
    pub(super) fn inference_machine(
        &self,
        range: std::ops::Range<usize>,
        wanted: &[NodeIndex],
        count: usize,
    ) -> Machine<S> {
        let program = self.program(Mode::Inference, range, wanted);
        let largest = program.values.iter().map(Value::len).max().unwrap_or(1);
        let capacity = match count {
            1 => 1,
            _ => (LARGEST_TENSOR / largest.max(1)).clamp(2, LARGEST_LOT),
        };
        Machine::new(
            self.simd,
            program,
            Mode::Inference,
            capacity,
            self.precision,
            self.pool.threads(),
        )
    }

    /// What `take` makes of the results of `machine`, lot after lot of a batch.
    pub(super) fn run_in_lots<R: Send>(
        &mut self,
        machine: &mut Machine<S>,
        images: &Batch,
        take: impl Fn(Results<'_>, usize) -> R + Sync,
    ) -> Vec<R> {
        machine.forward_in_lots(
            &images.data,
            images.shape.value_count(),
            &self.store,
            &self.parameters,
            &mut self.pool,
            take,
        )
    }

    pub(super) fn infer(&mut self, images: &Batch) -> Vec<f32> {
        let (nodes, wanted) = (0..self.graph.nodes().len(), [self.last()]);
        let mut machines = std::mem::take(&mut self.inference);
        let make = |count| self.inference_machine(nodes, &wanted, count);
        let mut machine = machines.take(images.count, make);
        let logits = self.run_in_lots(&mut machine, images, |results, count| results.of(0, count));
        machines.put(machine);
        self.inference = machines;
        logits.concat()
    }

    pub(super) fn finite(&self, logits: Vec<f32>) -> Result<Logits, EngineError> {
        if logits.iter().all(|logit| logit.is_finite()) {
            Ok(Logits::new(self.graph.class_count(), logits))
        } else {
            Err(EngineError::NotFinite { what: "logits" })
        }
    }

    /// The machine for training from `first_trained` on, made anew if the last one does not do.
    fn training(&mut self, first_trained: NodeIndex, count: usize) -> Training<S> {
        let found = self.training.take().filter(|training| {
            training.first_trained == first_trained && training.trained.capacity() >= count
        });
        if let Some(training) = found {
            return training;
        }
        let node_count = self.graph.nodes().len();
        let start = if self.graph.has_border(first_trained) {
            first_trained.0.min(node_count)
        } else {
            0
        };
        let program = self.program(Mode::Training, start..node_count, &[self.last()]);
        let trained = Machine::new(
            self.simd,
            program,
            Mode::Training,
            count,
            self.training_precision,
            self.pool.threads(),
        );
        let entries = self.store.entries().iter().enumerate();
        let parameters = entries
            .filter(|(_, entry)| entry.spec.role.is_trained() && entry.spec.node >= first_trained)
            .map(|(index, _)| index)
            .collect();
        Training {
            first_trained,
            trained,
            parameters,
        }
    }

    fn step(
        &mut self,
        training: &mut Training<S>,
        step: &Step<'_>,
    ) -> Result<StepOutcome, EngineError> {
        let first_trained = step.first_trained;
        let crossed;
        let (images, received) = match step.entry {
            _ if !self.graph.has_border(first_trained) => (step.images, Vec::new()),
            Entry::Features => (step.images, self.received(step.images, first_trained)),
            Entry::Images => {
                crossed = self.cross(step.images, first_trained);
                (&crossed, self.received(&crossed, first_trained))
            }
        };
        let count = images.count;
        let trained = &mut training.trained;
        trained.forward(
            count,
            &source(&received, images),
            step.seed,
            &self.store,
            &self.parameters,
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
            self.parameters.values(),
            gradients,
            &mut self.pool,
        );
        let rated = training.parameters.iter().map(|index| {
            let node = self.store.entries()[*index].spec.node;
            (*index, step.rate_of(&self.graph, node))
        });
        self.optimizer.update(
            self.simd,
            &self.store,
            &rated.collect::<Vec<_>>(),
            step.update,
            self.parameters.change(training.parameters.iter().copied()),
            gradients,
            &mut self.pool,
        );
        for moments in trained.moments(count) {
            follow(&self.store, &mut self.parameters, &moments);
        }
        if let Some(decay) = step.averaging {
            average::follow(
                self.simd,
                &mut self.average,
                self.parameters.values(),
                decay,
                &mut self.pool,
            );
        }
        Ok(StepOutcome {
            loss: loss.value,
            logits,
        })
    }
}

/// Whether parameters are those of a graph.
fn check(graph: &Graph, parameters: &Parameters) -> Result<(), EngineError> {
    let checked = parameters.check(graph);
    checked.map_err(|source| EngineError::Parameters {
        graph: graph.name().to_owned(),
        source,
    })
}

/// Lets the running statistics of a batch norm follow the batch: the mean, and the unbiased
/// variance, as PyTorch does.
fn follow(store: &Store, parameters: &mut ParameterMemory, moments: &BatchMoments<'_>) {
    let weights = parameters.change([moments.norm.mean, moments.norm.variance]);
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

impl<S: Simd> AnyCore for Core<S> {
    fn memory(&self) -> usize {
        let part =
            |part: &Option<BorderMachine<S>>| part.as_ref().map_or(0, |part| part.machine.memory());
        let len = |buffer: &Option<Buffer>| buffer.as_ref().map_or(0, |buffer| buffer.len());
        let training = self.training.as_ref();
        let values = self.parameters.values().len()
            + len(&self.gradients)
            + len(&self.average)
            + self.optimizer.memory()
            + self.inference.memory()
            + self.tapped.memory()
            + part(&self.frozen)
            + part(&self.thawed)
            + training.map_or(0, |training| training.trained.memory())
            + self.deriver.as_ref().map_or(0, Deriver::memory);
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
        images.check_shape(&self.graph, self.graph.input_shape())?;
        let logits = self.infer(images);
        self.finite(logits)
    }

    fn forward_tapped(&mut self, images: &Batch) -> Result<(Logits, Batch), EngineError> {
        images.check_shape(&self.graph, self.graph.input_shape())?;
        let (logits, taps) = self.infer_tapped(images);
        Ok((self.finite(logits)?, taps))
    }

    fn features(&mut self, images: &Batch, first_trained: NodeIndex) -> Result<Batch, EngineError> {
        images.check_shape(&self.graph, self.graph.input_shape())?;
        if self.graph.has_border(first_trained) {
            Ok(self.cross(images, first_trained))
        } else {
            Ok(images.clone())
        }
    }

    fn forward_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Result<Logits, EngineError> {
        features.check_shape(&self.graph, self.graph.border_shape(first_trained))?;
        let logits = if self.graph.has_border(first_trained) {
            self.infer_features(features, first_trained)
        } else {
            self.infer(features)
        };
        self.finite(logits)
    }

    fn gradient(
        &mut self,
        images: &Batch,
        node: NodeIndex,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        images.check_shape(&self.graph, self.graph.input_shape())?;
        self.derive(images, node, factors)
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        assert_eq!(step.truth.len(), step.images.count, "a class per image");
        assert_eq!(
            step.class_weights.len(),
            self.graph.class_count(),
            "a weight per class"
        );
        let expected = match step.entry {
            Entry::Images => self.graph.input_shape(),
            Entry::Features => self.graph.border_shape(step.first_trained),
        };
        step.images.check_shape(&self.graph, expected)?;
        let mut training = self.training(step.first_trained, step.images.count);
        let outcome = self.step(&mut training, step);
        self.training = Some(training);
        outcome
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        Ok(self.named(self.parameters.values()))
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        check(&self.graph, parameters)?;
        let weights = self.parameters.change(0..self.store.entries().len());
        self.store.place(parameters, weights);
        Ok(())
    }

    fn optimizer_state(&self) -> Result<OptimizerState, EngineError> {
        Ok(self.optimizer.state(&self.store))
    }

    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError> {
        self.optimizer = Optimizer::from_state(state, &self.store)?;
        Ok(())
    }

    fn average(&self) -> Result<Option<Parameters>, EngineError> {
        Ok(self.average.as_ref().map(|average| self.named(average)))
    }

    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError> {
        self.average = match average {
            Some(average) => {
                check(&self.graph, average)?;
                let mut place = self.store.buffer();
                self.store.place(average, &mut place);
                Some(place)
            }
            None => None,
        };
        Ok(())
    }

    fn description(&self) -> String {
        "cpu".to_owned()
    }
}
