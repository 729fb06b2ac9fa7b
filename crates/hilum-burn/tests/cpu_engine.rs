//! The CPU engine against Burn, over whole networks: two engines that share no kernel.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, also outside of `#[test]`"
)]

use hilum_burn::{BurnEngine, DeviceName};
use hilum_core::ClassIndex;
use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Architecture, Engine, Entry, NodeIndex, Shape, Step, UpdateRule, formula};

/// The largest difference, relative to the largest magnitude, which counts as at least `floor`.
fn difference(found: &[f32], expected: &[f32], floor: f32) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected
        .iter()
        .fold(floor, |largest, v| largest.max(v.abs()));
    let pairs = found.iter().zip(expected);
    pairs.fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs())) / largest
}

fn does_what_burn_does(architecture: Architecture, input: Shape) {
    const COUNT: usize = 5;
    let graph = architecture.build(input, 4, Some(0.2)).unwrap();
    let parameters = formula::parameters(&graph);
    let images = formula::images(COUNT, input);
    let burn = BurnEngine::new(DeviceName::Cpu, graph.clone(), &parameters).unwrap();
    let cpu = CpuEngine::new(graph, &parameters, Options::default()).unwrap();
    let mut engines: [Box<dyn Engine>; 2] = [Box::new(burn), Box::new(cpu)];

    let [expected, found] = engines
        .each_mut()
        .map(|engine| engine.forward(&images).unwrap());
    let worst = difference(found.as_slice(), expected.as_slice(), 0.0);
    assert!(worst < 1e-4, "{architecture}: logits differ by {worst}");

    let truth: Vec<ClassIndex> = (0..COUNT).map(|image| ClassIndex::new(image % 4)).collect();
    let step = Step {
        images: &images,
        truth: &truth,
        class_weights: &[1.0, 0.5, 2.0, 1.5],
        label_smoothing: 0.1,
        entry: Entry::Images,
        layer_rate: 1.0,
        averaging: None,
        first_trained: NodeIndex(0),
        update: UpdateRule::Sgd {
            momentum: 0.9,
            weight_decay: 1e-3,
        },
        // Small, because gradients of deep networks of few values are rounding for a percent or two.
        learning_rate: 1e-4,
        seed: 7,
    };
    let [expected, found] = engines
        .each_mut()
        .map(|engine| engine.train_step(&step).unwrap());
    let worst = difference(found.logits.as_slice(), expected.logits.as_slice(), 0.0);
    assert!(
        worst < 1e-3,
        "{architecture}: logits in training differ by {worst}"
    );
    let worst = difference(&[found.loss], &[expected.loss], 0.0);
    assert!(worst < 1e-4, "{architecture}: losses differ by {worst}");

    let [expected, found] = engines.map(|engine| engine.parameters().unwrap());
    assert_eq!(found.len(), expected.len());
    for (name, expected) in expected.iter() {
        let found = &found.get(name).unwrap().data;
        let worst = difference(found, &expected.data, 1e-2);
        assert!(worst < 1e-4, "{architecture}, {name}: differs by {worst}");
        let before = &parameters.get(name).unwrap().data;
        assert_ne!(
            &expected.data, before,
            "{architecture}, {name}: not trained"
        );
    }
}

#[test]
fn compact_cnn_is_what_burn_makes_of_it() {
    does_what_burn_does(Architecture::CompactCnn, Shape::new(44, 36, 1));
}

#[test]
fn mobilenet_v2_is_what_burn_makes_of_it() {
    does_what_burn_does(Architecture::MobilenetV2, Shape::new(67, 59, 3));
}

#[test]
fn efficientnet_b0_is_what_burn_makes_of_it() {
    does_what_burn_does(Architecture::EfficientnetB0, Shape::new(45, 63, 1));
}
