//! What the `Engine` trait promises, whatever the network.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, also outside of `#[test]`"
)]

mod naive;

use hilum_burn::{BurnEngine, DeviceName, GpuInterface, is_compiled_in, open};
use hilum_core::ClassIndex;
use hilum_graph::{
    Activation, Batch, DropoutUnit, Engine, EngineError, Graph, GraphBuilder, NodeIndex, Op,
    OptimizerState, Parameters, ParametersError, Shape, Step, Tensor, UpdateRule,
};
use naive::{Mode, Weights, graphs};

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

fn engine(graph: &Graph) -> BurnEngine {
    BurnEngine::new(DeviceName::Cpu, graph.clone(), &naive::parameters(graph, 1)).unwrap()
}

/// Trains on batches numbered by `steps`; the losses.
fn train(
    engine: &mut BurnEngine,
    steps: std::ops::Range<u32>,
    first_trained: NodeIndex,
    update: UpdateRule,
) -> Vec<f32> {
    let graph = engine.graph().clone();
    let truth = naive::truth(&graph, 4);
    let losses = steps.map(|number| {
        let step = Step {
            images: &naive::images(&graph, 4, 100 + number),
            truth: &truth,
            class_weights: &[1.0; 3],
            label_smoothing: 0.0,
            first_trained,
            update,
            learning_rate: 0.01,
            seed: u64::from(number),
        };
        engine.train_step(&step).unwrap().loss
    });
    losses.collect()
}

const EVERYTHING: NodeIndex = NodeIndex(0);

#[test]
fn the_same_steps_give_the_same_bits() {
    let graph = graph();
    let run = || {
        let mut engine = engine(&graph);
        let losses = train(&mut engine, 0..4, EVERYTHING, ADAM);
        let logits = engine.forward(&naive::images(&graph, 7, 9)).unwrap();
        (losses, logits, engine.parameters().unwrap())
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first, run());
}

#[test]
fn a_run_that_was_interrupted_ends_in_the_same_bits() {
    let graph = graph();
    let rules = [
        ADAM,
        UpdateRule::Sgd {
            momentum: 0.9,
            weight_decay: 0.01,
        },
    ];
    for rule in rules {
        let mut whole = engine(&graph);
        let losses = train(&mut whole, 0..6, EVERYTHING, rule);

        let mut before = engine(&graph);
        train(&mut before, 0..3, EVERYTHING, rule);
        let mut after = engine(&graph);
        after.set_parameters(&before.parameters().unwrap()).unwrap();
        let state = before.optimizer_state().unwrap();
        after.set_optimizer_state(&state).unwrap();
        assert_eq!(after.optimizer_state().unwrap(), state);
        let rest = train(&mut after, 3..6, EVERYTHING, rule);

        assert_eq!(losses[3..], rest);
        assert_eq!(whole.parameters().unwrap(), after.parameters().unwrap());
        let states = [whole, after].map(|engine| engine.optimizer_state().unwrap());
        assert_eq!(states[0], states[1]);
    }
}

#[test]
fn an_empty_optimizer_state_starts_afresh() {
    let graph = graph();
    let mut used = engine(&graph);
    train(&mut used, 0..2, EVERYTHING, ADAM);
    used.set_parameters(&naive::parameters(&graph, 1)).unwrap();
    used.set_optimizer_state(&OptimizerState::default())
        .unwrap();
    let mut fresh = engine(&graph);
    train(&mut used, 5..7, EVERYTHING, ADAM);
    train(&mut fresh, 5..7, EVERYTHING, ADAM);
    assert_eq!(used.parameters().unwrap(), fresh.parameters().unwrap());
}

