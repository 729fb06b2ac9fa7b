//! SqueezeNet 1.1 (Iandola et al., 2016), torchvision's `squeezenet1_1`.

use super::definition::{Definition, Head, IMAGENET};
use super::layers::{Convolution, Layers};
use crate::network::{
    Activation, Distribution, Graph, GraphError, Initialisation, Op, Padding, Shape,
};

pub(super) const SQUEEZENET_1_1: Definition = Definition {
    name: "squeezenet-1.1",
    description: "few parameters, no batch norm",
    torchvision_name: Some("squeezenet1_1"),
    default_input: IMAGENET,
    default_dropout: 0.5,
    build,
};

const INITIALISATION: Initialisation = Initialisation {
    backbone: Distribution::HeUniformFanIn,
    head: Distribution::Normal { deviation: 0.01 },
    head_bias: Distribution::Zero,
};

/// A module of `features` behind the first two.
#[derive(Debug, Clone, Copy)]
enum Module {
    /// Squeezes to so many channels, expands to twice so many.
    Fire(usize, usize),
    Pool,
}

const MODULES: [Module; 11] = [
    Module::Pool,
    Module::Fire(16, 64),
    Module::Fire(16, 64),
    Module::Pool,
    Module::Fire(32, 128),
    Module::Fire(32, 128),
    Module::Pool,
    Module::Fire(48, 192),
    Module::Fire(48, 192),
    Module::Fire(64, 256),
    Module::Fire(64, 256),
];

/// Modules whose results are handed out: an eighth and a sixteenth of the image's size.
const TAPPED: [usize; 2] = [7, 10];

const POOL: Op = Op::MaxPool {
    kernel: [3; 2],
    stride: [2; 2],
    padding: Padding::NONE,
    ceil: true,
};

fn build(input: Shape, head: Head) -> Result<Graph, GraphError> {
    let name = SQUEEZENET_1_1.name;
    let mut layers = Layers::colour(name, input, INITIALISATION)?;
    let stem = Convolution::valid(64, 3).stride(2).biased();
    layers.then("features.0", stem);
    layers.then("features.1", Activation::Relu);
    for (position, module) in (2..).zip(MODULES) {
        let name = format!("features.{position}");
        match module {
            Module::Fire(squeezed, expanded) => fire(&mut layers, &name, squeezed, expanded),
            Module::Pool => {
                layers.then(name, POOL);
            }
        }
        if TAPPED.contains(&position) {
            layers.tap();
        }
    }
    layers.begin_head("classifier.0", head.dropout);
    let classify = Convolution::valid(head.class_count, 1).biased();
    layers.then("classifier.1", classify);
    layers.then("classifier.2", Activation::Relu);
    layers.then("classifier.3", Op::GlobalAveragePool);
    layers.finish()
}

fn fire(layers: &mut Layers, name: &str, squeezed: usize, expanded: usize) {
    let mut activated = |part: &str, convolution: Convolution| {
        layers.then(format!("{name}.{part}"), convolution.biased());
        layers.then(format!("{name}.{part}_activation"), Activation::Relu)
    };
    let squeeze = activated("squeeze", Convolution::valid(squeezed, 1));
    let narrow = activated("expand1x1", Convolution::valid(expanded, 1));
    layers.go_back_to(squeeze);
    let wide = Convolution::centered(expanded, 3).biased();
    layers.then(format!("{name}.expand3x3"), wide);
    let wide = layers.then(format!("{name}.expand3x3_activation"), Activation::Relu);
    layers.join(format!("{name}.concat"), Op::Concat, &[narrow, wide]);
}
