//! What the [`Engine`] trait promises, whatever the network.

#![expect(missing_docs, reason = "a check's name says it")]

use hilum_core::ClassIndex;
use hilum_graph::{
    Activation, Batch, DropoutUnit, Engine, EngineError, Entry, Graph, GraphBuilder, NodeIndex, Op,
    OptimizerState, Parameters, ParametersError, Shape, Step, Tensor, UpdateRule,
};

use crate::naive::{self, Mode, Weights, graphs};
use crate::{Open, assert_close};

/// All of this module's checks as tests of the engine that an expression opens.
#[macro_export]
macro_rules! contract {
    ($open:expr) => {
        $crate::tests_of! { contract, $open,
            the_same_steps_give_the_same_bits
            a_run_that_was_interrupted_ends_in_the_same_bits
            an_empty_optimizer_state_starts_afresh
            a_frozen_backbone_stays_as_it_is
            frozen_nodes_run_in_inference_mode_whatever_the_cut
            what_is_learnt_is_seen_by_inference_at_once
            the_order_and_number_of_images_do_not_change_inference
            training_lowers_the_loss_on_a_batch_that_repeats
            a_loss_that_is_not_finite_updates_nothing
            classes_of_no_weight_alone_leave_no_loss
            a_single_value_per_channel_leaves_the_running_variance
            images_of_another_shape_are_refused
            parameters_that_do_not_fit_are_refused_and_change_nothing
            an_optimizer_state_of_another_network_is_refused_and_changes_nothing
        }
    };
}

const ADAM: UpdateRule = UpdateRule::Adam {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
};

/// Convolution, norm, ReLU, convolution, norm, dropout and a dense head.
fn graph() -> Graph {
    graphs::network(
        "small",
        Shape::new(9, 8, 2),
        |builder: &mut GraphBuilder| {
            let norm = Op::BatchNorm {
                epsilon: 1e-5,
                momentum: 0.1,
            };
            let dropout = Op::Dropout {
                probability: 0.3,
                unit: DropoutUnit::Value,
            };
            let ops = [
                graphs::convolution(6, [3, 3], [1, 1]),
                norm,
                Op::Activation(Activation::Relu),
                graphs::convolution(5, [3, 3], [2, 2]),
                norm,
                dropout,
            ];
            let mut last = builder.input();
            for (number, op) in ops.into_iter().enumerate() {
                last = builder.add(format!("layer{number}"), op, &[last]);
            }
            last
        },
    )
}

fn engine(open: Open<'_>, graph: &Graph) -> Box<dyn Engine> {
    open(graph.clone(), &naive::parameters(graph, 1)).unwrap()
}

const EVERYTHING: NodeIndex = NodeIndex(0);

/// A step that trains everything, with nothing left to chance but dropout.
fn step<'a>(images: &'a Batch, truth: &'a [ClassIndex]) -> Step<'a> {
    Step {
        images,
        truth,
        class_weights: &[1.0; 3],
        label_smoothing: 0.0,
        entry: Entry::Images,
        layer_rate: 1.0,
        averaging: None,
        first_trained: EVERYTHING,
        update: ADAM,
        learning_rate: 0.01,
        seed: 0,
    }
}

/// Trains on batches numbered by `steps`; the losses.
fn train(
    engine: &mut dyn Engine,
    steps: std::ops::Range<u32>,
    first_trained: NodeIndex,
    update: UpdateRule,
) -> Vec<f32> {
    let graph = engine.graph().clone();
    let truth = naive::truth(&graph, 4);
    let losses = steps.map(|number| {
        let images = naive::images(&graph, 4, 100 + number);
        let step = Step {
            first_trained,
            update,
            seed: u64::from(number),
            ..step(&images, &truth)
        };
        engine.train_step(&step).unwrap().loss
    });
    losses.collect()
}

pub fn the_same_steps_give_the_same_bits(open: Open<'_>) {
    let graph = graph();
    let run = || {
        let mut engine = engine(open, &graph);
        let losses = train(&mut *engine, 0..4, EVERYTHING, ADAM);
        let logits = engine.forward(&naive::images(&graph, 7, 9)).unwrap();
        (losses, logits, engine.parameters().unwrap())
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first, run());
}

pub fn a_run_that_was_interrupted_ends_in_the_same_bits(open: Open<'_>) {
    let graph = graph();
    let rules = [
        ADAM,
        UpdateRule::Sgd {
            momentum: 0.9,
            weight_decay: 0.01,
        },
    ];
    for rule in rules {
        let mut whole = engine(open, &graph);
        let losses = train(&mut *whole, 0..6, EVERYTHING, rule);

        let mut before = engine(open, &graph);
        train(&mut *before, 0..3, EVERYTHING, rule);
        let mut after = engine(open, &graph);
        after.set_parameters(&before.parameters().unwrap()).unwrap();
        let state = before.optimizer_state().unwrap();
        after.set_optimizer_state(&state).unwrap();
        assert_eq!(after.optimizer_state().unwrap(), state);
        let rest = train(&mut *after, 3..6, EVERYTHING, rule);

        assert_eq!(losses[3..], rest);
        assert_eq!(whole.parameters().unwrap(), after.parameters().unwrap());
        let states = [whole, after].map(|engine| engine.optimizer_state().unwrap());
        assert_eq!(states[0], states[1]);
    }
}

