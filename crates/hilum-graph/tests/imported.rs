//! Graphs that somebody else wrote: kept as text, known again, and refused where they cannot run.

use hilum_graph::{
    Architecture, Graph, GraphBuilder, GraphError, NetworkName, Op, Padding, Shape, initialise,
};
use serde_json::{Value, json};

fn small(architecture: Architecture) -> Graph {
    let own = architecture.default_input();
    architecture.build(own, 4, None).expect("a graph")
}

/// The same network under other names.
fn renamed(graph: &Graph) -> Graph {
    let mut json = serde_json::to_value(graph).expect("a graph");
    json["name"] = json!("theirs");
    for (index, node) in json["nodes"]
        .as_array_mut()
        .expect("a graph")
        .iter_mut()
        .enumerate()
    {
        node["name"] = json!(format!("layer_{index}"));
    }
    serde_json::from_value(json).expect("a graph")
}

#[test]
fn every_network_is_the_same_after_it_was_written_and_read() {
    for architecture in Architecture::ALL {
        let graph = small(architecture);
        let text = serde_json::to_string(&graph).unwrap();
        assert_eq!(serde_json::from_str::<Graph>(&text).unwrap(), graph);
    }
}

#[test]
fn every_network_is_known_again_under_other_names() {
    for architecture in Architecture::ALL {
        let graph = small(architecture);
        let theirs = renamed(&graph);
        let known = Architecture::recognise(&theirs).unwrap();
        assert_eq!((known.architecture, known.dropout), (architecture, None));
        assert_eq!(known.graph, graph);
        let own = initialise(&theirs, 32);
        let ours = known.renamed(&theirs, own.clone());
        ours.check(&graph).unwrap();
        let (first, last) = (&theirs.parameters()[0].name, &graph.parameters()[0].name);
        assert_eq!(own.get(first), ours.get(last));
    }
}

#[test]
fn another_share_of_dropout_is_no_other_network() {
    let image = Shape::new(64, 64, 3);
    let graph = Architecture::MobilenetV2
        .build(image, 5, Some(0.4))
        .unwrap();
    let known = Architecture::recognise(&renamed(&graph)).unwrap();
    assert_eq!(known.architecture, Architecture::MobilenetV2);
    assert!((known.dropout.unwrap() - 0.4).abs() < 1e-6);
}

#[test]
fn a_layer_more_is_another_network() {
    let graph = small(Architecture::CompactCnn);
    let mut json = serde_json::to_value(&graph).unwrap();
    let nodes = json["nodes"].as_array_mut().unwrap();
    let last = nodes.len();
    nodes.push(
        json!({"name": "more", "op": "dense", "out_features": 4, "bias": true, "inputs": [last]}),
    );
    let longer: Graph = serde_json::from_value(json).unwrap();
    assert_eq!(Architecture::recognise(&longer), None);
}

#[test]
fn a_last_layer_takes_another_number_of_classes() {
    let graph = small(Architecture::Resnet18);
    let wider = Architecture::Resnet18
        .build(graph.input_shape(), 7, None)
        .unwrap();
    assert_eq!(graph.clone().with_class_count(7).unwrap(), wider);
    assert_eq!(graph.with_class_count(0), Err(GraphError::NoClasses));
    // SqueezeNet ends in a global average.
    let squeezed = small(Architecture::Squeezenet11).with_class_count(7);
    assert!(matches!(
        squeezed,
        Err(GraphError::OtherClasses { count: 7, .. })
    ));
}

/// A network of one layer, changed.
fn changed(change: impl Fn(&mut Value)) -> Result<Graph, serde_json::Error> {
    let mut builder = GraphBuilder::new("small", Shape::new(8, 8, 1));
    let convolution = Op::Convolution {
        out_channels: 2,
        kernel: [3, 3],
        stride: [1, 1],
        padding: Padding::NONE,
        groups: 1,
        bias: true,
    };
    let input = builder.input();
    let node = builder.add("conv", convolution, &[input]);
    builder.begin_head();
    builder.add("pool", Op::GlobalAveragePool, &[node]);
    let mut json = serde_json::to_value(builder.finish().expect("a graph")).expect("a graph");
    change(&mut json);
    serde_json::from_value(json)
}

#[test]
fn numbers_that_nothing_can_be_computed_with_are_refused() {
    changed(|_| {}).unwrap();
    let too_much = u64::from(u32::MAX);
    for (path, value) in [
        ("/input/height", json!(0)),
        ("/input/width", json!(too_much)),
        ("/input/channels", json!(too_much)),
        ("/nodes/0/out_channels", json!(0)),
        ("/nodes/0/out_channels", json!(too_much)),
        ("/nodes/0/kernel/0", json!(0)),
        ("/nodes/0/kernel/0", json!(9)),
        ("/nodes/0/stride/1", json!(0)),
        ("/nodes/0/padding/top", json!(too_much)),
        ("/nodes/0/groups", json!(0)),
        ("/nodes/0/groups", json!(2)),
        ("/nodes/0/inputs", json!([])),
        ("/nodes/0/inputs/0", json!(1)),
        ("/nodes/1/inputs/0", json!(7)),
        ("/nodes/1/name", json!("conv")),
        ("/nodes/1/op", json!("input")),
        ("/nodes", json!([])),
        ("/head", json!(0)),
        ("/head", json!(3)),
        ("/taps", json!([{"node": 9, "grid": 4}])),
        ("/taps", json!([{"node": 1, "grid": 0}])),
    ] {
        let found = changed(|json| *json.pointer_mut(path).unwrap() = value.clone());
        assert!(found.is_err(), "{path} = {value}: {found:?}");
    }
}

#[test]
fn networks_are_called_by_their_names_or_imported() {
    let known: NetworkName = "resnet-18".parse().unwrap();
    assert_eq!(known, Architecture::Resnet18);
    let imported: NetworkName = "imported".parse().unwrap();
    assert_eq!((imported, imported.known()), (NetworkName::Imported, None));
    assert!("unheard-of".parse::<NetworkName>().is_err());
}
