//! A small network that learns from a few hundred slices on a slow machine.

use super::definition::{Definition, Head};
use super::layers::{BATCH_NORM, Convolution, Layers, dense, max_pool};
use crate::network::{Activation, Distribution, Graph, GraphError, Initialisation, Op, Shape};

pub(super) const COMPACT_CNN: Definition = Definition {
    name: "compact-cnn",
    description: "learns from a few hundred slices on a laptop, from scratch",
    torchvision_name: None,
    default_input: Shape::new(128, 128, 1),
    default_dropout: 0.0,
    build,
};

const INITIALISATION: Initialisation = Initialisation {
    backbone: Distribution::HeNormalFanOut,
    head: Distribution::UniformFanIn,
    head_bias: Distribution::UniformFanIn,
};

/// Channels of the stages behind the stem; each but the last halves the image.
const CHANNELS: [usize; 4] = [32, 64, 96, 128];

/// Stages whose results are handed out: an eighth and a sixteenth of the image's size.
const TAPPED: [usize; 2] = [2, 3];

/// Batch norm everywhere, so that a large learning rate works from the first step; a stem of
/// stride 2 and narrow early stages, where most of the time goes; a mean over the image instead
/// of dense layers, so that every size works and little can be learnt by heart. The residual
/// block at the end, on the smallest image, widens the view to about 100 pixels.
fn build(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let name = COMPACT_CNN.name;
    let mut layers = Layers::new(name, input, INITIALISATION);
    let stem = Convolution::centered(16, 3).stride(2);
    normalised(&mut layers, "stem", stem);
    for (number, channels) in (1..).zip(CHANNELS) {
        let stage = format!("stage{number}");
        normalised(&mut layers, &stage, Convolution::centered(channels, 3));
        if number < CHANNELS.len() {
            layers.then(format!("{stage}.pool"), max_pool(2, 2, 0));
        }
        if TAPPED.contains(&number) {
            layers.tap();
        }
    }
    let shortcut = layers.last();
    layers.then("residual.conv", Convolution::centered(128, 3));
    let branch = layers.then("residual.norm", BATCH_NORM);
    layers.join("residual.add", Op::Add, &[branch, shortcut]);
    layers.then("residual.relu", Activation::Relu);
    layers.then("pool", Op::GlobalAveragePool);
    layers.begin_head("dropout", head.dropout);
    layers.then("classifier", dense(head.class_count));
    layers.finish()
}

fn normalised(layers: &mut Layers, name: &str, convolution: Convolution) {
    layers.then(format!("{name}.conv"), convolution);
    layers.then(format!("{name}.norm"), BATCH_NORM);
    layers.then(format!("{name}.relu"), Activation::Relu);
}
