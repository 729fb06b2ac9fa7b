//! The network of the reference recipe, as Keras builds it from its defaults.

use super::definition::{Definition, Head};
use super::layers::{Convolution, Layers, dense, max_pool};
use crate::network::{Activation, Distribution, Graph, GraphError, Initialisation, Op, Shape};

pub(super) const REFERENCE_CNN: Definition = Definition {
    name: "reference-cnn",
    description: "the reference recipe: 6 convolutions, 3 dense layers",
    torchvision_name: None,
    default_input: Shape::new(200, 200, 1),
    default_dropout: 0.0,
    build,
};

/// Keras's `kernel_initializer="glorot_uniform"`, `bias_initializer="zeros"`.
const INITIALISATION: Initialisation = Initialisation {
    backbone: Distribution::GlorotUniform,
    head: Distribution::GlorotUniform,
    head_bias: Distribution::Zero,
};

/// Keras's `BatchNormalization()`: epsilon 1e-3, momentum 0.99 of the old value.
const BATCH_NORM: Op = Op::BatchNorm {
    epsilon: 1e-3,
    momentum: 0.01,
};

/// Poolings whose results are handed out: a quarter and a sixteenth of the image's size.
const TAPPED: [usize; 2] = [2, 4];

const FILTERS: [usize; 6] = [64, 128, 256, 512, 512, 1024];

fn build(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let name = REFERENCE_CNN.name;
    let mut layers = Layers::new(name, input, INITIALISATION);
    for (number, filters) in (1..).zip(FILTERS) {
        layers.then(
            format!("conv{number}"),
            Convolution::valid(filters, 3).biased(),
        );
        layers.then(format!("conv{number}_relu"), Activation::Relu);
        layers.then(format!("pool{number}"), max_pool(2, 2, 0));
        if TAPPED.contains(&number) {
            layers.tap();
        }
    }
    layers.then("flatten", Op::Flatten);
    layers.then("norm1", BATCH_NORM);
    for number in 1..=2 {
        layers.then(format!("dense{number}"), dense(128));
        layers.then(format!("dense{number}_relu"), Activation::Relu);
    }
    layers.then("norm2", BATCH_NORM);
    layers.begin_head("dropout", head.dropout);
    layers.then("dense3", dense(head.class_count));
    layers.finish()
}
