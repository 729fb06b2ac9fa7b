//! First weights against the moments that Keras's and torchvision's schemes prescribe.

use hilum_graph::{Architecture, Graph, Parameters, Shape, initialise, initialise_head};

fn graph(architecture: Architecture, class_count: usize) -> Graph {
    architecture
        .build(architecture.default_input(), class_count, None)
        .expect("the default input fits")
}

/// What a scheme says of one parameter.
enum Expected {
    Zero,
    Normal(f64),
    Uniform(f64),
}

fn assert_drawn(parameters: &Parameters, name: &str, expected: &Expected) {
    let data = &parameters.get(name).expect("the network has it").data;
    let count = data.len() as f64;
    let mean = data.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let square = data.iter().map(|value| f64::from(*value).powi(2));
    let deviation = (square.sum::<f64>() / count).sqrt();
    let largest = data
        .iter()
        .fold(0.0_f64, |most, value| most.max(f64::from(value.abs())));
    let (expected_deviation, kurtosis) = match expected {
        Expected::Zero => return assert_eq!(largest, 0.0, "{name}"),
        Expected::Normal(deviation) => {
            // Of n normal values the largest lies near sqrt(2 ln n), never under half of it.
            assert!(
                largest > 0.5 * deviation * (2.0 * count.ln()).sqrt(),
                "{name}: {largest}"
            );
            (*deviation, 3.0)
        }
        Expected::Uniform(bound) => {
            assert!(largest <= *bound, "{name}: {largest} outside {bound}");
            assert!(
                largest > bound * (1.0 - 20.0 / count),
                "{name}: {largest} of {bound}"
            );
            (bound / 3.0_f64.sqrt(), 1.8)
        }
    };
    // Five standard errors of the mean and of the deviation.
    let error = expected_deviation / count.sqrt();
    assert!(mean.abs() < 5.0 * error, "{name}: mean {mean}");
    let spread = error * ((kurtosis - 1.0) / 4.0_f64).sqrt();
    assert!(
        (deviation - expected_deviation).abs() < 5.0 * spread,
        "{name}: deviation {deviation}, expected {expected_deviation}"
    );
}

/// The deviation of `kaiming_normal_(mode="fan_out")`.
fn he(fan_out: f64) -> Expected {
    Expected::Normal((2.0 / fan_out).sqrt())
}

#[test]
fn the_reference_cnn_starts_as_keras_starts_it() {
    let parameters = initialise(&graph(Architecture::ReferenceCnn, 4), 1);
    let glorot = |fans: f64| Expected::Uniform((6.0 / fans).sqrt());
    assert_drawn(&parameters, "conv2.weight", &glorot(9.0 * (64.0 + 128.0)));
    assert_drawn(&parameters, "dense1.weight", &glorot(1024.0 + 128.0));
    assert_drawn(&parameters, "dense3.weight", &glorot(128.0 + 4.0));
    for name in ["conv2.bias", "dense1.bias", "dense3.bias"] {
        assert_drawn(&parameters, name, &Expected::Zero);
    }
}

