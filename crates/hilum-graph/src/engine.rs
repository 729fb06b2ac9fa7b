//! The seam: what an engine does with a graph, whatever it runs on.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use hilum_core::ClassIndex;

use crate::{Graph, NodeIndex, Parameters, ParametersError, Shape};

/// Runs a graph: inference, and training one step at a time.
///
/// An engine owns the parameters and the optimiser's state while it runs; both go in and out
/// by name and in PyTorch's layouts, so that engines can be exchanged in the middle of a run.
///
/// Same graph, same parameters, same steps, same thread count: same results to the bit.
pub trait Engine: Send {
    /// The network that it runs.
    fn graph(&self) -> &Graph;

    /// Logits in inference mode: running statistics normalise, dropout does nothing.
    fn forward(&mut self, images: &Batch) -> Result<Logits, EngineError>;

    /// What the nodes before `first_trained` make of images, in inference mode: a row per image
    /// of the values of [`Graph::border`], node after node, NHWC.
    ///
    /// A row depends on its image alone, not on the others of the batch or their count. From
    /// `NodeIndex(0)` and `NodeIndex(1)` the images themselves come back.
    fn features(&mut self, images: &Batch, first_trained: NodeIndex) -> Result<Batch, EngineError>;

    /// Logits in inference mode, from what [`features`](Self::features) made for the same
    /// `first_trained`.
    fn forward_features(
        &mut self,
        features: &Batch,
        first_trained: NodeIndex,
    ) -> Result<Logits, EngineError>;

    /// One training step: forward in training mode, loss, backward, update.
    ///
    /// If the loss is not finite, nothing is updated, neither parameters nor running statistics.
    fn train_step(&mut self, step: &Step<'_>) -> Result<StepOutcome, EngineError>;

    /// A copy of all parameters and running statistics.
    fn parameters(&self) -> Result<Parameters, EngineError>;

    /// Replaces all parameters and running statistics.
    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), EngineError>;

    /// A copy of the optimiser's state.
    fn optimizer_state(&self) -> Result<OptimizerState, EngineError>;

    /// Replaces the optimiser's state; an empty one starts afresh.
    fn set_optimizer_state(&mut self, state: &OptimizerState) -> Result<(), EngineError>;

    /// The running average of all parameters and statistics, if a step asked for one
    /// ([`Step::averaging`]).
    fn average(&self) -> Result<Option<Parameters>, EngineError>;

    /// Replaces the running average; with `None` the next one starts from the weights then.
    fn set_average(&mut self, average: Option<&Parameters>) -> Result<(), EngineError>;

    /// What it runs on, for logs and reports: `cpu avx2, 2 threads`.
    fn description(&self) -> String;

    /// Bytes that it keeps for the passes it has run so far: parameters in all forms, the
    /// optimiser's moments, gradients, tensors. `None` if it cannot say.
    fn memory(&self) -> Option<usize> {
        None
    }
}

/// Images for one pass: `count x height x width x channels` values, channels innermost.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// How many images.
    pub count: usize,
    /// The shape of each.
    pub shape: Shape,
    /// The values, image by image.
    pub data: Vec<f32>,
}

impl Batch {
    /// Wraps values.
    ///
    /// # Panics
    /// If the count of values is not `count` times that of `shape`, or `count` is zero.
    pub fn new(count: usize, shape: Shape, data: Vec<f32>) -> Self {
        assert!(count > 0, "a batch has at least one image");
        assert_eq!(
            data.len(),
            count * shape.value_count(),
            "values of {count} images of {shape}"
        );
        Self { count, shape, data }
    }

    /// Checks that the images are what `graph` reads at some place.
    ///
    /// # Errors
    /// [`EngineError::ImageShape`] if their shape is not `expected`.
    pub fn check_shape(&self, graph: &Graph, expected: Shape) -> Result<(), EngineError> {
        if self.shape == expected {
            return Ok(());
        }
        Err(EngineError::ImageShape {
            graph: graph.name().to_owned(),
            expected,
            found: self.shape,
        })
    }
}

/// A network's raw outputs: `count x class_count`, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits {
    class_count: usize,
    data: Vec<f32>,
}

impl Logits {
    /// Wraps values.
    ///
    /// # Panics
    /// If `data` does not divide into rows of `class_count`.
    pub fn new(class_count: usize, data: Vec<f32>) -> Self {
        assert!(
            class_count > 0 && data.len().is_multiple_of(class_count),
            "whole rows of logits"
        );
        Self { class_count, data }
    }

    /// One slice of `class_count` values per image.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.data.chunks_exact(self.class_count)
    }

    /// All values, row by row.
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }
}

