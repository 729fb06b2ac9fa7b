//! Every operation against plain loops over `f64`, forward and backward, at odd sizes.

use hilum_core::ClassIndex;
use hilum_graph::{Batch, Entry, Graph, NodeIndex, Parameters, Step, UpdateRule};

use crate::naive::{self, Mode, Weights, graphs};
use crate::{Open, assert_close};

const IMAGE_COUNT: usize = 5;
const CLASS_WEIGHTS: [f32; 3] = [0.5, 1.0, 2.5];

/// A training step after which the parameters have lost exactly their gradient.
pub(crate) fn step<'a>(images: &'a Batch, truth: &'a [ClassIndex]) -> Step<'a> {
    Step {
        images,
        truth,
        class_weights: &CLASS_WEIGHTS,
        label_smoothing: 0.1,
        entry: Entry::Images,
        layer_rate: 1.0,
        averaging: None,
        first_trained: NodeIndex(0),
        update: UpdateRule::Sgd {
            momentum: 0.0,
            weight_decay: 0.0,
        },
        learning_rate: 1.0,
        seed: 3,
    }
}

/// The mode in which [`step`] runs.
pub(crate) const TRAINING: Mode = Mode::Training {
    seed: 3,
    first_trained: NodeIndex(0),
};

fn wide(values: &[f32]) -> impl Iterator<Item = f64> {
    values.iter().map(|value| f64::from(*value))
}

/// Logits in inference mode, within `within` of the largest, of every one of `engines`.
pub fn infers_what_plain_loops_infer(
    engines: &[Open<'_>],
    graph: &Graph,
    parameters: &Parameters,
    images: &Batch,
    within: f64,
) {
    let weights = Weights::new(graph, parameters);
    let expected = naive::run(graph, &weights, images, Mode::Inference);
    let expected = expected.logits().concat();
    for open in engines {
        let mut engine = open(graph.clone(), parameters).unwrap();
        let logits = engine.forward(images).unwrap();
        let what = format!("{}: {} infers", engine.description(), graph.name());
        assert_close(wide(logits.as_slice()), &expected, 1e-3, within, &what);
    }
}

/// A training step's logits, loss, running statistics and gradients, within `within` of the
/// largest value of each tensor, of every one of `engines`.
pub fn trains_as_plain_loops_do(
    engines: &[Open<'_>],
    graph: &Graph,
    parameters: &Parameters,
    images: &Batch,
    within: f64,
) {
    let truth = naive::truth(graph, images.count);
    let step = step(images, &truth);
    let weights = Weights::new(graph, parameters);
    let pass = naive::run(graph, &weights, images, TRAINING);
    let logits = pass.logits().concat();
    let gradients = pass.gradients(graph, &weights, &step);
    for open in engines {
        let mut engine = open(graph.clone(), parameters).unwrap();
        let what = format!("{}: {}", engine.description(), graph.name());
        let outcome = engine.train_step(&step).unwrap();
        assert_close(
            wide(outcome.logits.as_slice()),
            &logits,
            1e-3,
            within,
            &what,
        );
        let loss = f64::from(outcome.loss);
        assert_close([loss], &[pass.loss(&step)], 1e-3, within, &what);

        let after = engine.parameters().unwrap();
        for (name, expected) in &pass.statistics {
            let found = wide(&after.get(name).unwrap().data);
            assert_close(found, expected, 1e-3, within, &format!("{what}, {name}"));
        }
        for (name, expected) in &gradients {
            let moved =
                wide(&parameters.get(name).unwrap().data).zip(wide(&after.get(name).unwrap().data));
            let gradient = moved.map(|(before, after)| before - after);
            // Subtraction leaves about 1e-7 of the parameter's own size.
            assert_close(gradient, expected, 1e-2, within, &format!("{what}, {name}"));
        }
    }
}

/// Every operation, every way, in inference mode.
pub fn every_operation_infers_what_plain_loops_infer(engines: &[Open<'_>], within: f64) {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 11);
        let images = naive::images(&graph, IMAGE_COUNT, 5);
        infers_what_plain_loops_infer(engines, &graph, &parameters, &images, within);
    }
}

/// Every operation, every way, in a training step.
pub fn every_operation_trains_as_plain_loops_do(engines: &[Open<'_>], within: f64) {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 12);
        let images = naive::images(&graph, IMAGE_COUNT, 6);
        trains_as_plain_loops_do(engines, &graph, &parameters, &images, within);
    }
}
