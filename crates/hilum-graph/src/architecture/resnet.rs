//! ResNet (He et al., 2016), torchvision's `resnet18` and `resnet50`.

use super::definition::{Definition, Head, IMAGENET};
use super::layers::{BATCH_NORM, Convolution, Layers, dense, max_pool};
use crate::network::{Activation, Distribution, Graph, GraphError, Initialisation, Op, Shape};

pub(super) const RESNET_18: Definition = Definition {
    name: "resnet-18",
    description: "robust and simple, learns well without pre-trained weights",
    torchvision_name: Some("resnet18"),
    default_input: IMAGENET,
    default_dropout: 0.0,
    build: build_18,
};

pub(super) const RESNET_50: Definition = Definition {
    name: "resnet-50",
    description: "large; wants pre-trained weights and a GPU",
    torchvision_name: Some("resnet50"),
    default_input: IMAGENET,
    default_dropout: 0.0,
    build: build_50,
};

/// torchvision leaves the classifier at PyTorch's default for `Linear`.
const INITIALISATION: Initialisation = Initialisation {
    backbone: Distribution::HeNormalFanOut,
    head: Distribution::UniformFanIn,
    head_bias: Distribution::UniformFanIn,
};

/// Stages whose results are handed out: an eighth and a sixteenth of the image's size.
const TAPPED: [usize; 2] = [2, 3];

/// Convolutions of one residual block.
#[derive(Debug, Clone, Copy)]
enum Block {
    /// Two of 3x3.
    Basic,
    /// 1x1, 3x3, 1x1 with four times the channels.
    Bottleneck,
}

fn build_18(input: Shape, head: Head) -> Result<Graph, GraphError> {
    build(RESNET_18.name, Block::Basic, [2, 2, 2, 2], input, head)
}

fn build_50(input: Shape, head: Head) -> Result<Graph, GraphError> {
    build(RESNET_50.name, Block::Bottleneck, [3, 4, 6, 3], input, head)
}

fn build(
    name: &str,
    block: Block,
    block_counts: [usize; 4],
    input: Shape,
    head: Head,
) -> Result<Graph, GraphError> {
    let mut layers = Layers::colour(name, input, INITIALISATION)?;
    layers.then("conv1", Convolution::centered(64, 7).stride(2));
    layers.then("bn1", BATCH_NORM);
    layers.then("relu", Activation::Relu);
    layers.then("maxpool", max_pool(3, 2, 1));
    for (stage, (width, count)) in (1..).zip([64, 128, 256, 512].into_iter().zip(block_counts)) {
        for index in 0..count {
            let stride = if stage > 1 && index == 0 { 2 } else { 1 };
            residual(
                &mut layers,
                &format!("layer{stage}.{index}"),
                block,
                width,
                stride,
            );
        }
        if TAPPED.contains(&stage) {
            layers.tap();
        }
    }
    layers.then("avgpool", Op::GlobalAveragePool);
    layers.begin_head("dropout", head.dropout);
    layers.then("fc", dense(head.class_count));
    layers.finish()
}

/// Appends `activation(block(x) + shortcut(x))`.
fn residual(layers: &mut Layers, name: &str, block: Block, width: usize, stride: usize) {
    let input = layers.last();
    let in_channels = layers.shape().channels;
    let convolutions = match block {
        Block::Basic => vec![
            Convolution::centered(width, 3).stride(stride),
            Convolution::centered(width, 3),
        ],
        Block::Bottleneck => vec![
            Convolution::valid(width, 1),
            Convolution::centered(width, 3).stride(stride),
            Convolution::valid(4 * width, 1),
        ],
    };
    let count = convolutions.len();
    for (number, convolution) in (1..).zip(convolutions) {
        layers.then(format!("{name}.conv{number}"), convolution);
        layers.then(format!("{name}.bn{number}"), BATCH_NORM);
        if number < count {
            layers.then(format!("{name}.relu{number}"), Activation::Relu);
        }
    }
    let branch = layers.last();
    let out_channels = layers.shape().channels;
    layers.go_back_to(input);
    if stride != 1 || in_channels != out_channels {
        let convolution = Convolution::valid(out_channels, 1).stride(stride);
        layers.then(format!("{name}.downsample.0"), convolution);
        layers.then(format!("{name}.downsample.1"), BATCH_NORM);
    }
    let shortcut = layers.last();
    layers.join(format!("{name}.add"), Op::Add, &[branch, shortcut]);
    layers.then(format!("{name}.relu{count}"), Activation::Relu);
}
