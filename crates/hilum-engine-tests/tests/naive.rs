//! The plain loops themselves: the gradients that engines are measured against.

use hilum_engine_tests::naive::{self, Mode, Weights, graphs};
use hilum_graph::{Entry, Graph, NodeIndex, Step, UpdateRule};

const TRAINING: Mode = Mode::Training {
    seed: 3,
    first_trained: NodeIndex(0),
};

#[test]
fn gradients_are_those_of_finite_differences() {
    for graph in graphs::all() {
        let parameters = naive::parameters(&graph, 13);
        let images = naive::images(&graph, 3, 7);
        let truth = naive::truth(&graph, 3);
        let step = Step {
            images: &images,
            truth: &truth,
            class_weights: &[0.5, 1.0, 2.5],
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
        };
        let weights = Weights::new(&graph, &parameters);
        let pass = naive::run(&graph, &weights, &images, TRAINING);
        let gradients = pass.gradients(&graph, &weights, &step);
        let trained = graph.parameters().into_iter();
        let trained = trained.filter(|spec| spec.role.is_trained()).count();
        assert_eq!(gradients.len(), trained, "{}", graph.name());
        for (name, gradient) in gradients {
            // A prime stride visits every tap and channel somewhere without visiting all.
            for position in (0..gradient.len()).step_by(7) {
                let expected = slope(&graph, &weights, &step, &name, position);
                let found = gradient[position];
                assert!(
                    (found - expected).abs() < 1e-7 * (1.0 + expected.abs()),
                    "{}: {name}, value {position}: {found} instead of {expected}",
                    graph.name()
                );
            }
        }
    }
}

/// The central difference of the loss by one value of a parameter.
fn slope(graph: &Graph, weights: &Weights, step: &Step<'_>, name: &str, position: usize) -> f64 {
    const REACH: f64 = 1e-6;
    let loss = |shift: f64| {
        let mut weights = weights.clone();
        weights.by_name_mut(name)[position] += shift;
        naive::run(graph, &weights, step.images, TRAINING).loss(step)
    };
    (loss(REACH) - loss(-REACH)) / (2.0 * REACH)
}
