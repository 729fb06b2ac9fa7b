//! Whole networks against torchvision, with the references that `hilum-graph` keeps: logits,
//! losses of first steps, first gradients and running statistics.

use hilum_core::ClassIndex;
use hilum_graph::{
    Architecture, Batch, Engine, Entry, Graph, NodeIndex, Parameters, Shape, Step, UpdateRule,
    formula,
};
use serde_json::Value;

use crate::{Open, assert_close};

/// A module for each architecture, with tests that it infers and trains as its reference does,
/// for so many steps.
#[macro_export]
macro_rules! torchvision {
    ($open:expr, $($name:ident: $architecture:ident, $steps:literal;)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "what opens the engine may need nothing of it")]
            use super::*;

            #[test]
            fn infers_what_its_reference_infers() {
                let architecture = ::hilum_graph::Architecture::$architecture;
                $crate::torchvision::infers(&$open, architecture);
            }

            #[test]
            fn trains_as_its_reference_does() {
                let architecture = ::hilum_graph::Architecture::$architecture;
                $crate::torchvision::trains(&$open, architecture, $steps);
            }
        }
    )*};
}

macro_rules! references {
    ($dollar:tt $($name:ident: $architecture:ident,)*) => {
        /// Every architecture that a reference is kept of.
        pub const ALL: &[Architecture] = &[$(Architecture::$architecture),*];

        /// The tests of [`torchvision!`](crate::torchvision!) for all of them.
        #[macro_export]
        macro_rules! torchvision_all {
            ($dollar open:expr, $dollar steps:literal) => {
                $crate::torchvision! { $dollar open,
                    $($name: $architecture, $dollar steps;)*
                }
            };
        }
    };
}

references! { $
    mobilenet_v2: MobilenetV2,
    resnet_18: Resnet18,
    resnet_50: Resnet50,
    efficientnet_b0: EfficientnetB0,
    efficientnet_b0_tf: EfficientnetB0Tf,
    squeezenet_1_1: Squeezenet11,
    reference_cnn: ReferenceCnn,
}

/// The folder of references, a file for each architecture that torchvision or PyTorch builds.
pub const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../hilum-graph/tests/reference/torchvision"
);

fn reference(architecture: Architecture) -> Value {
    let path = format!("{FOLDER}/{architecture}.json");
    let text = std::fs::read_to_string(path).expect("the reference is there");
    serde_json::from_str(&text).expect("the reference is JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list").iter();
    list.map(number).collect()
}

fn shape(value: &Value) -> Shape {
    let sizes: Vec<usize> = numbers(value).iter().map(|size| *size as usize).collect();
    Shape::new(sizes[0], sizes[1], sizes[2])
}

/// The network for images of `input`, with nothing left to chance: no dropout, and no stochastic
/// depth.
fn build(architecture: Architecture, input: Shape) -> Graph {
    let graph = architecture.build(input, 4, Some(0.0)).unwrap();
    graph.without_dropout()
}

fn engine(open: Open<'_>, graph: &Graph) -> Box<dyn Engine> {
    open(graph.clone(), &formula::parameters(graph)).unwrap()
}

/// Logits of every reference case, within 1e-4 of the largest.
pub fn infers(open: Open<'_>, architecture: Architecture) {
    let reference = reference(architecture);
    let cases = reference["forward"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let input = shape(&case["input"]);
        let rows = case["logits"].as_array().expect("rows of logits");
        let expected: Vec<f64> = rows.iter().flat_map(numbers).collect();
        let images = formula::images(rows.len(), input);
        let mut engine = engine(open, &build(architecture, input));
        let logits = engine.forward(&images).unwrap();
        let found = logits.as_slice().iter().map(|logit| f64::from(*logit));
        let what = format!("{}: {architecture} at {input}", engine.description());
        assert_close(found, &expected, 0.0, 1e-4, &what);
    }
}

