//! What the check of a device lets through and what it refuses.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, also outside of `#[test]`"
)]

use hilum_burn::{BurnEngine, DeviceName, check_device, open};
use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{
    Architecture, Batch, Engine, EngineError, GpuInterface, Gradient, Graph, LogitFactors, Logits,
    NodeIndex, OptimizerState, Parameters, Shape, Step, StepOutcome, initialise,
};

const VULKAN: DeviceName = DeviceName::Gpu {
    interface: GpuInterface::Vulkan,
    index: None,
};

fn processor(graph: Graph, parameters: &Parameters) -> Result<Box<dyn Engine>, EngineError> {
    let engine = CpuEngine::new(graph, parameters, Options::default())?;
    Ok(Box::new(engine))
}

fn flex(graph: Graph, parameters: &Parameters) -> Result<Box<dyn Engine>, EngineError> {
    let engine = BurnEngine::new(DeviceName::Cpu, graph, parameters)?;
    Ok(Box::new(engine))
}

/// What is wrong with a driver.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Added to the second logit of the third image.
    Logit(f32),
    /// Every image gets the logits of the first.
    SameForAll,
    /// A step adds this to one weight of the tensor of this name.
    Weight(&'static str, f32),
    /// Logits are not finite.
    NotFinite,
    /// The driver stops the program's thread.
    Panics,
}

/// The processor's engine with a fault.
struct Faulty {
    inner: Box<dyn Engine>,
    fault: Fault,
}

impl Engine for Faulty {
    fn graph(&self) -> &Graph {
        self.inner.graph()
    }

    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError> {
        let classes = self.graph().class_count();
        let mut logits = self.inner.forward(images)?.as_slice().to_vec();
        match self.fault {
            Fault::Logit(error) => logits[2 * classes + 1] += error,
            Fault::SameForAll => {
                let first = logits[..classes].to_vec();
                logits = first.repeat(images.count);
            }
            Fault::NotFinite => return Err(EngineError::NotFinite { what: "logits" }),
            Fault::Panics => panic!("unknown pointer"),
            Fault::Weight(..) => {}
        }
        Ok(Logits::new(classes, logits))
    }

    fn forward_tapped(&mut self, images: &Batch) -> Result<(Logits, Batch), EngineError> {
        self.inner.forward_tapped(images)
    }

    fn features(&mut self, images: &Batch, first: NodeIndex) -> Result<Batch, EngineError> {
        self.inner.features(images, first)
    }

    fn forward_features(
        &mut self,
        features: &Batch,
        first: NodeIndex,
    ) -> Result<Logits, EngineError> {
        self.inner.forward_features(features, first)
    }