#[test]
fn torchvisions_networks_start_as_torchvision_starts_them() {
    let drawn = |architecture| initialise(&graph(architecture, 400), 2);

    let resnet = drawn(Architecture::Resnet18);
    assert_drawn(&resnet, "layer1.0.conv1.weight", &he(9.0 * 64.0));
    assert_drawn(&resnet, "layer2.0.downsample.0.weight", &he(128.0));
    assert_drawn(
        &resnet,
        "fc.weight",
        &Expected::Uniform(512.0_f64.sqrt().recip()),
    );
    assert_drawn(
        &resnet,
        "fc.bias",
        &Expected::Uniform(512.0_f64.sqrt().recip()),
    );

    let mobilenet = drawn(Architecture::MobilenetV2);
    // PyTorch's fan_out of a depthwise kernel does not divide by the groups.
    assert_drawn(&mobilenet, "features.17.conv.1.0.weight", &he(9.0 * 960.0));
    assert_drawn(&mobilenet, "classifier.1.weight", &Expected::Normal(0.01));
    assert_drawn(&mobilenet, "classifier.1.bias", &Expected::Zero);

    let efficientnet = drawn(Architecture::EfficientnetB0);
    assert_drawn(&efficientnet, "features.8.0.weight", &he(1280.0));
    assert_drawn(&efficientnet, "features.6.1.block.2.fc1.weight", &he(48.0));
    assert_drawn(
        &efficientnet,
        "features.6.1.block.2.fc1.bias",
        &Expected::Zero,
    );
    assert_drawn(
        &efficientnet,
        "classifier.1.weight",
        &Expected::Uniform(0.05),
    );
    assert_drawn(&efficientnet, "classifier.1.bias", &Expected::Zero);

    let squeezenet = drawn(Architecture::Squeezenet11);
    let he_uniform = Expected::Uniform((6.0 / (9.0 * 64.0_f64)).sqrt());
    assert_drawn(&squeezenet, "features.12.expand3x3.weight", &he_uniform);
    assert_drawn(&squeezenet, "features.12.expand3x3.bias", &Expected::Zero);
    assert_drawn(&squeezenet, "classifier.1.weight", &Expected::Normal(0.01));
    assert_drawn(&squeezenet, "classifier.1.bias", &Expected::Zero);
}

#[test]
fn batch_norm_starts_as_the_identity() {
    let parameters = initialise(&graph(Architecture::Resnet18, 4), 3);
    for (suffix, value) in [
        ("weight", 1.0),
        ("bias", 0.0),
        ("running_mean", 0.0),
        ("running_var", 1.0),
    ] {
        let tensor = parameters.get(&format!("layer3.1.bn2.{suffix}"));
        assert_eq!(tensor.expect("it is there").data, [value; 256], "{suffix}");
    }
}

#[test]
fn every_architecture_gets_what_it_needs() {
    for architecture in Architecture::ALL {
        let graph = graph(architecture, 4);
        assert_eq!(
            initialise(&graph, 4).check(&graph),
            Ok(()),
            "{architecture}"
        );
    }
}

#[test]
fn a_seed_decides_everything_and_another_seed_something_else() {
    let graph = graph(Architecture::CompactCnn, 4);
    let first = initialise(&graph, 5);
    assert_eq!(first, initialise(&graph, 5));
    let other = initialise(&graph, 6);
    let name = "stem.conv.weight";
    assert_ne!(first.get(name), other.get(name));
}

#[test]
fn parameters_of_one_shape_differ() {
    let parameters = initialise(&graph(Architecture::Resnet18, 4), 7);
    let left = parameters
        .get("layer1.0.conv1.weight")
        .expect("it is there");
    let right = parameters
        .get("layer1.0.conv2.weight")
        .expect("it is there");
    assert_eq!(left.shape, right.shape);
    assert_ne!(left.data, right.data);
}

#[test]
fn a_backbone_starts_alike_whatever_the_image_and_the_classes() {
    let colour = initialise(&graph(Architecture::Resnet18, 4), 8);
    let grey = Architecture::Resnet18.build(Shape::new(64, 64, 1), 7, Some(0.5));
    let grey = initialise(&grey.expect("it fits"), 8);
    for (name, tensor) in colour.iter().filter(|(name, _)| !name.starts_with("fc.")) {
        assert_eq!(grey.get(name), Some(tensor), "{name}");
    }
}

#[test]
fn a_new_head_leaves_the_backbone_alone() {
    for architecture in Architecture::ALL {
        let four = graph(architecture, 4);
        let seven = graph(architecture, 7);
        let before = initialise(&four, 9);
        let mut parameters = before.clone();
        initialise_head(&seven, 10, &mut parameters);
        assert_eq!(parameters.check(&seven), Ok(()), "{architecture}");
        let mut replaced = 0;
        for (name, tensor) in parameters.iter() {
            if before.get(name) == Some(tensor) {
                continue;
            }
            replaced += 1;
            let spec = seven
                .parameters()
                .into_iter()
                .find(|spec| spec.name == name);
            assert!(spec.expect("it is needed").node >= seven.head(), "{name}");
        }
        assert_eq!(replaced, 2, "{architecture}: a weight and a bias");
    }
}
