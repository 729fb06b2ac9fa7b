use std::collections::BTreeSet;

use hilum_core::{ClassName, Classes};
use hilum_graph::{Activation, Architecture, GraphBuilder, Op, Padding, Shape, initialise};
use hilum_imaging::{Channels, Clahe, Fit, Interpolation, Recipe, Views};
use hilum_trust::{Answering, Policy, Scaling};

use super::*;
use crate::proto::{DataType, NodeProto, TensorProto, ValueInfoProto, dimension, type_proto};

fn small(architecture: Architecture) -> Shape {
    Shape {
        height: 96,
        width: 64,
        ..architecture.default_input()
    }
}

/// The reference CNN has no room for less.
fn input(architecture: Architecture) -> Shape {
    match architecture {
        Architecture::ReferenceCnn => architecture.default_input(),
        other => small(other),
    }
}

fn exported<'a>(graph: &'a Graph, parameters: &'a Parameters) -> Exported<'a> {
    Exported {
        graph,
        parameters,
        metadata: BTreeMap::from([("hilum.classes".to_owned(), "[\"a\"]".to_owned())]),
        producer_version: "9.9.9",
    }
}

fn parsed(bytes: &[u8]) -> ModelProto {
    ModelProto::decode(bytes).unwrap()
}

fn bare(architecture: Architecture) -> (Graph, Parameters, GraphProto) {
    let graph = architecture.build(input(architecture), 3, None).unwrap();
    let parameters = initialise(&graph, 5);
    let bytes = write_bare(&exported(&graph, &parameters));
    let written = parsed(&bytes).graph.unwrap();
    (graph, parameters, written)
}

fn classes() -> Classes {
    Classes::new(["a", "b", "c"].map(ClassName::new)).unwrap()
}

fn whole(recipe: &Recipe, policy: &Policy) -> Result<GraphProto, InexpressibleError> {
    let shape = Shape::new(recipe.height, recipe.width, recipe.channels.count());
    let graph = Architecture::CompactCnn.build(shape, 3, None).unwrap();
    let parameters = initialise(&graph, 5);
    let scaling = Scaling {
        temperature: 1.5,
        bias: Some(vec![0.0, 0.25, -0.25]),
    };
    let answering = Answering {
        scaling: Some(&scaling),
        sets: None,
        policy,
    };
    let bytes = write_whole(
        &exported(&graph, &parameters),
        &Whole {
            recipe,
            classes: &classes(),
            answering: &answering,
            detector: None,
        },
    )?;
    Ok(parsed(&bytes).graph.unwrap())
}

/// Type and axes, dynamic ones by name.
fn said(info: &ValueInfoProto) -> (String, i32, Vec<String>) {
    let value = info.r#type.as_ref().unwrap().value.as_ref().unwrap();
    let type_proto::Value::TensorType(tensor) = value else {
        panic!("`{}` is no tensor", info.name)
    };
    let axes = tensor.shape.as_ref().unwrap().dim.iter();
    let axis = |axis: &crate::proto::Dimension| match axis.value.as_ref().unwrap() {
        dimension::Value::DimValue(length) => length.to_string(),
        dimension::Value::DimParam(name) => name.clone(),
    };
    (
        info.name.clone(),
        tensor.elem_type,
        axes.map(axis).collect(),
    )
}

