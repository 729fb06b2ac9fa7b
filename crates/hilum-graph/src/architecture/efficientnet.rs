//! EfficientNet-B0 (Tan & Le, 2019), with torchvision's or TensorFlow's padding.

use super::definition::{Definition, Head, IMAGENET};
use super::layers::{BATCH_NORM, Convolution, Layers, dense};
use crate::network::{
    Activation, Distribution, DropoutUnit, Graph, GraphError, Initialisation, Op, Padding, Shape,
};

pub(super) const EFFICIENTNET_B0: Definition = Definition {
    name: "efficientnet-b0",
    description: "accurate for its size, slower to train than mobilenet-v2",
    torchvision_name: Some("efficientnet_b0"),
    default_input: IMAGENET,
    default_dropout: 0.2,
    build,
};

pub(super) const EFFICIENTNET_B0_TF: Definition = Definition {
    name: "efficientnet-b0-tf",
    description: "efficientnet-b0 for weights trained with TensorFlow",
    torchvision_name: None,
    default_input: IMAGENET,
    default_dropout: 0.2,
    build: build_tf,
};

const INITIALISATION: Initialisation = Initialisation {
    backbone: Distribution::HeNormalFanOut,
    head: Distribution::UniformFanOut,
    head_bias: Distribution::Zero,
};

/// TensorFlow's epsilon and momentum (0.99 of the old value).
const BATCH_NORM_TF: Op = Op::BatchNorm {
    epsilon: 1e-3,
    momentum: 0.01,
};

/// Probability that the last block would be skipped; earlier ones less, in proportion.
const STOCHASTIC_DEPTH: f32 = 0.2;

/// Stages whose results are handed out: an eighth and a sixteenth of the image's size.
const TAPPED: [usize; 2] = [3, 4];

struct Stage {
    expansion: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    block_count: usize,
}

const fn stage(
    expansion: usize,
    kernel: usize,
    stride: usize,
    channels: usize,
    block_count: usize,
) -> Stage {
    Stage {
        expansion,
        kernel,
        stride,
        channels,
        block_count,
    }
}

/// Table 1 of the paper.
const STAGES: [Stage; 7] = [
    stage(1, 3, 1, 16, 1),
    stage(6, 3, 2, 24, 2),
    stage(6, 5, 2, 40, 2),
    stage(6, 3, 2, 80, 3),
    stage(6, 5, 1, 112, 3),
    stage(6, 5, 2, 192, 4),
    stage(6, 3, 1, 320, 1),
];

fn build(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let name = EFFICIENTNET_B0.name;
    Network {
        layers: Layers::colour(name, input, INITIALISATION)?,
        flavour: Flavour::Torchvision,
    }
    .build(head)
}

fn build_tf(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let name = EFFICIENTNET_B0_TF.name;
    Network {
        layers: Layers::colour(name, input, INITIALISATION)?,
        flavour: Flavour::TensorFlow,
    }
    .build(head)
}

/// Whose padding and batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Torchvision,
    TensorFlow,
}

struct Network {
    layers: Layers,
    flavour: Flavour,
}

impl Network {
    fn build(mut self, head: Head) -> Result<Graph, GraphError> {
        let stem = self.sliding(32, 3, 2);
        self.normalised("features.0", stem);
        let block_total: usize = STAGES.iter().map(|stage| stage.block_count).sum();
        let mut done = 0;
        for (position, stage) in (1..).zip(&STAGES) {
            for index in 0..stage.block_count {
                let name = format!("features.{position}.{index}");
                let stride = if index == 0 { stage.stride } else { 1 };
                let skipped = STOCHASTIC_DEPTH * done as f32 / block_total as f32;
                self.block(&name, stage, stride, skipped);
                done += 1;
            }
            if TAPPED.contains(&position) {
                self.layers.tap();
            }
        }
        self.normalised("features.8", Convolution::valid(1280, 1));
        self.layers.then("avgpool", Op::GlobalAveragePool);
        self.layers.begin_head("classifier.0", head.dropout);
        self.layers.then("classifier.1", dense(head.class_count));
        self.layers.finish()
    }

    /// torchvision's `MBConv`: expand, filter each channel, gate, project, skip at random.
    fn block(&mut self, name: &str, stage: &Stage, stride: usize, skipped: f32) {
        let input = self.layers.last();
        let in_channels = self.layers.shape().channels;
        let hidden = in_channels * stage.expansion;
        let mut position = 0;
        if stage.expansion != 1 {
            let expand = Convolution::valid(hidden, 1);
            self.normalised(&format!("{name}.block.0"), expand);
            position = 1;
        }
        let filter = self.sliding(hidden, stage.kernel, stride).depthwise();
        self.normalised(&format!("{name}.block.{position}"), filter);
        self.gate(&format!("{name}.block.{}", position + 1), in_channels / 4);
        let project = format!("{name}.block.{}", position + 2);
        self.layers.then(
            format!("{project}.0"),
            Convolution::valid(stage.channels, 1),
        );
        self.layers.then(format!("{project}.1"), self.batch_norm());
        if stride == 1 && in_channels == stage.channels {
            if skipped > 0.0 {
                let drop = Op::Dropout {
                    probability: skipped,
                    unit: DropoutUnit::Image,
                };
                self.layers.then(format!("{name}.stochastic_depth"), drop);
            }
            let branch = self.layers.last();
            self.layers
                .join(format!("{name}.add"), Op::Add, &[branch, input]);
        }
    }

    /// torchvision's `SqueezeExcitation` (Hu et al., 2018).
    fn gate(&mut self, name: &str, squeezed: usize) {
        let input = self.layers.last();
        let channels = self.layers.shape().channels;
        let layers = &mut self.layers;
        layers.then(format!("{name}.avgpool"), Op::GlobalAveragePool);
        layers.then(
            format!("{name}.fc1"),
            Convolution::valid(squeezed, 1).biased(),
        );
        layers.then(format!("{name}.activation"), Activation::Silu);
        layers.then(
            format!("{name}.fc2"),
            Convolution::valid(channels, 1).biased(),
        );
        let gate = layers.then(format!("{name}.scale_activation"), Activation::Sigmoid);
        layers.join(format!("{name}.gate"), Op::Gate, &[input, gate]);
    }

    /// torchvision's `Conv2dNormActivation` with SiLU.
    fn normalised(&mut self, name: &str, convolution: Convolution) {
        self.layers.then(format!("{name}.0"), convolution);
        self.layers.then(format!("{name}.1"), self.batch_norm());
        self.layers.then(format!("{name}.2"), Activation::Silu);
    }

    fn batch_norm(&self) -> Op {
        match self.flavour {
            Flavour::Torchvision => BATCH_NORM,
            Flavour::TensorFlow => BATCH_NORM_TF,
        }
    }

    fn sliding(&self, channels: usize, kernel: usize, stride: usize) -> Convolution {
        let convolution = Convolution::centered(channels, kernel).stride(stride);
        match self.flavour {
            Flavour::Torchvision => convolution,
            Flavour::TensorFlow => {
                let shape = self.layers.shape();
                let (top, bottom) = same(shape.height, kernel, stride);
                let (left, right) = same(shape.width, kernel, stride);
                convolution.padding(Padding {
                    top,
                    bottom,
                    left,
                    right,
                })
            }
        }
    }
}

/// Zeros before and behind an axis, by TensorFlow's `SAME`: `ceil(size / stride)` outputs, and
/// the odd zero goes behind.
fn same(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let count = size.div_ceil(stride);
    let total = ((count - 1) * stride + kernel).saturating_sub(size);
    (total / 2, total - total / 2)
}