pub fn an_empty_optimizer_state_starts_afresh(open: Open<'_>) {
    let graph = graph();
    let mut used = engine(open, &graph);
    train(&mut *used, 0..2, EVERYTHING, ADAM);
    used.set_parameters(&naive::parameters(&graph, 1)).unwrap();
    used.set_optimizer_state(&OptimizerState::default())
        .unwrap();
    let mut fresh = engine(open, &graph);
    train(&mut *used, 5..7, EVERYTHING, ADAM);
    train(&mut *fresh, 5..7, EVERYTHING, ADAM);
    assert_eq!(used.parameters().unwrap(), fresh.parameters().unwrap());
}

pub fn a_frozen_backbone_stays_as_it_is(open: Open<'_>) {
    let graph = graph();
    let before = naive::parameters(&graph, 1);
    let mut engine = engine(open, &graph);
    let head = graph.head();
    let losses = train(&mut *engine, 0..3, head, ADAM);
    assert!(losses.iter().all(|loss| loss.is_finite()));

    let after = engine.parameters().unwrap();
    for spec in graph.parameters() {
        let same = before.get(&spec.name) == after.get(&spec.name);
        assert_eq!(same, spec.node < head, "{}", spec.name);
    }
    let trained = engine.optimizer_state().unwrap().steps;
    let names: Vec<_> = trained.into_iter().collect();
    assert_eq!(
        names,
        [("head.bias".to_owned(), 3), ("head.weight".to_owned(), 3)]
    );
}

pub fn frozen_nodes_run_in_inference_mode_whatever_the_cut(open: Open<'_>) {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    let weights = Weights::new(&graph, &parameters);
    let images = naive::images(&graph, 4, 100);
    let truth = naive::truth(&graph, 4);
    for first in 0..=graph.nodes().len() {
        let first_trained = NodeIndex(first);
        let step = Step {
            first_trained,
            seed: 4,
            ..step(&images, &truth)
        };
        let mode = Mode::Training {
            seed: 4,
            first_trained,
        };
        let expected = naive::run(&graph, &weights, &images, mode);
        let outcome = engine(open, &graph).train_step(&step).unwrap();
        let found = outcome.logits.as_slice().iter().map(|v| f64::from(*v));
        let what = format!("first {first}");
        assert_close(found, &expected.logits().concat(), 1.0, 1e-4, &what);
    }
}

pub fn what_is_learnt_is_seen_by_inference_at_once(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 4, 9);
    let mut engine = engine(open, &graph);
    let before = engine.forward(&images).unwrap();
    train(&mut *engine, 0..2, EVERYTHING, ADAM);
    let trained = engine.forward(&images).unwrap();
    assert_ne!(before, trained);

    let parameters = engine.parameters().unwrap();
    let mut other = open(graph.clone(), &parameters).unwrap();
    assert_eq!(other.forward(&images).unwrap(), trained);
    engine
        .set_parameters(&naive::parameters(&graph, 1))
        .unwrap();
    assert_eq!(engine.forward(&images).unwrap(), before);
}

pub fn the_order_and_number_of_images_do_not_change_inference(open: Open<'_>) {
    let graph = graph();
    let mut engine = engine(open, &graph);
    let images = naive::images(&graph, 5, 9);
    let together = engine.forward(&images).unwrap();
    let values = images.data.chunks_exact(images.shape.value_count());
    for (image, expected) in values.zip(together.rows()) {
        let alone = Batch::new(1, images.shape, image.to_vec());
        let found = engine.forward(&alone).unwrap();
        for (found, expected) in found.as_slice().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5);
        }
    }
}

pub fn training_lowers_the_loss_on_a_batch_that_repeats(open: Open<'_>) {
    let graph = graph();
    let images = naive::images(&graph, 6, 9);
    let truth = naive::truth(&graph, 6);
    let mut engine = engine(open, &graph);
    let losses: Vec<f32> = (0..30)
        .map(|seed| {
            let step = Step {
                seed,
                ..step(&images, &truth)
            };
            engine.train_step(&step).unwrap().loss
        })
        .collect();
    assert!(losses[29] < 0.3 * losses[0], "{losses:?}");
}

