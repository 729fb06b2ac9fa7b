//! A small network whose heat maps show places, since it never sees far.

use super::definition::{Definition, Head};
use super::layers::{BATCH_NORM, Convolution, Layers, dense, max_pool};
use crate::network::{Activation, Distribution, Graph, GraphError, Initialisation, Op, Shape};

pub(super) const LOCAL_CNN: Definition = Definition {
    name: "local-cnn",
    description: "slower than compact-cnn; its heat maps show small lesions",
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

/// Channels of the stages on half of the image's size, the stem first.
const EARLY: [usize; 3] = [16, 32, 32];

/// Channels and kernel of the stages on a quarter of the image's size.
const LATE: [(usize, usize); 4] = [(48, 3), (64, 1), (64, 3), (96, 1)];

/// Stages whose results are handed out: what is seen of 21 pixels, and of 29.
const TAPPED: [usize; 2] = [3, 5];

/// The mean over what each place of 29x29 pixels says by itself, as in BagNet (Brendel & Bethge,
/// ICLR 2019): a class is told from what lies there, so that its heat lies there too. The image is
/// made smaller only twice, so that a cell of the last layer is no wider than a small nodule, and
/// 1x1 convolutions make the network deeper without a wider view.
fn build(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let mut layers = Layers::new(LOCAL_CNN.name, input, INITIALISATION);
    let stem = Convolution::centered(EARLY[0], 3).stride(2);
    normalised(&mut layers, "stem", stem);
    for (number, channels) in (1..).zip(&EARLY[1..]) {
        let stage = format!("stage{number}");
        normalised(&mut layers, &stage, Convolution::centered(*channels, 3));
    }
    layers.then("shrink", max_pool(2, 2, 0));
    for (number, (channels, kernel)) in (EARLY.len()..).zip(LATE) {
        let stage = format!("stage{number}");
        normalised(&mut layers, &stage, Convolution::centered(channels, kernel));
        if TAPPED.contains(&number) {
            layers.tap();
        }
    }
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