/// What a reference trains with.
struct Training {
    images: Batch,
    truth: Vec<ClassIndex>,
    class_weights: Vec<f32>,
    label_smoothing: f32,
    update: UpdateRule,
    learning_rate: f64,
    losses: Vec<f64>,
}

impl Training {
    fn new(training: &Value) -> Self {
        let truth = numbers(&training["truth"]).into_iter();
        let truth: Vec<_> = truth.map(|class| ClassIndex::new(class as usize)).collect();
        let class_weights = numbers(&training["class_weights"]).into_iter();
        Self {
            images: formula::images(truth.len(), shape(&training["input"])),
            truth,
            class_weights: class_weights.map(|weight| weight as f32).collect(),
            label_smoothing: number(&training["label_smoothing"]) as f32,
            update: UpdateRule::Adam {
                beta1: number(&training["beta1"]),
                beta2: number(&training["beta2"]),
                epsilon: number(&training["epsilon"]),
            },
            learning_rate: number(&training["learning_rate"]),
            losses: numbers(&training["losses"]),
        }
    }

    fn step(&self) -> Step<'_> {
        Step {
            images: &self.images,
            truth: &self.truth,
            class_weights: &self.class_weights,
            label_smoothing: self.label_smoothing,
            entry: Entry::Images,
            layer_rate: 1.0,
            averaging: None,
            first_trained: NodeIndex(0),
            update: self.update,
            learning_rate: self.learning_rate,
            seed: 0,
        }
    }
}

/// How far gradients of whole networks may be off at least: a ReLU that rounding decides the other
/// way moves a gradient by that pixel's whole part, and of millions some are that near to zero.
const GRADIENTS: f64 = 3e-2;

/// Losses of the first `step_count` steps within a thousandth, and the first step's gradients
/// and running statistics within three times what `float32` costs PyTorch itself.
pub fn trains(open: Open<'_>, architecture: Architecture, step_count: usize) {
    let reference = reference(architecture);
    let training = Training::new(&reference["training"]);
    let mut engine = engine(open, &build(architecture, training.images.shape));
    let what = format!("{}: {architecture}", engine.description());
    assert!(step_count <= training.losses.len());
    for (number, expected) in training.losses.iter().take(step_count).enumerate() {
        let loss = f64::from(engine.train_step(&training.step()).unwrap().loss);
        let what = format!("{what}, loss {number}");
        assert_close([loss], &[*expected], 0.0, 1e-3, &what);
        if number == 0 {
            let statistics = engine.parameters().unwrap();
            measures(&reference, "statistics", &statistics, &what);
            measures(&reference, "gradients", &gradients(&*engine), &what);
        }
    }
}

/// After one step Adam's first moment is the gradient times `1 - beta1`.
fn gradients(engine: &dyn Engine) -> Parameters {
    let moments = engine.optimizer_state().unwrap().moments;
    let gradients = moments.iter().filter_map(|(name, moment)| {
        let mut gradient = moment.clone();
        for value in &mut gradient.data {
            *value /= 0.1;
        }
        Some((name.strip_suffix("/first")?.to_owned(), gradient))
    });
    gradients.collect()
}

/// Norms and projections of what the reference calls `kind`, relative to the norms; a gradient
/// of nothing but rounding, such as that of a shift before another batch norm, may stay as small
/// as it is.
fn measures(reference: &Value, kind: &str, found: &Parameters, what: &str) {
    let floor = if kind == "gradients" { GRADIENTS } else { 1e-5 };
    let within = (3.0 * number(&reference["float32"][kind])).max(floor);
    let expected = reference[kind].as_object().expect("measures by name");
    for (name, expected) in expected {
        let expected = numbers(expected);
        let data = &found.get(name).expect("a tensor of that name").data;
        let (norm, projection) = formula::norm_and_projection(name, data);
        let what = format!("{what}, {name}");
        assert_close(
            [norm, projection],
            &expected,
            expected[0].max(1e-3),
            within,
            &what,
        );
    }
}