    fn gradient(
        &mut self,
        images: &Batch,
        node: NodeIndex,
        factors: LogitFactors<'_>,
    ) -> Result<Gradient, EngineError> {
        self.inner.gradient(images, node, factors)
    }

    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError> {
        let outcome = self.inner.train_step(step)?;
        if let Fault::Weight(name, error) = self.fault {
            let parameters = self.inner.parameters()?;
            let changed = parameters.iter().map(|(this, tensor)| {
                let mut tensor = tensor.clone();
                if this == name {
                    *tensor.data.last_mut().unwrap() += error;
                }
                (this.to_owned(), tensor)
            });
            self.inner.set_parameters(&changed.collect())?;
        }
        Ok(outcome)
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

    fn average(&self) -> Result<Option<Parameters>, EngineError> {
        self.inner.average()
    }

    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError> {
        self.inner.set_average(average)
    }

    fn description(&self) -> String {
        format!("{} with a fault", self.inner.description())
    }
}

fn check(fault: Fault) -> Result<(), EngineError> {
    let faulty = |graph: Graph, parameters: &Parameters| {
        let inner = processor(graph, parameters)?;
        Ok(Box::new(Faulty { inner, fault }) as Box<dyn Engine>)
    };
    check_device(VULKAN, &faulty, &processor)
}

fn refusal(fault: Fault) -> String {
    let error = check(fault).unwrap_err();
    assert!(
        matches!(error, EngineError::Device { .. }),
        "{fault:?}: {error}"
    );
    error.to_string()
}

#[test]
fn another_engine_that_computes_rightly_passes() {
    check_device(DeviceName::Cpu, &flex, &processor).unwrap();
}

#[test]
fn rounding_is_let_through_and_more_is_not() {
    check(Fault::Logit(0.0009)).unwrap();
    check(Fault::Weight("pointwise.weight", -0.0009)).unwrap();
    refusal(Fault::Logit(-0.0011));
    refusal(Fault::Weight("pointwise.weight", 0.0011));
}

#[test]
fn a_refusal_names_both_figures_and_a_way_out() {
    let graph_values = std::cell::RefCell::new(Vec::new());
    let watched = |graph: Graph, parameters: &Parameters| {
        let mut engine = processor(graph.clone(), parameters)?;
        let images = hilum_graph::formula::images(4, graph.input_shape());
        *graph_values.borrow_mut() = engine.forward(&images)?.as_slice().to_vec();
        processor(graph, parameters)
    };
    let faulty = |graph: Graph, parameters: &Parameters| {
        let inner = processor(graph, parameters)?;
        let fault = Fault::Logit(0.5);
        Ok(Box::new(Faulty { inner, fault }) as Box<dyn Engine>)
    };
    let error = check_device(VULKAN, &faulty, &watched).unwrap_err();
    let expected = graph_values.borrow()[2 * 4 + 1];
    let found = expected + 0.5;
    assert_eq!(
        error.to_string(),
        format!(
            "device `vulkan` cannot be used: it computes wrongly: logits, value 9: {found} where \
             the processor finds {expected}\n\
             hint: use `--device cpu`, or update the driver, or build with the feature `wgpu`, \
             which asks less of a driver"
        )
    );
}

#[test]
fn the_same_answer_for_every_image_is_refused() {
    let message = refusal(Fault::SameForAll);
    assert!(message.contains("it computes wrongly: logits, value"));
}

#[test]
fn a_wrong_step_is_refused_whichever_parameter_it_spoils() {
    for name in ["stem.weight", "depthwise_norm.running_var", "head.bias"] {
        let message = refusal(Fault::Weight(name, 0.01));
        let named = format!("`{name}` after a training step, value ");
        assert!(message.contains(&named), "{message}");
    }
}

#[test]
fn what_is_not_a_number_is_refused() {
    let message = refusal(Fault::NotFinite);
    assert!(message.contains("the logits is not finite"), "{message}");
    let message = refusal(Fault::Logit(f32::NAN));
    assert!(
        message.contains("value 9: NaN where the processor finds"),
        "{message}"
    );
}

#[test]
fn a_device_is_checked_before_it_is_opened() {
    let input = Shape::new(32, 32, 1);
    let graph = Architecture::CompactCnn.build(input, 4, None).unwrap();
    let parameters = initialise(&graph, 1);
    let engine = open(DeviceName::Cpu, graph.clone(), &parameters, &processor);
    assert_eq!(engine.unwrap().graph(), &graph);

    // Where the reference is the odd one out, the device is.
    let faulty = |graph: Graph, parameters: &Parameters| {
        let inner = processor(graph, parameters)?;
        let fault = Fault::Logit(0.5);
        Ok(Box::new(Faulty { inner, fault }) as Box<dyn Engine>)
    };
    let error = open(DeviceName::Cpu, graph.clone(), &parameters, &faulty).err();
    let message = error.unwrap().to_string();
    assert!(message.starts_with("device `cpu` cannot be used: it computes wrongly: logits"));

    let panics = |graph: Graph, parameters: &Parameters| {
        let inner = processor(graph, parameters)?;
        let fault = Fault::Panics;
        Ok(Box::new(Faulty { inner, fault }) as Box<dyn Engine>)
    };
    let error = open(DeviceName::Cpu, graph, &parameters, &panics).err();
    let message = error.unwrap().to_string();
    assert!(message.starts_with("device `cpu` cannot be used: unknown pointer\nhint: "));
}
