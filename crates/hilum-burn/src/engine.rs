//! The engine: what `hilum-graph` asks, on Burn.

use burn_tensor::Device;

use hilum_graph::{
    Batch, DeviceName, Engine, EngineError, Entry, Graph, Logits, NodeIndex, OptimizerState,
    Parameters, Step, StepOutcome, cross_entropy,
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
    /// The running average of the variables.
    average: Option<Variables>,
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
            average: None,
            device,
            graph,
            variables,
        })
    }

    /// How many images each shard takes, and the images in these shards.
    fn upload(&self, images: &Batch) -> Result<(Vec<usize>, Values), EngineError> {
        images.check_shape(&self.graph, self.graph.input_shape())?;
        let sizes = self.shard_sizes(images.count);
        let shards = shards::upload(images, &sizes, &self.device);
        Ok((sizes, Values::new(&self.graph, shards)))
    }

    /// The same for what crossed the border before `first`.
    fn upload_features(
        &self,
        features: &Batch,
        first: NodeIndex,
    ) -> Result<(Vec<usize>, Values), EngineError> {
        features.check_shape(&self.graph, self.graph.border_shape(first))?;
        let sizes = self.shard_sizes(features.count);
        let mut start = 0;
        let border = self.graph.border(first);
        let received = border.into_iter().map(|node| {
            let shape = self.graph.node(node).shape;
            let part = start..start + shape.value_count();
            start = part.end;
            let rows = features.data.chunks_exact(features.shape.value_count());
            let data = rows.flat_map(|row| &row[part.clone()]).copied().collect();
            let results = Batch::new(features.count, shape, data);
            (node, shards::upload(&results, &sizes, &self.device))
        });
        let received = received.collect();
        Ok((sizes, Values::received(&self.graph, first, received)))
    }

    fn shard_sizes(&self, count: usize) -> Vec<usize> {
        shards::shard_sizes(count, self.name != DeviceName::Cpu)
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

    /// Runs the nodes of `range` in inference mode.
    fn run_nodes(&mut self, values: &mut Values, range: std::ops::Range<NodeIndex>) {
        inference::run(&self.graph, &self.variables, &mut self.folds, values, range);
    }

    /// Logits of `values`, which are there up to `first`.
    fn infer(&mut self, mut values: Values, first: NodeIndex) -> Result<Logits, EngineError> {
        let end = NodeIndex(self.graph.nodes().len());
        self.run_nodes(&mut values, first..end);
        let logits = shards::download(values.take(self.last()));
        if logits.as_slice().iter().all(|logit| logit.is_finite()) {
            Ok(logits)
        } else {
            Err(EngineError::NotFinite { what: "logits" })
        }
    }

    fn cross(&mut self, images: &Batch, first: NodeIndex) -> Result<Batch, EngineError> {
        let (_, mut values) = self.upload(images)?;
        self.run_nodes(&mut values, NodeIndex(0)..first);
        let border = self.graph.border(first);
        let results: Vec<Vec<f32>> = border
            .iter()
            .map(|node| shards::download_images(values.look_at(*node)))
            .collect();
        let mut rows = Vec::new();
        for image in 0..images.count {
            for result in &results {
                let len = result.len() / images.count;
                rows.extend_from_slice(&result[image * len..][..len]);
            }
        }
        let shape = self.graph.border_shape(first);
        Ok(Batch::new(images.count, shape, rows))
    }

    fn train(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        let first = step.first_trained;
        let (sizes, values) = match step.entry {
            Entry::Images => {
                let (sizes, mut values) = self.upload(step.images)?;
                self.run_nodes(&mut values, NodeIndex(0)..first);
                (sizes, values)
            }
            Entry::Features => self.upload_features(step.images, first)?,
        };
        let mut values = values;
        let mut tape = Tape::new(&self.graph, &self.variables, first, step.seed, sizes);
        tape.forward(&mut values);
        let logits = shards::download(values.take(self.last()));
        let loss = cross_entropy(&logits, step);
        if !loss.value.is_finite() {
            return Err(EngineError::NotFinite { what: "loss" });
        }
        let statistics = tape.take_statistics();
        let gradients = tape.backward(loss.gradient);

        let specs = self.variables.specs().iter();
        let rates: Vec<f64> = specs
            .map(|spec| step.rate_of(&self.graph, spec.node))
            .collect();
        let values = self.variables.values_mut();
        self.optimizer
            .update(values, gradients, step.update, &rates);
        for (slot, statistic) in statistics {
            self.variables.set(slot, statistic);
        }
        self.folds.forget(first);
        if let Some(decay) = step.averaging {
            match &mut self.average {
                Some(average) => average.follow(&self.variables, decay),
                None => self.average = Some(self.variables.clone()),
            }
        }
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
        self.run(images.count, |engine| {
            let (_, values) = engine.upload(images)?;
            engine.infer(values, NodeIndex(0))
        })
    }

    fn features(&mut self, images: &Batch, first_trained: NodeIndex) -> Result<Batch, EngineError> {
        if !self.graph.has_border(first_trained) {
            images.check_shape(&self.graph, self.graph.input_shape())?;
            return Ok(images.clone());
        }
        self.run(images.count, |engine| engine.cross(images, first_trained))
    }

    fn forward_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Result<Logits, EngineError> {
        self.run(features.count, |engine| {
            let (_, values) = engine.upload_features(features, first_trained)?;
            engine.infer(values, first_trained)
        })
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

    fn average(&self) -> Result<Option<Parameters>, EngineError> {
        Ok(self.average.as_ref().map(Variables::download))
    }

    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError> {
        self.average = match average {
            Some(average) => {
                check(&self.graph, average)?;
                Some(Variables::new(&self.graph, average, &self.device))
            }
            None => None,
        };
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
