//! The engine: what `hilum-graph` asks, on Burn.

use std::ops::Range;

use burn_tensor::module::adaptive_avg_pool2d;
use burn_tensor::{Device, Tensor};

use hilum_graph::{
    Batch, DeviceName, Engine, EngineError, Entry, Gradient, Graph, LogitFactors, Logits,
    NodeIndex, OptimizerState, Parameters, Step, StepOutcome,
};

use crate::operation::Mode;
use crate::optimizer::Optimizer;
use crate::pass::{self, Values};
use crate::variables::Variables;
use crate::{device, images, loss};

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
    optimizer: Optimizer,
    /// The running average of the variables.
    average: Option<Variables>,
}

impl BurnEngine {
    /// `graph` on `device`, beginning with `parameters`; whether the device computes rightly is
    /// not asked, unlike by [`open`](crate::open).
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
            average: None,
            device,
            graph,
            variables,
        })
    }

    fn upload(&self, images: &Batch) -> Result<Values, EngineError> {
        images.check_shape(&self.graph, self.graph.input_shape())?;
        let images = images::upload(images, &self.device);
        Ok(Values::new(&self.graph, images))
    }

    /// What crossed the border before `first`.
    fn upload_features(&self, features: &Batch, first: NodeIndex) -> Result<Values, EngineError> {
        features.check_shape(&self.graph, self.graph.border_shape(first))?;
        let mut start = 0;
        let border = self.graph.border(first);
        let received = border.into_iter().map(|node| {
            let shape = self.graph.node(node).shape;
            let part = start..start + shape.value_count();
            start = part.end;
            let rows = features.data.chunks_exact(features.shape.value_count());
            let data = rows.flat_map(|row| &row[part.clone()]).copied().collect();
            let results = Batch::new(features.count, shape, data);
            (node, images::upload(&results, &self.device))
        });
        let received = received.collect();
        Ok(Values::received(&self.graph, first, received))
    }

    /// Runs the nodes of `range` in inference mode.
    fn infer(&self, values: &mut Values, range: Range<NodeIndex>) {
        let mut mode = Mode::Inference;
        pass::run(&self.graph, &self.variables, &mut mode, values, range);
    }

    /// Logits of `values`, which are there up to `first`.
    fn logits(&self, mut values: Values, first: NodeIndex) -> Result<Logits, EngineError> {
        self.infer(&mut values, first..self.end());
        self.finite(images::download(values.take(self.last())))
    }

    fn finite(&self, logits: Vec<f32>) -> Result<Logits, EngineError> {
        if logits.iter().all(|logit| logit.is_finite()) {
            Ok(Logits::new(self.graph.class_count(), logits))
        } else {
            Err(EngineError::NotFinite { what: "logits" })
        }
    }

    /// What crosses the border before `first`, a row per image.
    fn cross(&self, images: &Batch, first: NodeIndex) -> Result<Batch, EngineError> {
        let mut values = self.upload(images)?;
        self.infer(&mut values, NodeIndex(0)..first);
        let border = self.graph.border(first);
        let results: Vec<Vec<f32>> = border
            .iter()
            .map(|node| images::download(values.look_at(*node)))
            .collect();
        let rows = images::rows(&results, images.count);
        let shape = self.graph.border_shape(first);
        Ok(Batch::new(images.count, shape, rows))
    }

    fn train(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        let first = step.first_trained;
        let mut values = match step.entry {
            Entry::Images => {
                let mut values = self.upload(step.images)?;
                self.infer(&mut values, NodeIndex(0)..first);
                values
            }
            Entry::Features => self.upload_features(step.images, first)?,
        };
        let variables = self.variables.tracked(first);
        let mut statistics = Vec::new();
        let mut mode = Mode::Training {
            seed: step.seed,
            statistics: &mut statistics,
        };
        let trained = first..self.end();
        pass::run(&self.graph, &variables, &mut mode, &mut values, trained);
        let logits = values.take(self.last());
        let classes = self.graph.class_count();
        let logits = logits.reshape([step.images.count, classes]);
        let loss = loss::cross_entropy(logits.clone(), step);
        let outcome = StepOutcome {
            loss: loss.clone().into_scalar(),
            logits: Logits::new(classes, images::values(logits)),
        };
        if !outcome.loss.is_finite() {
            return Err(EngineError::NotFinite { what: "loss" });
        }
        // Behind the last parameter there is nothing to derive.
        if loss.is_tracked() {
            let gradients = variables.gradients(loss.backward());
            drop(variables);
            self.update(step, gradients);
        }
        for (slot, statistic) in statistics {
            self.variables.set(slot, statistic);
        }
        if let Some(decay) = step.averaging {
            match &mut self.average {
                Some(average) => average.follow(&self.variables, decay),
                None => self.average = Some(self.variables.clone()),
            }
        }
        Ok(outcome)
    }

    fn update(&mut self, step: &Step<'_>, gradients: Vec<Option<Tensor<1>>>) {
        let specs = self.variables.specs().iter();
        let rates: Vec<f64> = specs
            .map(|spec| step.rate_of(&self.graph, spec.node))
            .collect();
        let values = self.variables.values_mut();
        self.optimizer
            .update(values, gradients, step.update, &rates);
    }

    fn last(&self) -> NodeIndex {
        NodeIndex(self.graph.nodes().len() - 1)
    }

    /// Behind the last node.
    fn end(&self) -> NodeIndex {
        NodeIndex(self.graph.nodes().len())
    }
}