fn floats(tensor: &TensorProto) -> Vec<f32> {
    let (values, rest) = tensor.raw_data.as_chunks::<4>();
    assert!(rest.is_empty());
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

/// Notes what is read, and asserts that it stands before; results are defined once.
fn follow(nodes: &[NodeProto], known: &mut BTreeSet<String>, read: &mut BTreeSet<String>) {
    for node in nodes {
        for input in &node.input {
            assert!(
                known.contains(input),
                "`{input}` of `{}` is not there",
                node.name
            );
            read.insert(input.clone());
        }
        for output in &node.output {
            assert!(known.insert(output.clone()), "`{output}` is made twice");
        }
    }
}

fn assert_in_order(graph: &GraphProto) {
    let constants = graph.initializer.iter().map(|tensor| tensor.name.clone());
    let mut known: BTreeSet<String> = constants.collect();
    assert_eq!(
        known.len(),
        graph.initializer.len(),
        "constants of one name"
    );
    known.extend(graph.input.iter().map(|input| input.name.clone()));
    let mut read = BTreeSet::new();
    follow(&graph.node, &mut known, &mut read);
    for tensor in &graph.initializer {
        assert!(
            read.contains(&tensor.name),
            "nobody reads `{}`",
            tensor.name
        );
        let count = tensor.dims.iter().product::<i64>() as usize;
        let size = if tensor.data_type == DataType::Float as i32 {
            4
        } else {
            8
        };
        assert_eq!(tensor.raw_data.len(), count * size, "`{}`", tensor.name);
    }
    for output in &graph.output {
        assert!(known.contains(&output.name), "`{}`", output.name);
    }
    let mut names = BTreeSet::new();
    for node in &graph.node {
        assert!(names.insert(&node.name), "two nodes `{}`", node.name);
    }
}

#[test]
fn every_network_is_written_in_order_with_its_parameters_under_their_names() {
    for architecture in Architecture::ALL {
        let (graph, parameters, written) = bare(architecture);
        assert_in_order(&written);
        let own = |tensor: &&TensorProto| !tensor.name.starts_with("constant");
        let tensors: Vec<&TensorProto> = written.initializer.iter().filter(own).collect();
        let shapes = tensors
            .iter()
            .filter(|tensor| parameters.get(&tensor.name).is_some());
        assert_eq!(shapes.count(), parameters.len(), "{architecture}");
        for (name, expected) in parameters.iter() {
            let found = tensors.iter().find(|tensor| tensor.name == name).unwrap();
            let dims: Vec<usize> = found.dims.iter().map(|length| *length as usize).collect();
            assert_eq!(dims, expected.shape, "{name}");
            assert_eq!(floats(found), expected.data, "{name}");
        }
        let Shape {
            height,
            width,
            channels,
        } = graph.input_shape();
        let axes = [
            "batch".to_owned(),
            channels.to_string(),
            height.to_string(),
            width.to_string(),
        ];
        let float = DataType::Float as i32;
        assert_eq!(
            said(&written.input[0]),
            ("input".to_owned(), float, axes.to_vec())
        );
        let axes = vec!["batch".to_owned(), "3".to_owned()];
        assert_eq!(said(&written.output[0]), ("logits".to_owned(), float, axes));
    }
}

#[test]
fn the_file_says_its_versions_and_its_metadata() {
    let graph = Architecture::CompactCnn
        .build(Shape::new(64, 64, 1), 3, None)
        .unwrap();
    let parameters = initialise(&graph, 5);
    let file = parsed(&write_bare(&exported(&graph, &parameters)));
    assert_eq!(file.ir_version, 8);
    assert_eq!(file.opset_import.len(), 1);
    assert_eq!(
        (
            file.opset_import[0].domain.as_str(),
            file.opset_import[0].version
        ),
        ("", 17)
    );
    assert_eq!(
        (file.producer_name.as_str(), file.producer_version.as_str()),
        ("hilum", "9.9.9")
    );
    assert_eq!(file.metadata_props[0].key, "hilum.classes");
    assert!(file.doc_string.contains("channels x height x width"));
}

/// A graph of one node of each kind that slides, on an image that does not come out even.
fn slid(op: Op) -> NodeProto {
    let mut builder = GraphBuilder::new("one", Shape::new(8, 9, 2));
    let input = builder.input();
    let node = builder.add("node", op, &[input]);
    builder.begin_head();
    let pooled = builder.add("pool", Op::GlobalAveragePool, &[node]);
    builder.add("rest", Op::Activation(Activation::Relu), &[pooled]);
    let graph = builder.finish().unwrap();
    let parameters = initialise(&graph, 1);
    let written = parsed(&write_bare(&exported(&graph, &parameters)))
        .graph
        .unwrap();
    written
        .node
        .into_iter()
        .find(|node| node.name == "node")
        .unwrap()
}

fn list<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    let attribute = node
        .attribute
        .iter()
        .find(|attribute| attribute.name == name);
    &attribute.unwrap().ints
}

