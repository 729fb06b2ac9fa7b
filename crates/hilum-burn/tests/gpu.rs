//! A GPU, or a driver that plays one, against the CPU engine.
//!
//! `scripts/check_gpu.sh` runs this; by hand:
//!
//!     HILUM_TEST_DEVICE=wgpu cargo test -p hilum-burn --no-default-features --features wgpu \
//!         --test gpu -- --ignored

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, also outside of `#[test]`"
)]

use std::env;

use hilum_burn::{BurnEngine, DeviceName};
use hilum_core::ClassIndex;
use hilum_cpu::{CpuEngine, Options};
use hilum_engine_tests::operations;
use hilum_graph::{
    Architecture, Engine, EngineError, Entry, Graph, NodeIndex, Parameters, Shape, Step,
    UpdateRule, formula,
};

/// The device that `HILUM_TEST_DEVICE` names.
fn device() -> DeviceName {
    let name = env::var("HILUM_TEST_DEVICE");
    let name = name.expect("`HILUM_TEST_DEVICE` names the device to test");
    name.parse().unwrap()
}

fn gpu(graph: Graph, parameters: &Parameters) -> Result<Box<dyn Engine>, EngineError> {
    let engine = BurnEngine::new(device(), graph, parameters)?;
    Ok(Box::new(engine))
}

fn furthest(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs.fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs()))
}

#[test]
#[ignore = "needs a GPU or a software driver, named by HILUM_TEST_DEVICE"]
fn compact_cnn_gives_the_processors_logits_before_and_after_steps() {
    const COUNT: usize = 8;
    let input = Shape::new(128, 128, 1);
    let graph = Architecture::CompactCnn.build(input, 4, Some(0.2)).unwrap();
    let parameters = formula::parameters(&graph);
    let images = formula::images(COUNT, input);
    let mut gpu = gpu(graph.clone(), &parameters).unwrap();
    let mut cpu = CpuEngine::new(graph, &parameters, Options::default()).unwrap();

    let truth: Vec<ClassIndex> = (0..COUNT).map(|image| ClassIndex::new(image % 4)).collect();
    for seed in 0..3 {
        let expected = cpu.forward(&images).unwrap();
        let found = gpu.forward(&images).unwrap();
        let worst = furthest(found.as_slice(), expected.as_slice());
        println!("after {seed} steps, logits differ by at most {worst:e}");
        assert!(worst < 1e-4, "after {seed} steps, logits differ by {worst}");

        let step = Step {
            images: &images,
            entry: Entry::Images,
            truth: &truth,
            class_weights: &[1.0; 4],
            label_smoothing: 0.1,
            first_trained: NodeIndex(0),
            update: UpdateRule::Sgd {
                momentum: 0.9,
                weight_decay: 1e-4,
            },
            learning_rate: 1e-3,
            layer_rate: 1.0,
            averaging: None,
            seed,
        };
        let expected = cpu.train_step(&step).unwrap();
        let found = gpu.train_step(&step).unwrap();
        let worst = furthest(found.logits.as_slice(), expected.logits.as_slice());
        println!("in step {seed}, logits differ by at most {worst:e}");
        assert!(worst < 1e-3, "in step {seed}, logits differ by {worst}");
    }
}

#[test]
#[ignore = "needs a GPU or a software driver, named by HILUM_TEST_DEVICE"]
fn every_operation_infers_what_plain_loops_infer() {
    operations::every_operation_infers_what_plain_loops_infer(&[&gpu], 1e-4);
}

#[test]
#[ignore = "needs a GPU or a software driver, named by HILUM_TEST_DEVICE"]
fn every_operation_trains_as_plain_loops_do() {
    operations::every_operation_trains_as_plain_loops_do(&[&gpu], 1e-4);
}