impl Engine for BurnEngine {
    fn graph(&self) -> &Graph {
        &self.graph
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        let values = self.upload(images)?;
        self.logits(values, NodeIndex(0))
    }

    fn forward_tapped(&mut self, images: &Batch) -> Result<(Logits, Batch), EngineError> {
        let mut values = self.upload(images)?;
        let taps = self.graph.taps();
        for tap in taps {
            values.keep(tap.node);
        }
        self.infer(&mut values, NodeIndex(0)..self.end());
        let results: Vec<Vec<f32>> = taps
            .iter()
            .map(|tap| {
                let result = values.take(tap.node);
                images::download(adaptive_avg_pool2d(result, [tap.grid; 2]))
            })
            .collect();
        let rows = images::rows(&results, images.count);
        let logits = self.finite(images::download(values.take(self.last())))?;
        let shape = self.graph.tapped_shape();
        Ok((logits, Batch::new(images.count, shape, rows)))
    }

    fn features(&mut self, images: &Batch, first_trained: NodeIndex) -> Result<Batch, EngineError> {
        if !self.graph.has_border(first_trained) {
            images.check_shape(&self.graph, self.graph.input_shape())?;
            return Ok(images.clone());
        }
        self.cross(images, first_trained)
    }

    fn forward_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Result<Logits, EngineError> {
        let values = self.upload_features(features, first_trained)?;
        self.logits(values, first_trained)
    }

    fn gradient(
        &mut self,
        images: &Batch,
        node: NodeIndex,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        let mut values = self.upload(images)?;
        let behind = NodeIndex(node.0 + 1);
        // Whoever reads the result gets the one that Burn follows.
        values.keep(node);
        self.infer(&mut values, NodeIndex(0)..behind);
        let result = values.look_at(node).autodiff().require_grad();
        values.replace(node, result.clone());
        self.infer(&mut values, behind..self.end());
        let logits = values.take(self.last());
        let on_host = self.finite(images::download(logits.clone()))?;
        let factors = factors(&on_host);
        let shape = logits.dims();
        assert_eq!(
            factors.len(),
            on_host.as_slice().len(),
            "a factor per logit"
        );
        let factors = images::tensor(factors, shape, &self.device);
        let slopes = (logits * factors).sum().backward();
        let found = result.grad(&slopes);
        let gradient = found.expect("logits that follow the result");
        let shape = self.graph.node(node).shape;
        let batch = |values| Batch::new(images.count, shape, images::download(values));
        Ok(Gradient {
            results: batch(result),
            gradient: batch(gradient),
            logits: on_host,
        })
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        assert_eq!(step.truth.len(), step.images.count, "a class per image");
        assert_eq!(
            step.class_weights.len(),
            self.graph.class_count(),
            "a weight per class"
        );
        self.train(step)
    }

    fn parameters(&self) -> Result<Parameters, EngineError> {
        Ok(self.variables.download())
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError> {
        check(&self.graph, parameters)?;
        self.variables = Variables::new(&self.graph, parameters, &self.device);
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
            DeviceName::Cpu => match rayon::current_num_threads() {
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
