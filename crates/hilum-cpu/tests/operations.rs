//! Every operation against plain loops over `f64`, forward and backward, at odd sizes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, also outside of `#[test]`"
)]

#[path = "../../hilum-burn/tests/naive/mod.rs"]
mod naive;

use hilum_core::ClassIndex;
use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Batch, Engine, Graph, NodeIndex, Parameters, Step, UpdateRule};
use naive::graphs;
use naive::{Mode, Weights};

const IMAGE_COUNT: usize = 5;
const CLASS_WEIGHTS: [f32; 3] = [0.5, 1.0, 2.5];

fn engine(graph: &Graph, parameters: &Parameters) -> CpuEngine {
    CpuEngine::new(graph.clone(), parameters, Options::default()).unwrap()
}

fn step<'a>(images: &'a Batch, truth: &'a [ClassIndex]) -> Step<'a> {
    Step {
        images,
        truth,
        class_weights: &CLASS_WEIGHTS,
        label_smoothing: 0.1,
        first_trained: NodeIndex(0),
        // The parameters lose exactly their gradient.
        update: UpdateRule::Sgd {
            momentum: 0.0,
            weight_decay: 0.0,
        },
        learning_rate: 1.0,
        seed: 3,
    }
}

const TRAINING: Mode = Mode::Training {
    seed: 3,
    first_trained: NodeIndex(0),
};

fn assert_close(found: impl IntoIterator<Item = f64>, expected: &[f64], within: f64, what: &str) {
    let largest = expected
        .iter()
        .fold(1e-3, |largest: f64, v| largest.max(v.abs()));
    let mut count = 0;
    for (position, (found, expected)) in found.into_iter().zip(expected).enumerate() {
        let difference = (found - expected).abs() / largest;
        assert!(
            difference <= within,
            "{what}, value {position}: {found} instead of {expected}"
        );
        count += 1;
    }
    assert_eq!(count, expected.len(), "{what}: values");
}

#[test]
fn every_operation_infers_what_plain_loops_infer() {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 11);
        let images = naive::images(&graph, IMAGE_COUNT, 5);
        let weights = Weights::new(&graph, &parameters);
        let (expected, _) = naive::run(&graph, &weights, &images, Mode::Inference);
        let logits = engine(&graph, &parameters).forward(&images).unwrap();
        let found = logits.as_slice().iter().map(|v| f64::from(*v));
        assert_close(found, &expected.concat(), 1e-5, graph.name());
    }
}

#[test]
fn every_operation_trains_forward_as_plain_loops_do() {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 12);
        let images = naive::images(&graph, IMAGE_COUNT, 6);
        let truth = naive::truth(&graph, IMAGE_COUNT);
        let step = step(&images, &truth);
        let weights = Weights::new(&graph, &parameters);
        let (expected, statistics) = naive::run(&graph, &weights, &images, TRAINING);

        let mut engine = engine(&graph, &parameters);
        let outcome = engine.train_step(&step).unwrap();
        let found = outcome.logits.as_slice().iter().map(|v| f64::from(*v));
        assert_close(found, &expected.concat(), 1e-5, graph.name());
        let loss = naive::loss(&expected, &step);
        assert_close([f64::from(outcome.loss)], &[loss], 1e-5, graph.name());

        let after = engine.parameters().unwrap();
        for (name, expected) in statistics {
            let found = &after.get(&name).unwrap().data;
            let what = format!("{}: {name}", graph.name());
            assert_close(found.iter().map(|v| f64::from(*v)), &expected, 1e-5, &what);
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 13);
        let images = naive::images(&graph, IMAGE_COUNT, 7);
        let truth = naive::truth(&graph, IMAGE_COUNT);
        let step = step(&images, &truth);
        let mut engine = engine(&graph, &parameters);
        engine.train_step(&step).unwrap();
        let after = engine.parameters().unwrap();

        let weights = Weights::new(&graph, &parameters);
        for spec in graph.parameters() {
            if !spec.role.is_trained() {
                continue;
            }
            let name = &spec.name;
            let before = &parameters.get(name).unwrap().data;
            let moved = before.iter().zip(&after.get(name).unwrap().data);
            let gradient: Vec<f64> = moved.map(|(b, a)| f64::from(*b) - f64::from(*a)).collect();

            // A prime stride visits every tap and channel somewhere without visiting all.
            let visited: Vec<usize> = (0..gradient.len()).step_by(7).collect();
            let expected: Vec<f64> = visited
                .iter()
                .map(|&position| slope(&graph, &weights, &step, name, position))
                .collect();
            let found = visited.iter().map(|&position| gradient[position]);
            let what = format!("{}: {name}", graph.name());
            assert_close(found, &expected, 1e-4, &what);
        }
    }
}

/// The central difference of the loss by one value of a parameter.
fn slope(graph: &Graph, weights: &Weights, step: &Step<'_>, name: &str, position: usize) -> f64 {
    const REACH: f64 = 1e-6;
    let loss = |shift: f64| {
        let mut weights = weights.clone();
        weights.by_name_mut(name)[position] += shift;
        naive::loss(&naive::run(graph, &weights, step.images, TRAINING).0, step)
    };
    (loss(REACH) - loss(-REACH)) / (2.0 * REACH)
}
