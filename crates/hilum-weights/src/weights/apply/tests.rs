use hilum_graph::Shape;

use super::*;

/// A network of which some tensors are changed.
fn changed(graph: &Graph, change: impl Fn(&str, &mut Vec<usize>) -> bool) -> Parameters {
    let specs = graph.parameters().into_iter();
    let tensors = specs.filter_map(|spec| {
        let mut shape = spec.shape.clone();
        let kept = change(&spec.name, &mut shape);
        let count = shape.iter().product();
        kept.then(|| (spec.name, Tensor::new(shape, vec![0.5; count])))
    });
    tensors.collect()
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

#[test]
fn weights_of_the_same_network_are_taken_whole() {
    let graph = network(Architecture::Squeezenet11);
    let mut parameters = zeros(&graph);
    let weights = changed(&graph, |_, _| true);
    let report = apply_weights(&graph, &weights, &mut parameters, Partial::Refused).unwrap();
    assert_eq!(parameters, weights);
    assert_eq!(report.applied.len(), graph.parameters().len());
    assert_eq!(report.head_replaced, None);
    assert_eq!(report.to_string(), "52 tensors applied");
}

#[test]
fn a_head_for_other_classes_starts_afresh_and_nothing_else_does() {
    let graph = network(Architecture::MobilenetV2);
    let weights = changed(&graph, |name, shape| {
        if name.starts_with("classifier") {
            shape[0] = 1000;
        }
        true
    });
    let mut parameters = zeros(&graph);
    let report = apply_weights(&graph, &weights, &mut parameters, Partial::Refused).unwrap();
    let found = HeadReplaced::ClassCount {
        expected: 4,
        found: 1000,
    };
    assert_eq!(report.head_replaced, Some(found));
    for (name, tensor) in parameters.iter() {
        let first = if name.starts_with("classifier") {
            0.0
        } else {
            0.5
        };
        assert!(tensor.data.iter().all(|value| *value == first), "{name}");
    }
    assert!(
        report
            .to_string()
            .contains("4 classes here, 1000 in the file"),
        "{report}"
    );
}

#[test]
fn a_file_without_a_head_is_enough() {
    let graph = network(Architecture::Resnet18);
    let weights = changed(&graph, |name, _| !name.starts_with("fc."));
    let mut parameters = zeros(&graph);
    let report = apply_weights(&graph, &weights, &mut parameters, Partial::Refused).unwrap();
    assert_eq!(report.head_replaced, Some(HeadReplaced::Absent));
    assert!(report.is_complete());
    assert_eq!(parameters.get("fc.bias").unwrap().data, [0.0; 4]);
}

#[test]
fn more_than_a_missing_head_is_refused_unless_it_is_allowed() {
    let graph = network(Architecture::Resnet18);
    let weights = changed(&graph, |name, _| !name.starts_with("layer4."));
    let before = zeros(&graph);
    let mut parameters = before.clone();
    let error = apply_weights(&graph, &weights, &mut parameters, Partial::Refused).unwrap_err();
    assert_eq!(parameters, before, "an error changes nothing");
    let text = error.to_string();
    assert!(
        text.contains("25 missing from the file: layer4.0.conv1.weight"),
        "{text}"
    );
    assert!(text.contains("and 19 more"), "{text}");
    assert!(text.ends_with("hint: `--partial-weights` takes what fits and starts the rest afresh"));

    let report = apply_weights(&graph, &weights, &mut parameters, Partial::Allowed).unwrap();
    assert_eq!(report.missing.len(), 25);
    assert_eq!(parameters.get("conv1.weight"), weights.get("conv1.weight"));
    let kept = "layer4.0.conv1.weight";
    assert_eq!(parameters.get(kept), before.get(kept));
}

#[test]
fn a_first_convolution_for_grey_images_is_of_another_shape() {
    let graph = network(Architecture::MobilenetV2);
    let weights = changed(&graph, |name, shape| {
        if name == "features.0.0.weight" {
            shape[1] = 1;
        }
        true
    });
    let error = apply_weights(&graph, &weights, &mut zeros(&graph), Partial::Refused).unwrap_err();
    let text = error.to_string();
    let expected = "features.0.0.weight [32, 1, 3, 3] instead of [32, 3, 3, 3]";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_head_of_another_width_is_not_replaced_but_refused() {
    let graph = network(Architecture::MobilenetV2);
    let weights = changed(&graph, |name, shape| {
        if name == "classifier.1.weight" {
            shape[1] = 960;
        }
        true
    });
    let result = apply_weights(&graph, &weights, &mut zeros(&graph), Partial::Refused);
    assert!(
        matches!(result, Err(ApplyError::Incomplete { .. })),
        "{result:?}"
    );
}

#[test]
fn weights_of_another_network_are_recognised() {
    let weights = changed(&network(Architecture::Resnet18), |_, _| true);
    let graph = network(Architecture::MobilenetV2);
    for partial in [Partial::Refused, Partial::Allowed] {
        let error = apply_weights(&graph, &weights, &mut zeros(&graph), partial).unwrap_err();
        assert!(matches!(error, ApplyError::NothingFits { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("look like weights for `resnet-18`"),
            "{error}"
        );
    }
}

#[test]
fn names_under_a_prefix_are_shown_beside_what_was_expected() {
    let graph = network(Architecture::Squeezenet11);
    let weights: Parameters = changed(&graph, |_, _| true)
        .into_iter()
        .map(|(name, tensor)| (format!("encoder.{name}"), tensor))
        .collect();
    let error = apply_weights(&graph, &weights, &mut zeros(&graph), Partial::Refused).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("needs `features.0.weight`"), "{text}");
    assert!(text.contains("is `encoder.features.0.weight`"), "{text}");
    assert!(
        text.contains("hint: names and shapes must be torchvision's"),
        "{text}"
    );
}

#[test]
fn what_no_node_uses_is_told_and_does_not_stop() {
    let graph = network(Architecture::Squeezenet11);
    let mut weights = changed(&graph, |_, _| true);
    let tensor = Tensor::new(vec![1], vec![0.0]);
    weights.insert("auxiliary.weight", tensor.clone());
    weights.insert("features.1.num_batches_tracked", tensor);
    let mut parameters = zeros(&graph);
    let report = apply_weights(&graph, &weights, &mut parameters, Partial::Refused).unwrap();
    assert_eq!(report.unused, ["auxiliary.weight"]);
    assert!(parameters.get("auxiliary.weight").is_none());
}