#[test]
fn a_frozen_backbone_stays_as_it_is() {
    let graph = graph();
    let before = naive::parameters(&graph, 1);
    let mut engine = engine(&graph);
    let head = graph.head();
    let losses = train(&mut engine, 0..3, head, ADAM);
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

#[test]
fn frozen_nodes_run_in_inference_mode_whatever_the_cut() {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    let weights = Weights::new(&graph, &parameters);
    let images = naive::images(&graph, 4, 100);
    let truth = naive::truth(&graph, 4);
    for first in 0..=graph.nodes().len() {
        let first_trained = NodeIndex(first);
        let step = Step {
            images: &images,
            truth: &truth,
            class_weights: &[1.0; 3],
            label_smoothing: 0.0,
            first_trained,
            update: ADAM,
            learning_rate: 0.01,
            seed: 4,
        };
        let mode = Mode::Training {
            seed: 4,
            first_trained,
        };
        let (expected, _) = naive::run(&graph, &weights, &images, mode);
        let outcome = engine(&graph).train_step(&step).unwrap();
        let pairs = outcome
            .logits
            .as_slice()
            .iter()
            .zip(expected.iter().flatten());
        for (found, expected) in pairs {
            assert!((f64::from(*found) - expected).abs() < 1e-4, "first {first}");
        }
    }
}

#[test]
fn what_is_learnt_is_seen_by_inference_at_once() {
    let graph = graph();
    let images = naive::images(&graph, 4, 9);
    let mut engine = engine(&graph);
    let before = engine.forward(&images).unwrap();
    train(&mut engine, 0..2, EVERYTHING, ADAM);
    let trained = engine.forward(&images).unwrap();
    assert_ne!(before, trained);

    let parameters = engine.parameters().unwrap();
    let mut other = BurnEngine::new(DeviceName::Cpu, graph.clone(), &parameters).unwrap();
    assert_eq!(other.forward(&images).unwrap(), trained);
    engine
        .set_parameters(&naive::parameters(&graph, 1))
        .unwrap();
    assert_eq!(engine.forward(&images).unwrap(), before);
}

#[test]
fn the_order_and_number_of_images_do_not_change_inference() {
    let graph = graph();
    let mut engine = engine(&graph);
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

#[test]
fn training_lowers_the_loss_on_a_batch_that_repeats() {
    let graph = graph();
    let images = naive::images(&graph, 6, 9);
    let truth = naive::truth(&graph, 6);
    let mut engine = engine(&graph);
    let losses: Vec<f32> = (0..30)
        .map(|seed| {
            let step = Step {
                images: &images,
                truth: &truth,
                class_weights: &[1.0; 3],
                label_smoothing: 0.0,
                first_trained: EVERYTHING,
                update: ADAM,
                learning_rate: 0.01,
                seed,
            };
            engine.train_step(&step).unwrap().loss
        })
        .collect();
    assert!(losses[29] < 0.3 * losses[0], "{losses:?}");
}

#[test]
fn a_loss_that_is_not_finite_updates_nothing() {
    let graph = graph();
    let mut engine = engine(&graph);
    train(&mut engine, 0..1, EVERYTHING, ADAM);
    let before = (
        engine.parameters().unwrap(),
        engine.optimizer_state().unwrap(),
    );
    let mut images = naive::images(&graph, 4, 100);
    images.data[5] = f32::NAN;
    let step = Step {
        images: &images,
        truth: &naive::truth(&graph, 4),
        class_weights: &[1.0; 3],
        label_smoothing: 0.0,
        first_trained: EVERYTHING,
        update: ADAM,
        learning_rate: 0.01,
        seed: 0,
    };
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

#[test]
fn classes_of_no_weight_alone_leave_no_loss() {
    let graph = graph();
    let mut engine = engine(&graph);
    let step = Step {
        images: &naive::images(&graph, 2, 100),
        truth: &[ClassIndex::new(0); 2],
        class_weights: &[0.0, 1.0, 1.0],
        label_smoothing: 0.0,
        first_trained: EVERYTHING,
        update: ADAM,
        learning_rate: 0.01,
        seed: 0,
    };
    assert!(matches!(
        engine.train_step(&step),
        Err(EngineError::NotFinite { what: "loss" })
    ));
}

#[test]
fn a_single_value_per_channel_leaves_the_running_variance() {
    let norm = Op::BatchNorm {
        epsilon: 1e-3,
        momentum: 0.1,
    };
    let graph = graphs::network("vector", Shape::vector(4), |builder| {
        builder.add("norm", norm, &[builder.input()])
    });
    let before = naive::parameters(&graph, 1);
    let mut engine = engine(&graph);
    let step = Step {
        images: &naive::images(&graph, 1, 3),
        truth: &naive::truth(&graph, 1),
        class_weights: &[1.0; 3],
        label_smoothing: 0.0,
        first_trained: EVERYTHING,
        update: ADAM,
        learning_rate: 0.01,
        seed: 0,
    };
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

#[test]
fn images_of_another_shape_are_refused() {
    let graph = graph();
    let mut engine = engine(&graph);
    let shape = Shape::new(8, 9, 2);
    let images = Batch::new(1, shape, vec![0.0; shape.value_count()]);
    let error = engine.forward(&images).unwrap_err();
    let message = "`small` reads images of 9 x 8 x 2, found 8 x 9 x 2";
    assert_eq!(error.to_string(), message);
    let step = Step {
        images: &images,
        truth: &naive::truth(&graph, 1),
        class_weights: &[1.0; 3],
        label_smoothing: 0.0,
        first_trained: EVERYTHING,
        update: ADAM,
        learning_rate: 0.01,
        seed: 0,
    };
    let error = engine.train_step(&step).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn parameters_that_do_not_fit_are_refused_and_change_nothing() {
    let graph = graph();
    let mut engine = engine(&graph);
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
    let error = open(DeviceName::Cpu, graph, &Parameters::new())
        .err()
        .unwrap();
    assert!(matches!(
        error,
        EngineError::Parameters {
            source: ParametersError::Missing { .. },
            ..
        }
    ));
}

#[test]
fn an_optimizer_state_of_another_network_is_refused_and_changes_nothing() {
    let graph = graph();
    let mut engine = engine(&graph);
    train(&mut engine, 0..1, EVERYTHING, ADAM);
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

#[test]
fn a_device_that_was_left_out_says_how_to_build_it_in() {
    let graph = graph();
    let parameters = naive::parameters(&graph, 1);
    for interface in GpuInterface::ALL {
        if is_compiled_in(interface) {
            continue;
        }
        let device = DeviceName::Gpu {
            interface,
            index: None,
        };
        let error = open(device, graph.clone(), &parameters).err().unwrap();
        let name = interface.name();
        assert_eq!(
            error.to_string(),
            format!(
                "device `{name}` cannot be used: this build leaves it out\n\
                 hint: build it in: `cargo install --path crates/hilum --features {name}`"
            )
        );
    }
}

#[test]
fn an_engine_says_what_it_runs_on() {
    let description = engine(&graph()).description();
    let threads = rayon::current_num_threads();
    assert!(description.starts_with(&format!("burn flex, {threads} thread")));
}