#[test]
fn padding_is_top_left_bottom_right_and_a_partly_filled_window_is_padding() {
    let padding = Padding {
        top: 1,
        bottom: 2,
        left: 3,
        right: 4,
    };
    let convolution = Op::Convolution {
        out_channels: 4,
        kernel: [3, 5],
        stride: [2, 1],
        padding,
        groups: 2,
        bias: true,
    };
    let node = slid(convolution);
    assert_eq!(list(&node, "pads"), [1, 3, 2, 4]);
    assert_eq!(list(&node, "kernel_shape"), [3, 5]);
    assert_eq!(list(&node, "strides"), [2, 1]);
    assert_eq!(node.input[1..], ["node.weight", "node.bias"]);
    let pool = Op::MaxPool {
        kernel: [3, 3],
        stride: [2, 2],
        padding: Padding::NONE,
        ceil: true,
    };
    // Of 8 rows four windows of three, the last of which lacks one; of 9 columns four, all whole.
    assert_eq!(list(&slid(pool), "pads"), [0, 0, 1, 0]);
}

#[test]
fn an_image_of_any_size_goes_in_and_an_answer_comes_out() {
    for fit in [Fit::Stretch, Fit::Letterbox] {
        for interpolation in [
            Interpolation::Nearest,
            Interpolation::Bilinear,
            Interpolation::Bicubic,
        ] {
            for (channels, views) in [
                (Channels::Grey, Views::Single),
                (Channels::Rgb, Views::Mirrored),
                (Channels::Rgb, Views::MirroredIfUnsure),
            ] {
                let recipe = Recipe {
                    channels,
                    fit,
                    interpolation,
                    views,
                    ..match channels {
                        Channels::Grey => Recipe::reference(),
                        Channels::Rgb => Recipe::imagenet(64),
                    }
                };
                let policy = Policy {
                    threshold: Some(0.5),
                    ..Policy::default()
                };
                let written = whole(&recipe, &policy).unwrap();
                assert_in_order(&written);
                let (name, kind, axes) = said(&written.input[0]);
                assert_eq!((name.as_str(), kind), ("image", DataType::Uint8 as i32));
                assert_eq!(axes, ["batch", "height", "width", "channels"]);
                let told: Vec<_> = written
                    .output
                    .iter()
                    .map(|output| output.name.as_str())
                    .collect();
                assert_eq!(
                    told,
                    ["probabilities", "class", "abstained", "reason", "logits"]
                );
            }
        }
    }
}

#[test]
fn who_must_do_what_stands_in_the_file() {
    let recipe = Recipe {
        frame: hilum_imaging::Frame::Both,
        ..Recipe::reference()
    };
    let text = whole(&recipe, &Policy::default()).unwrap().doc_string;
    for words in [
        "NHWC",
        "-600 HU",
        "FRAME IS FOR THE CALLER",
        "a, b, c",
        "-1 where the model abstains",
    ] {
        assert!(text.contains(words), "`{words}` in: {text}");
    }
}

#[test]
fn equalisation_is_refused_with_what_to_do() {
    let clahe = Some(Clahe {
        clip_limit: 2.0,
        tile_count: 8,
    });
    let recipe = Recipe {
        clahe,
        ..Recipe::reference()
    };
    let error = whole(&recipe, &Policy::default()).unwrap_err();
    assert!(error.to_string().contains("hint: `--bare`"));
}
