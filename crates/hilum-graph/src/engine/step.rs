//! A training step, and what stays between steps.

use std::collections::BTreeMap;

use hilum_core::ClassIndex;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Logits};
use crate::network::{Graph, NodeIndex};
use crate::parameters::Parameters;

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
    /// Seeds dropout; see [`dropout_keeps`](super::dropout_keeps).
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
    /// They are rows of [`Engine::features`](super::Engine::features): the frozen nodes have run already.
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
    pub steps: BTreeMap<String, u64>,
    /// Moments by parameter and moment name: `features.0.0.weight/first`,
    /// `features.0.0.weight/second`, `features.0.0.weight/velocity`.
    pub moments: Parameters,
}
