//! MobileNetV2 (Sandler et al., 2018), torchvision's `mobilenet_v2`.

use super::definition::{Definition, Head, IMAGENET};
use super::layers::{BATCH_NORM, Convolution, Layers, dense};
use crate::network::{Activation, Distribution, Graph, GraphError, Initialisation, Op, Shape};

pub(super) const MOBILENET_V2: Definition = Definition {
    name: "mobilenet-v2",
    description: "small and quick, the first choice with ImageNet weights",
    torchvision_name: Some("mobilenet_v2"),
    default_input: IMAGENET,
    default_dropout: 0.2,
    build,
};

const INITIALISATION: Initialisation = Initialisation {
    backbone: Distribution::HeNormalFanOut,
    head: Distribution::Normal { deviation: 0.01 },
    head_bias: Distribution::Zero,
};

/// Expansion, channels, blocks and first stride of each stage: table 2 of the paper.
const STAGES: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// Blocks whose results are handed out: an eighth and a sixteenth of the image's size.
const TAPPED: [usize; 2] = [6, 10];

fn build(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let name = MOBILENET_V2.name;
    let mut layers = Layers::colour(name, input, INITIALISATION)?;
    let stem = Convolution::centered(32, 3).stride(2);
    normalised(&mut layers, "features.0", stem);
    let mut position = 1;
    for (expansion, channels, count, first_stride) in STAGES {
        for index in 0..count {
            let stride = if index == 0 { first_stride } else { 1 };
            let name = format!("features.{position}");
            inverted_residual(&mut layers, &name, expansion, channels, stride);
            if TAPPED.contains(&position) {
                layers.tap();
            }
            position += 1;
        }
    }
    let name = format!("features.{position}");
    normalised(&mut layers, &name, Convolution::valid(1280, 1));
    layers.then("avgpool", Op::GlobalAveragePool);
    layers.begin_head("classifier.0", head.dropout);
    layers.then("classifier.1", dense(head.class_count));
    layers.finish()
}

/// Expand, filter each channel, project; with a shortcut where the shape stays.
fn inverted_residual(
    layers: &mut Layers,
    name: &str,
    expansion: usize,
    channels: usize,
    stride: usize,
) {
    let input = layers.last();
    let in_channels = layers.shape().channels;
    let hidden = in_channels * expansion;
    let mut position = 0;
    if expansion != 1 {
        normalised(
            layers,
            &format!("{name}.conv.0"),
            Convolution::valid(hidden, 1),
        );
        position = 1;
    }
    let filter = Convolution::centered(hidden, 3).stride(stride).depthwise();
    normalised(layers, &format!("{name}.conv.{position}"), filter);
    let project = Convolution::valid(channels, 1);
    layers.then(format!("{name}.conv.{}", position + 1), project);
    let branch = layers.then(format!("{name}.conv.{}", position + 2), BATCH_NORM);
    if stride == 1 && in_channels == channels {
        layers.join(format!("{name}.add"), Op::Add, &[input, branch]);
    }
}

/// torchvision's `Conv2dNormActivation` with ReLU6.
fn normalised(layers: &mut Layers, name: &str, convolution: Convolution) {
    layers.then(format!("{name}.0"), convolution);
    layers.then(format!("{name}.1"), BATCH_NORM);
    layers.then(format!("{name}.2"), Activation::Relu6);
}