pub fn a_loss_that_is_not_finite_updates_nothing(open: Open<'_>) {
    let graph = graph();
    let mut engine = engine(open, &graph);
    train(&mut *engine, 0..1, EVERYTHING, ADAM);
    let before = (
        engine.parameters().unwrap(),
        engine.optimizer_state().unwrap(),
    );
    let mut images = naive::images(&graph, 4, 100);
    images.data[5] = f32::NAN;
    let truth = naive::truth(&graph, 4);
    let step = step(&images, &truth);
    let error = engine.train_step(&step).unwrap_err();
    assert_eq!(error.to_string(), "the loss is not finite");
    let error = engine.forward(&images).unwrap_err();
    assert!(matches!(error, EngineError::NotFinite { what: "logits" }));
    let after = (
        engine.parameters().unwrap(),
        engine.optimizer_state().unwrap(),
    );
    assert_eq!(before, after);
}

pub fn classes_of_no_weight_alone_leave_no_loss(open: Open<'_>) {
    let graph = graph();
    let mut engine = engine(open, &graph);
    let (images, truth) = (naive::images(&graph, 2, 100), [ClassIndex::new(0); 2]);
    let step = Step {
        class_weights: &[0.0, 1.0, 1.0],
        ..step(&images, &truth)
    };
    assert!(matches!(
        engine.train_step(&step),
        Err(EngineError::NotFinite { what: "loss" })
    ));
}

pub fn a_single_value_per_channel_leaves_the_running_variance(open: Open<'_>) {
    let norm = Op::BatchNorm {
        epsilon: 1e-3,
        momentum: 0.1,
    };
    let graph = graphs::network("vector", Shape::vector(4), |builder| {
        builder.add("norm", norm, &[builder.input()])
    });
    let before = naive::parameters(&graph, 1);
    let mut engine = engine(open, &graph);
    let (images, truth) = (naive::images(&graph, 1, 3), naive::truth(&graph, 1));
    let step = step(&images, &truth);
    engine.train_step(&step).unwrap();
    let after = engine.parameters().unwrap();
    assert_eq!(
        before.get("norm.running_var"),
        after.get("norm.running_var")
    );
    assert_ne!(
        before.get("norm.running_mean"),
        after.get("norm.running_mean")
    );
    after.check(&graph).unwrap();
}

pub fn images_of_another_shape_are_refused(open: Open<'_>) {
    let graph = graph();
    let mut engine = engine(open, &graph);
    let shape = Shape::new(8, 9, 2);
    let images = Batch::new(1, shape, vec![0.0; shape.value_count()]);
    let error = engine.forward(&images).unwrap_err();
    let message = "`small` reads images of 9 x 8 x 2, found 8 x 9 x 2";
    assert_eq!(error.to_string(), message);
    let truth = naive::truth(&graph, 1);
    let step = step(&images, &truth);
    let error = engine.train_step(&step).unwrap_err();
    assert_eq!(error.to_string(), message);
}

pub fn parameters_that_do_not_fit_are_refused_and_change_nothing(open: Open<'_>) {
    let graph = graph();
    let mut engine = engine(open, &graph);
    let before = engine.parameters().unwrap();
    let mut misshapen = before.clone();
    misshapen.insert("head.bias", Tensor::new(vec![2], vec![0.0; 2]));
    let mut not_finite = before.clone();
    not_finite.get_mut("head.bias").unwrap().data[1] = f32::INFINITY;
    for wrong in [misshapen, not_finite, Parameters::new()] {
        let error = engine.set_parameters(&wrong).unwrap_err();
        assert!(matches!(error, EngineError::Parameters { .. }));
        assert_eq!(engine.parameters().unwrap(), before);
    }
    let error = open(graph, &Parameters::new()).err().unwrap();
    assert!(matches!(
        error,
        EngineError::Parameters {
            source: ParametersError::Missing { .. },
            ..
        }
    ));
}

pub fn an_optimizer_state_of_another_network_is_refused_and_changes_nothing(open: Open<'_>) {
    let graph = graph();
    let mut engine = engine(open, &graph);
    train(&mut *engine, 0..1, EVERYTHING, ADAM);
    let state = engine.optimizer_state().unwrap();
    let moment = |name: &str, length| {
        let mut state = state.clone();
        state
            .moments
            .insert(name, Tensor::new(vec![length], vec![0.0; length]));
        (state, name.to_owned())
    };
    let mut unknown = state.clone();
    unknown.steps.insert("tail.bias".to_owned(), 1);
    let wrong = [
        moment("head.bias/first", 2),
        moment("tail.bias/first", 3),
        moment("head.bias/third", 3),
        moment("layer1.running_mean/first", 6),
        (unknown, "tail.bias".to_owned()),
    ];
    for (wrong, name) in wrong {
        let error = engine.set_optimizer_state(&wrong).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the optimiser's state has no place for `{name}`")
        );
        assert_eq!(engine.optimizer_state().unwrap(), state);
    }
}
