//! The engine: what `hilum-graph` asks, on Burn.

use burn_tensor::Device;

use hilum_graph::{
    Batch, DeviceName, Engine, EngineError, Graph, Logits, NodeIndex, OptimizerState, Parameters,
    Step, StepOutcome, cross_entropy,
};

use crate::device;
use crate::inference::{self, Folds, Values};
use crate::optimizer::Optimizer;
use crate::training::Tape;
use crate::variables::Variables;
use crate::{lanes, shards};

/// A graph on a device of Burn's.
///
/// On the CPU all threads of rayon's global pool work; set `RAYON_NUM_THREADS` before the first
/// use to have fewer.
///
/// # Panics
/// [`Engine::train_step`] panics if a step has not one true class per image or not one weight
/// per class, or a class that the graph does not have: mistakes of the caller.
pub struct BurnEngine {
    name: DeviceName,
    device: Device,
    graph: Graph,
    variables: Variables,
    folds: Folds,
    optimizer: Optimizer,
}

impl BurnEngine {
    /// `graph` on `device`, beginning with `parameters`.
    ///
    /// # Errors
    /// [`EngineError::Device`] if the device is not compiled in or does not answer,
    /// [`EngineError::Parameters`] if the parameters do not fit the graph.
    pub fn new(
        device: DeviceName,
        graph: Graph,
        parameters: &Parameters,
    ) -> Result<Self, EngineError> {
        check(&graph, parameters)?;
        let name = device;
        let device = device::connect(name)?;
        let variables = Variables::new(&graph, parameters, &device);
        Ok(Self {
            name,
            optimizer: Optimizer::new(variables.specs().len()),
            folds: Folds::new(&graph),
            device,
            graph,
            variables,
        })
    }

    /// How many images each shard takes, and the batch in these shards.
    fn upload(&self, images: &Batch) -> Result<(Vec<usize>, Values), EngineError> {
        let expected = self.graph.input_shape();
        if images.shape != expected {
            return Err(EngineError::ImageShape {
                graph: self.graph.name().to_owned(),
                expected,
                found: images.shape,
            });
        }
        let sizes = shards::shard_sizes(images.count, self.name != DeviceName::Cpu);
        let shards = shards::upload(images, &sizes, &self.device);
        Ok((sizes, Values::new(&self.graph, shards)))
    }

    /// Runs `operation` so that a batch of `image_count` keeps all cores busy.
    fn run<T: Send>(
        &mut self,
        image_count: usize,
        operation: impl FnOnce(&mut Self) -> T + Send,
    ) -> T {
        if self.name == DeviceName::Cpu && image_count > 1 {
            lanes::enter(|| operation(self))
        } else {
            operation(self)
        }
    }

    fn infer(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        let (_, mut values) = self.upload(images)?;
        let end = NodeIndex(self.graph.nodes().len());
        inference::run(
            &self.graph,
            &self.variables,
            &mut self.folds,
            &mut values,
            end,
        );
        let logits = shards::download(values.take(self.last()));
        if logits.as_slice().iter().all(|logit| logit.is_finite()) {
            Ok(logits)
        } else {
            Err(EngineError::NotFinite { what: "logits" })
        }
    }

    fn train(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        let (sizes, mut values) = self.upload(step.images)?;
        let first = step.first_trained;
        inference::run(
            &self.graph,
            &self.variables,
            &mut self.folds,
            &mut values,
            first,
        );
        let mut tape = Tape::new(&self.graph, &self.variables, first, step.seed, sizes);
        tape.forward(&mut values);
        let logits = shards::download(values.take(self.last()));
        let loss = cross_entropy(&logits, step);
        if !loss.value.is_finite() {
            return Err(EngineError::NotFinite { what: "loss" });
        }
        let statistics = tape.take_statistics();
        let gradients = tape.backward(loss.gradient);

        let values = self.variables.values_mut();
        self.optimizer
            .update(values, gradients, step.update, step.learning_rate);
        for (slot, statistic) in statistics {
            self.variables.set(slot, statistic);
        }
        self.folds.forget(first);
        Ok(StepOutcome {
            loss: loss.value,
            logits,
        })
    }

    fn last(&self) -> NodeIndex {
        NodeIndex(self.graph.nodes().len() - 1)
    }
}

impl Engine for BurnEngine {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        self.run(images.count, |engine| engine.infer(images))
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        assert_eq!(step.truth.len(), step.images.count, "a class per image");
        assert_eq!(
            step.class_weights.len(),
            self.graph.class_count(),
            "a weight per class"
        );
        self.run(step.images.count, |engine| engine.train(step))
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        Ok(self.variables.download())
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        check(&self.graph, parameters)?;
        self.variables = Variables::new(&self.graph, parameters, &self.device);
        self.folds.forget(NodeIndex(0));
        Ok(())
    }

    fn optimizer_state(&self) -> Result<OptimizerState, EngineError> {
        Ok(self.optimizer.download(self.variables.specs()))
    }

    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError> {
        self.optimizer = Optimizer::upload(state, self.variables.specs(), &self.device)?;
        Ok(())
    }

    fn description(&self) -> String {
        match self.name {
            DeviceName::Cpu => match lanes::thread_count() {
                1 => "burn flex, 1 thread".to_owned(),
                threads => format!("burn flex, {threads} threads"),
            },
            gpu @ DeviceName::Gpu { .. } => format!("burn {gpu}"),
        }
    }
}

fn check(graph: &Graph, parameters: &Parameters) -> Result<(), EngineError> {
    parameters
        .check(graph)
        .map_err(|source| EngineError::Parameters {
            graph: graph.name().to_owned(),
            source,
        })
}
