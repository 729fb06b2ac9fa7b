//! Every architecture against what torchvision and Keras say of it.

mod torchvision;

use hilum_graph::{
    Architecture, DropoutUnit, Graph, GraphError, Op, Shape, UnknownArchitecture, summarise,
};
use proptest::prelude::*;
use torchvision::Reference;

/// Networks of hilum's own, which nobody else could say anything of.
const OWN: [Architecture; 2] = [Architecture::CompactCnn, Architecture::LocalCnn];

/// Networks that read three channels, to which grey images are repeated.
fn of_colour_images() -> impl Iterator<Item = Architecture> {
    let all = Architecture::ALL.into_iter();
    all.filter(|architecture| architecture.default_input().channels == 3)
}

fn graph(architecture: Architecture) -> Graph {
    architecture
        .build(architecture.default_input(), 4, None)
        .expect("the default input fits")
}

fn names_and_shapes(graph: &Graph) -> Vec<(String, Vec<usize>)> {
    let specs = graph.parameters().into_iter();
    specs.map(|spec| (spec.name, spec.shape)).collect()
}

#[test]
fn every_network_but_hilums_own_has_a_reference() {
    let mut known: Vec<_> = Reference::all()
        .into_iter()
        .map(|(known, _)| known)
        .collect();
    known.extend(OWN);
    known.sort();
    let mut all = Architecture::ALL;
    all.sort();
    assert_eq!(known, all);
}

#[test]
fn parameters_and_statistics_are_as_many_as_pytorchs() {
    for (architecture, reference) in Reference::all() {
        let summary = summarise(&graph(architecture));
        let statistics = reference.value_count(torchvision::is_statistic);
        let trained = reference.value_count(|name| !torchvision::is_statistic(name));
        let found = (summary.parameters, summary.statistics);
        assert_eq!(found, (trained, statistics), "{architecture}");
    }
}

#[test]
fn keras_prints_the_same_counts_for_the_reference_cnn() {
    let keras: serde_json::Value =
        serde_json::from_str(include_str!("reference/keras/reference-cnn.json"))
            .expect("the reference is JSON");
    let summary = summarise(&graph(Architecture::ReferenceCnn));
    assert_eq!(keras["counts"]["trained"], summary.parameters);
    assert_eq!(keras["counts"]["untrained"], summary.statistics);
}

#[test]
fn networks_of_our_own_stay_small() {
    for architecture in OWN {
        let summary = summarise(&graph(architecture));
        assert!((50_000..400_000).contains(&summary.parameters));
    }
}

#[test]
fn names_and_shapes_of_parameters_are_torchvisions() {
    for (architecture, reference) in Reference::all() {
        let mut expected = reference.parameters;
        let mut found = names_and_shapes(&graph(architecture));
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{architecture}");
    }
}

#[test]
fn shapes_inside_are_pytorchs_and_images_too_small_for_it_are_refused() {
    for (architecture, reference) in Reference::all() {
        for case in reference.shapes {
            let graph = architecture.build(torchvision::shape(case.input), 4, None);
            let Some(outputs) = case.outputs else {
                assert!(
                    matches!(graph, Err(GraphError::TooSmall { .. })),
                    "{architecture} at {:?}: {graph:?}",
                    case.input
                );
                continue;
            };
            let graph = graph.expect("PyTorch accepts the image");
            for (module, output) in outputs {
                let node = graph.nodes().iter().find(|node| node.name == module);
                let node = node.unwrap_or_else(|| panic!("no node `{module}`"));
                assert_eq!(
                    node.shape,
                    torchvision::shape(output),
                    "{architecture} {module}"
                );
            }
        }
    }
}

#[test]
fn every_network_hands_out_two_layers_on_the_way_and_what_its_head_reads() {
    for architecture in Architecture::ALL {
        let graph = graph(architecture);
        let [early, middle, last] = graph.taps() else {
            panic!("{architecture} has {} taps", graph.taps().len());
        };
        assert!(early.node < middle.node && middle.node < last.node);
        assert_eq!(graph.node(graph.head()).inputs, [last.node]);
        assert_eq!([early.grid, middle.grid, last.grid], [4, 4, 1]);
        let sides = [early, middle].map(|tap| graph.node(tap.node).shape.height);
        assert!(
            sides[0] >= sides[1] && sides[1] >= 4,
            "{architecture}: {sides:?}"
        );
    }
}