/// One training step.
///
/// The loss is the mean over the batch of the weighted, smoothed cross-entropy, as PyTorch's
/// `CrossEntropyLoss(weight, label_smoothing)` with `reduction="mean"` computes it: the sum of
/// the weighted terms, divided by the sum of the weights of the true classes.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What the network sees, or, by `entry`, what its frozen nodes made of that.
    pub images: &'a Batch,
    /// Where `images` enters.
    pub entry: Entry,
    /// The true class of each image.
    pub truth: &'a [ClassIndex],
    /// One factor per class; 1 for all leaves the loss unweighted.
    pub class_weights: &'a [f32],
    /// The share of the target that is spread evenly over all classes, in `0.0..1.0`.
    pub label_smoothing: f32,
    /// Nodes before this one are frozen: they run in inference mode (running statistics, no
    /// dropout) and neither their parameters nor their statistics change. `NodeIndex(0)` trains
    /// everything.
    pub first_trained: NodeIndex,
    /// How parameters change.
    pub update: UpdateRule,
    /// The learning rate of this step; positive.
    pub learning_rate: f64,
    /// The share of the learning rate that the first layer gets, above 0; 1 treats all layers
    /// alike. See [`Step::rate_of`].
    pub layer_rate: f64,
    /// If given, the decay of a running average of all parameters and statistics, in `0.0..1.0`:
    /// after the step `average = decay * average + (1 - decay) * weights`. The first average is
    /// the weights. What does not change keeps its average to the bit.
    pub averaging: Option<f64>,
    /// Seeds dropout; see [`dropout_keeps`].
    pub seed: u64,
}

impl Step<'_> {
    /// The learning rate of a node's parameters: geometric in the node's position, from
    /// `layer_rate * learning_rate` at the image to `learning_rate` at the head and behind it
    /// (discriminative fine-tuning, Howard & Ruder, 2018).
    pub fn rate_of(&self, graph: &Graph, node: NodeIndex) -> f64 {
        let position = node.0 as f64 / graph.head().0.max(1) as f64;
        self.learning_rate * self.layer_rate.powf(1.0 - position.min(1.0))
    }
}

/// Where the values of a step enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// They are images.
    Images,
    /// They are rows of [`Engine::features`]: the frozen nodes have run already.
    Features,
}

/// What a training step found.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutcome {
    /// The loss before the update.
    pub loss: f32,
    /// The logits before the update, in training mode.
    pub logits: Logits,
}

/// How parameters follow their gradients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum UpdateRule {
    /// Kingma & Ba, 2015, with bias correction, as PyTorch's `Adam` (L2 off).
    Adam {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the root of the corrected second moment.
        epsilon: f64,
    },
    /// Loshchilov & Hutter, 2019: Adam with decoupled decay, as PyTorch's `AdamW`.
    AdamW {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the root of the corrected second moment.
        epsilon: f64,
        /// Each step first takes `learning_rate * weight_decay` of every parameter.
        weight_decay: f64,
    },
    /// Gradient descent with heavy-ball momentum, as PyTorch's `SGD` with dampening 0.
    Sgd {
        /// `velocity = momentum * velocity + gradient`; 0 for none.
        momentum: f64,
        /// L2: adds `weight_decay * parameter` to the gradient.
        weight_decay: f64,
    },
}

/// The optimiser's memory between steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OptimizerState {
    /// Steps taken so far by each parameter that was ever trained, by the parameter's name.
    pub steps: std::collections::BTreeMap<String, u64>,
    /// Moments by parameter and moment name: `features.0.0.weight/first`,
    /// `features.0.0.weight/second`, `features.0.0.weight/velocity`.
    pub moments: Parameters,
}

/// Why an engine could not do what it was asked.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Parameters do not fit the graph.
    #[error("the parameters do not fit `{graph}`")]
    Parameters {
        /// The graph's name.
        graph: String,
        /// What does not fit.
        #[source]
        source: ParametersError,
    },
    /// The optimiser's state does not fit the graph.
    #[error("the optimiser's state has no place for `{name}`")]
    OptimizerState {
        /// The entry that does not fit.
        name: String,
    },
    /// Images of another shape than the graph reads.
    #[error("`{graph}` reads images of {expected}, found {found}")]
    ImageShape {
        /// The graph's name.
        graph: String,
        /// What it reads.
        expected: Shape,
        /// What was given.
        found: Shape,
    },
    /// A logit or the loss is NaN or infinite.
    #[error("the {what} is not finite")]
    NotFinite {
        /// `loss` or `logits`.
        what: &'static str,
    },
    /// The device cannot be used.
    #[error("device `{device}` cannot be used: {reason}")]
    Device {
        /// What was asked for.
        device: String,
        /// What is in the way.
        reason: String,
    },
}

/// Which units dropout keeps at `node` in the step seeded by `seed`; `true` is kept.
///
/// Every engine draws its masks here, so that they train alike. Units are in NHWC order.
pub fn dropout_keeps(seed: u64, node: NodeIndex, probability: f32, unit_count: usize) -> Vec<bool> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(node.0 as u64);
    (0..unit_count)
        .map(|_| generator.random::<f32>() >= probability)
        .collect()
}
