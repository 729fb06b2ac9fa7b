//! The reference fill against its Python side, to the bit.

use std::collections::BTreeMap;

use hilum_graph::{Architecture, GraphBuilder, Op, Padding, Shape, formula};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    values: Vec<f32>,
    parameters: BTreeMap<String, Filled>,
    image: Image,
    measured: [f64; 2],
}

#[derive(Deserialize)]
struct Filled {
    shape: Vec<usize>,
    data: Vec<f32>,
}

#[derive(Deserialize)]
struct Image {
    count: usize,
    shape: [usize; 3],
    data: Vec<f32>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/formula.json")).expect("the reference is JSON")
}

#[test]
fn values_and_images_equal_pythons() {
    let reference = reference();
    assert_eq!(formula::values("any name", 9), reference.values);
    let [height, width, channels] = reference.image.shape;
    let images = formula::images(reference.image.count, Shape::new(height, width, channels));
    assert_eq!(images.data, reference.image.data);
    let measured = formula::norm_and_projection("fc.weight", &formula::values("x", 28));
    assert!((measured.0 - reference.measured[0]).abs() < 1e-12);
    assert!((measured.1 - reference.measured[1]).abs() < 1e-12);
}

#[test]
fn parameters_equal_pythons() {
    let mut builder = GraphBuilder::new("sample", Shape::new(9, 9, 2));
    let image = builder.input();
    let convolution = |out_channels| Op::Convolution {
        out_channels,
        kernel: [3, 3],
        stride: [1, 1],
        padding: Padding::NONE,
        groups: 1,
        bias: false,
    };
    builder.add("features.0.0", convolution(3), &[image]);
    let five = builder.add("five", convolution(5), &[image]);
    let norm = Op::BatchNorm {
        epsilon: 1e-5,
        momentum: 0.1,
    };
    builder.add("features.0.1", norm, &[five]);
    let seven = builder.add("seven", convolution(7), &[image]);
    let pooled = builder.add("pool", Op::GlobalAveragePool, &[seven]);
    builder.begin_head();
    let dense = Op::Dense {
        out_features: 4,
        bias: true,
    };
    builder.add("fc", dense, &[pooled]);
    let found = formula::parameters(&builder.finish().expect("it fits"));
    for (name, expected) in reference().parameters {
        let tensor = found.get(&name).expect("the graph has it");
        assert_eq!(tensor.shape, expected.shape, "{name}");
        assert_eq!(tensor.data, expected.data, "{name}");
    }
}

#[test]
fn every_architecture_can_be_filled() {
    for architecture in Architecture::ALL {
        let graph = architecture
            .build(architecture.default_input(), 4, None)
            .expect("the default input fits");
        let parameters = formula::parameters(&graph);
        assert_eq!(parameters.check(&graph), Ok(()), "{architecture}");
    }
}
