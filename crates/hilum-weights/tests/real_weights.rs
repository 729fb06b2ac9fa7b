//! Published weights, as they fill networks.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_graph::{Architecture, Graph, Parameters, Shape, Tensor};
use hilum_real_data::{Absent, shared};
use hilum_weights::{HeadReplaced, Partial, WeightsFile, apply_weights, read_weights};

hilum_real_data::tests![
    the_imagenet_backbone_fills_mobilenet,
    the_imagenet_squeezenet_fits_but_for_its_classes,
    efficientnet_features_without_their_last_convolution_are_partial,
];

fn published(name: &str) -> Result<WeightsFile, Absent> {
    let path = shared(&format!("weights/{name}"))?;
    Ok(read_weights(&path).unwrap())
}

fn zeros(graph: &Graph) -> Parameters {
    let specs = graph.parameters().into_iter();
    specs
        .map(|spec| {
            let count = spec.shape.iter().product();
            (spec.name, Tensor::new(spec.shape, vec![0.0; count]))
        })
        .collect()
}

fn network(architecture: Architecture) -> Graph {
    let input = Shape::new(64, 64, 1);
    architecture.build(input, 4, None).unwrap()
}

fn the_imagenet_backbone_fills_mobilenet() -> Result<(), Absent> {
    let file = published("mobilenet_v2_imagenet_backbone.safetensors")?;
    let graph = network(Architecture::MobilenetV2);
    let report = apply_weights(&graph, &file.tensors, &mut zeros(&graph), Partial::Refused);
    let report = report.unwrap();
    assert_eq!(report.head_replaced, Some(HeadReplaced::Absent));
    assert_eq!(report.applied.len() + 2, graph.parameters().len());
    assert!(report.unused.is_empty(), "{report}");
    Ok(())
}

fn the_imagenet_squeezenet_fits_but_for_its_classes() -> Result<(), Absent> {
    let file = published("squeezenet1_1_imagenet.safetensors")?;
    let graph = network(Architecture::Squeezenet11);
    let report = apply_weights(&graph, &file.tensors, &mut zeros(&graph), Partial::Refused);
    let found = HeadReplaced::ClassCount {
        expected: 4,
        found: 1000,
    };
    assert_eq!(report.unwrap().head_replaced, Some(found));
    Ok(())
}

fn efficientnet_features_without_their_last_convolution_are_partial() -> Result<(), Absent> {
    let file = published("efficientnet_b0_features.safetensors")?;
    let graph = network(Architecture::EfficientnetB0Tf);
    let refused = apply_weights(&graph, &file.tensors, &mut zeros(&graph), Partial::Refused);
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("hint: `--partial-weights`"), "{text}");
    let report = apply_weights(&graph, &file.tensors, &mut zeros(&graph), Partial::Allowed);
    let report = report.unwrap();
    assert!(
        report
            .missing
            .iter()
            .all(|name| name.starts_with("features.8.")),
        "{report}"
    );
    assert_eq!(report.missing.len(), 5);
    assert!(
        report.misshapen.is_empty() && report.unused.is_empty(),
        "{report}"
    );
    Ok(())
}
