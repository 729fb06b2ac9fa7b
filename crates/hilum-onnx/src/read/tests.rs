use std::collections::BTreeMap;

use hilum_graph::{Architecture, Graph, Shape, initialise};
use prost::Message as _;

use super::*;
use crate::proto::{ModelProto, NodeProto};
use crate::{Exported, write_bare};

fn network(architecture: Architecture) -> Graph {
    let input = Shape {
        height: 64,
        width: 64,
        ..architecture.default_input()
    };
    architecture.build(input, 3, None).unwrap()
}

fn written(graph: &Graph) -> (hilum_graph::Parameters, Vec<u8>) {
    let parameters = initialise(graph, 3);
    let bytes = write_bare(&Exported {
        graph,
        parameters: &parameters,
        metadata: BTreeMap::from([("hilum.licence".to_owned(), "\"CC0\"".to_owned())]),
        producer_version: "1",
    });
    (parameters, bytes)
}

fn nothing_beside(_: &External) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

fn read(bytes: &[u8]) -> Result<OnnxWeights, ReadError> {
    read_onnx(bytes, &mut nothing_beside)
}

#[test]
fn what_was_written_is_read_by_names_and_by_order() {
    for architecture in [
        Architecture::MobilenetV2,
        Architecture::EfficientnetB0,
        Architecture::Resnet50,
        Architecture::Squeezenet11,
        Architecture::LocalCnn,
    ] {
        let graph = network(architecture);
        let (parameters, bytes) = written(&graph);
        let found = read(&bytes).unwrap();
        assert_eq!(found.metadata["hilum.licence"], "\"CC0\"");
        let by_name: BTreeMap<&str, &Tensor> = found
            .tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        for (name, expected) in parameters.iter() {
            assert_eq!(by_name[name], expected, "{name}");
        }
        let ordered = in_order(&found.layers, &graph);
        assert_eq!(ordered.unfolded, 0);
        assert_eq!(ordered.parameters, parameters, "{architecture}");
    }
}

#[test]
fn a_folded_batch_norm_begins_as_what_adds_the_bias() {
    let graph = network(Architecture::LocalCnn);
    let (parameters, bytes) = written(&graph);
    let mut layers = read(&bytes).unwrap().layers;
    layers.retain(|layer| layer.kind != LayerKind::BatchNorm);
    let specs = graph.parameters().into_iter();
    let norms = specs.filter(|spec| spec.name.ends_with("running_mean"));
    let ordered = in_order(&layers, &graph);
    assert_eq!(ordered.unfolded, norms.count());
    assert_eq!(ordered.parameters.check(&graph), Ok(()));
    let get = |name: &str| ordered.parameters.get(name).unwrap().data[0];
    assert_eq!(get("stem.norm.bias"), 0.0);
    // (x - 0) / sqrt(1 + epsilon) * sqrt(1 + epsilon) + 0 is x.
    assert_eq!(get("stem.norm.weight"), (1.0_f32 + 1e-5).sqrt());
    assert_eq!(
        (get("stem.norm.running_mean"), get("stem.norm.running_var")),
        (0.0, 1.0)
    );
    let weight = "stem.conv.weight";
    assert_eq!(ordered.parameters.get(weight), parameters.get(weight));
}

#[test]
fn no_cut_of_a_file_makes_it_panic_and_none_is_read() {
    let graph = network(Architecture::CompactCnn);
    let (_, bytes) = written(&graph);
    for length in (0..bytes.len()).step_by(bytes.len() / 300) {
        assert!(read(&bytes[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_small_file_that_makes_much_of_itself_is_refused() {
    let graph = network(Architecture::CompactCnn);
    let (_, bytes) = written(&graph);
    let mut model = ModelProto::decode(&bytes[..]).unwrap();
    let inner = model.graph.as_mut().unwrap();
    let convolution = inner
        .node
        .iter()
        .find(|node| node.op_type == "Conv")
        .unwrap()
        .clone();
    inner.node.extend(vec![convolution; 30_000]);
    let copies = read(&model.encode_to_vec()).unwrap_err();
    assert!(
        matches!(
            copies,
            ReadError::TooManyCopies | ReadError::TooManyParts { .. }
        ),
        "{copies}"
    );
    model.graph.as_mut().unwrap().node = vec![NodeProto::default(); 300_000];
    let parts = read(&model.encode_to_vec()).unwrap_err();
    assert!(
        matches!(parts, ReadError::TooManyParts { found: 300_000.. }),
        "{parts}"
    );
}

/// Files that `tests/reference/make_onnx.py` made, of numbers that it says.
#[test]
fn files_of_the_onnx_package_are_read() {
    let files = [
        (
            &include_bytes!("../../tests/reference/plain.onnx")[..],
            "conv.weight",
            "head.bias",
        ),
        (
            &include_bytes!("../../tests/reference/numbered.onnx")[..],
            "11",
            "16",
        ),
    ];
    for (bytes, conv, bias) in files {
        let found = read(bytes).expect("weights");
        let named = |wanted: &str| {
            let mut tensors = found.tensors.iter();
            let (_, tensor) = tensors.find(|(name, _)| name == wanted).expect("a tensor");
            tensor
        };
        let expected: Vec<f32> = (0..36_u8)
            .map(|at| (f32::from(at % 7) - 3.0) / 8.0)
            .collect();
        assert_eq!(named(conv).shape, [4, 1, 3, 3]);
        assert_eq!(named(conv).data, expected);
        assert_eq!(named(bias).data, &expected[..2]);
        assert_eq!(found.metadata["classes"], "a,b");
        // Whoever casts a constant in the graph hides it.
        let hidden = usize::from(conv == "11");
        assert_eq!(found.layers.len(), 3 - hidden);
    }
}