#[test]
fn multiply_adds_are_those_that_torchvision_publishes() {
    for (architecture, reference) in Reference::all() {
        let is_torchvisions = architecture.torchvision_name().is_some();
        assert_eq!(reference.published_ops.is_some(), is_torchvisions);
        let Some(billions) = reference.published_ops else {
            continue;
        };
        let graph = architecture.build(Shape::new(224, 224, 3), 1000, None);
        let cost = summarise(&graph.expect("224 x 224 fits")).multiply_adds;
        let found = (cost as f64 / 1e6).round() / 1e3;
        assert!(
            (found - billions).abs() < 1.5e-3,
            "{architecture}: {found}, published {billions}"
        );
    }
}

#[test]
fn a_summary_has_the_keys_that_programs_rely_on() {
    let summary = summarise(&graph(Architecture::Resnet18));
    let json = serde_json::to_value(&summary).expect("a summary is JSON");
    for key in [
        "name",
        "parameters",
        "statistics",
        "multiply_adds",
        "layers",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
    let add = json["layers"]
        .as_array()
        .expect("layers are a list")
        .iter()
        .find(|layer| layer["name"] == "layer2.0.add")
        .expect("a residual block ends in an addition");
    let inputs = serde_json::json!(["layer2.0.bn2", "layer2.0.downsample.1"]);
    assert_eq!(add["inputs"], inputs);
}

#[test]
fn grey_images_reach_colour_networks_and_leave_parameters_alone() {
    for architecture in of_colour_images() {
        let colour = graph(architecture);
        let input = Shape {
            channels: 1,
            ..architecture.default_input()
        };
        let grey = architecture.build(input, 4, None).expect("grey fits");
        assert_eq!(names_and_shapes(&grey), names_and_shapes(&colour));
        let repeats = |graph: &Graph| {
            let nodes = graph.nodes().iter();
            nodes
                .filter(|node| node.op == Op::RepeatChannels { count: 3 })
                .count()
        };
        assert_eq!((repeats(&grey), repeats(&colour)), (1, 0), "{architecture}");
    }
}

#[test]
fn the_small_networks_read_an_images_own_channels() {
    for architecture in OWN.into_iter().chain([Architecture::ReferenceCnn]) {
        for channels in [1, 3] {
            let graph = architecture.build(Shape::new(200, 200, channels), 4, None);
            let first = &graph.expect("200 x 200 fits").parameters()[0];
            assert_eq!(first.shape[1], channels, "{architecture}");
        }
    }
}

#[test]
fn two_channels_do_not_reach_a_colour_network() {
    let graph = Architecture::Resnet18.build(Shape::new(224, 224, 2), 4, None);
    let message = graph.expect_err("two channels do not fit").to_string();
    assert_eq!(
        message,
        "`resnet-18` reads images of one or three channels, found 224 x 224 x 2\n\
         hint: choose grey or three channels in the recipe"
    );
}

#[test]
fn an_image_too_small_names_the_node_that_has_nothing_left() {
    let error = Architecture::ReferenceCnn
        .build(Shape::new(64, 64, 1), 4, None)
        .expect_err("six pools need more than 64 rows");
    let GraphError::TooSmall { node, input, found } = error else {
        panic!("another error: {error}");
    };
    // 64 - 62 - 31 - 29 - 14 - 12 - 6 - 4 - 2: the fifth kernel of three does not fit.
    assert_eq!(node, "conv5");
    assert_eq!(input, Shape::new(64, 64, 1));
    assert_eq!(found, Shape::new(2, 2, 512));
}

#[test]
fn only_the_head_depends_on_the_class_count() {
    for architecture in Architecture::ALL {
        let input = architecture.default_input();
        let four = graph(architecture);
        let seven = architecture.build(input, 7, None).expect("it fits");
        assert_eq!((four.class_count(), seven.class_count()), (4, 7));
        let differing: Vec<_> = four
            .parameters()
            .into_iter()
            .zip(seven.parameters())
            .filter(|(left, right)| left.shape != right.shape)
            .collect();
        assert_eq!(differing.len(), 2, "{architecture}: a weight and a bias");
        assert!(differing.iter().all(|(spec, _)| spec.node >= four.head()));
        let in_head = four.parameters().into_iter();
        let in_head = in_head.filter(|spec| spec.node >= four.head()).count();
        assert_eq!(in_head, 2, "{architecture}: nothing else in the head");
    }
}

fn value_dropouts(graph: &Graph) -> Vec<f32> {
    let nodes = graph.nodes().iter();
    nodes
        .filter_map(|node| match node.op {
            Op::Dropout {
                probability,
                unit: DropoutUnit::Value,
            } => Some(probability),
            _ => None,
        })
        .collect()
}

#[test]
fn dropout_is_the_published_one_unless_chosen() {
    for architecture in Architecture::ALL {
        let input = architecture.default_input();
        let dropouts = |chosen| {
            let graph = architecture.build(input, 4, chosen).expect("it fits");
            value_dropouts(&graph)
        };
        let published = architecture.default_dropout();
        let expected = if published > 0.0 {
            vec![published]
        } else {
            vec![]
        };
        assert_eq!(dropouts(None), expected, "{architecture}");
        assert_eq!(dropouts(Some(0.3)), [0.3], "{architecture}");
        assert!(dropouts(Some(0.0)).is_empty(), "{architecture}");
    }
}

#[test]
fn dropout_of_everything_is_refused() {
    for share in [1.0, -0.1, f32::NAN] {
        let graph = Architecture::Resnet18.build(Shape::new(64, 64, 3), 4, Some(share));
        assert!(matches!(graph, Err(GraphError::Dropout { .. })), "{share}");
    }
}

#[test]
fn a_network_without_classes_is_refused() {
    let graph = Architecture::Resnet18.build(Shape::new(64, 64, 3), 0, None);
    assert_eq!(graph, Err(GraphError::NoClasses));
}

#[test]
fn stochastic_depth_grows_as_in_torchvision_and_can_be_switched_off() {
    let shares = |graph: &Graph| -> Vec<f32> {
        let nodes = graph.nodes().iter();
        nodes
            .filter_map(|node| match node.op {
                Op::Dropout {
                    probability,
                    unit: DropoutUnit::Image,
                } => Some(probability),
                _ => None,
            })
            .collect()
    };
    let graph = graph(Architecture::EfficientnetB0);
    // `0.2 * block / 16` for the nine of sixteen blocks that have a shortcut.
    let expected = [2, 4, 6, 7, 9, 10, 12, 13, 14].map(|block| 0.2 * block as f32 / 16.0);
    assert_eq!(shares(&graph), expected);
    assert_eq!(shares(&graph.without_dropout()), [0.0; 9]);
}

#[test]
fn every_name_is_read_back() {
    for architecture in Architecture::ALL {
        assert_eq!(architecture.to_string().parse(), Ok(architecture));
        let json = serde_json::to_string(&architecture).expect("a name is JSON");
        assert_eq!(json, format!("\"{architecture}\""));
        assert_eq!(
            serde_json::from_str::<Architecture>(&json).expect("it is a name"),
            architecture
        );
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    let nearest = |name: &str| -> String {
        let error: UnknownArchitecture = name
            .parse::<Architecture>()
            .expect_err("the name is unknown");
        error.nearest.to_string()
    };
    for (name, expected) in [
        ("resnet18", "resnet-18"),
        ("resnet-51", "resnet-50"),
        ("MobileNet_V2", "mobilenet-v2"),
        ("mobilenet", "mobilenet-v2"),
        ("efficientnet", "efficientnet-b0"),
        ("efficientnet_b0_tf", "efficientnet-b0-tf"),
        ("squeezenet", "squeezenet-1.1"),
        ("cnn", "local-cnn"),
        ("reference", "reference-cnn"),
    ] {
        assert_eq!(nearest(name), expected, "{name}");
    }
    let error = "resnet18".parse::<Architecture>().expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "unknown architecture `resnet18`\nhint: did you mean `resnet-18`? `hilum arch` lists all"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_size_is_built_or_refused_without_a_panic(
        position in 0..Architecture::ALL.len(),
        height in 1_usize..260,
        width in 1_usize..260,
    ) {
        let architecture = Architecture::ALL[position];
        match architecture.build(Shape::new(height, width, 1), 4, None) {
            Ok(graph) => prop_assert_eq!(graph.class_count(), 4),
            Err(error) => {
                let too_small = matches!(error, GraphError::TooSmall { .. });
                prop_assert!(too_small, "{}", error);
            }
        }
    }

    #[test]
    fn networks_of_our_own_read_every_size_from_32(height in 32_usize..200, width in 32_usize..200) {
        for architecture in OWN {
            let graph = architecture.build(Shape::new(height, width, 1), 4, None);
            prop_assert!(graph.is_ok());
        }
    }
}
