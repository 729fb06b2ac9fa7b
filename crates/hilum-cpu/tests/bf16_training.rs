//! Training steps whose products are rounded to `bf16`, against the same in `f32`.

mod instruction_sets;

use hilum_core::ClassIndex;
use hilum_cpu::{CpuEngine, InstructionSet, Options, Precision};
use hilum_engine_tests::naive::graphs;
use hilum_graph::{
    Activation, Architecture, Batch, Engine, EngineError, Entry, Graph, NodeIndex, Op,
    OptimizerState, Parameters, Shape, Step, StepOutcome, UpdateRule, formula, initialise,
};
use instruction_sets::open_training;

/// What every engine promises, in networks so small that few of their products are rounded.
mod contract {
    use hilum_cpu::{InstructionSet, Precision};
    use hilum_graph::{Engine, EngineError, Graph, Parameters};

    use super::instruction_sets::open_training;

    fn widest(graph: Graph, parameters: &Parameters) -> Result<Box<dyn Engine>, EngineError> {
        let set = InstructionSet::widest();
        open_training(set, 2, Precision::Bf16, graph, parameters)
    }

    hilum_engine_tests::contract!(widest);
    hilum_engine_tests::transfer!(widest);
}

const ADAM: UpdateRule = UpdateRule::Adam {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
};

/// Its velocity after one step is the gradient.
const PLAIN: UpdateRule = UpdateRule::Sgd {
    momentum: 0.9,
    weight_decay: 0.0,
};

const IMAGES: usize = 6;

fn graph(architecture: Architecture, size: usize, channels: usize) -> Graph {
    let input = Shape::new(size, size, channels);
    architecture.build(input, 4, None).expect("a network")
}

/// Networks that between them take every algorithm that rounds, forward and backward, with pools, gates and sums.
fn networks() -> [Graph; 5] {
    [
        graph(Architecture::CompactCnn, 40, 1),
        graph(Architecture::MobilenetV2, 37, 3),
        graph(Architecture::EfficientnetB0, 33, 3),
        graph(Architecture::Resnet18, 41, 3),
        graph(Architecture::Squeezenet11, 47, 3),
    ]
}

fn engine(
    set: InstructionSet,
    threads: usize,
    training: Precision,
    graph: &Graph,
    parameters: &Parameters,
) -> Box<dyn Engine> {
    open_training(set, threads, training, graph.clone(), parameters).expect("an engine")
}

/// One step on the images that `number` numbers.
fn try_step(
    engine: &mut dyn Engine,
    number: u64,
    update: UpdateRule,
    spoil: impl FnOnce(&mut [f32]),
) -> Result<StepOutcome, EngineError> {
    let (shape, classes) = (engine.graph().input_shape(), engine.graph().class_count());
    let per_step = IMAGES * shape.value_count();
    let start = number as usize % 4 * per_step;
    let mut data = formula::images(IMAGES * 4, shape).data[start..start + per_step].to_vec();
    spoil(&mut data);
    let truth: Vec<_> = (0..IMAGES)
        .map(|image| ClassIndex::new(image % classes))
        .collect();
    engine.train_step(&Step {
        images: &Batch::new(IMAGES, shape, data),
        truth: &truth,
        class_weights: &[1.0, 0.5, 2.0, 1.5][..classes],
        label_smoothing: 0.1,
        entry: Entry::Images,
        layer_rate: 1.0,
        averaging: None,
        first_trained: NodeIndex(0),
        update,
        learning_rate: 1e-3,
        seed: number,
    })
}

fn step(engine: &mut dyn Engine, number: u64, update: UpdateRule) -> StepOutcome {
    try_step(engine, number, update, |_| {}).expect("a step")
}

fn state(engine: &dyn Engine) -> (Parameters, OptimizerState) {
    (
        engine.parameters().expect("parameters"),
        engine.optimizer_state().expect("moments"),
    )
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for set in InstructionSet::all_present() {
        for graph in networks() {
            let [one, two, three] = [1, 2, 3].map(|threads| {
                let begun = formula::parameters(&graph);
                let mut engine = engine(set, threads, Precision::Bf16, &graph, &begun);
                let outcomes = [0, 1].map(|number| step(&mut *engine, number, ADAM).logits);
                (outcomes, state(&*engine))
            });
            let name = graph.name();
            assert!(one == two, "{set}, {name}: 1 and 2 threads differ");
            assert!(one == three, "{set}, {name}: 1 and 3 threads differ");
        }
    }
}

#[test]
fn a_run_that_goes_on_ends_in_the_same_bits() {
    let set = InstructionSet::widest();
    for graph in networks() {
        let fresh = |threads, parameters: &Parameters| {
            engine(set, threads, Precision::Bf16, &graph, parameters)
        };
        let mut whole = fresh(2, &formula::parameters(&graph));
        let mut before = fresh(1, &formula::parameters(&graph));
        for number in 0..2 {
            step(&mut *whole, number, ADAM);
            step(&mut *before, number, ADAM);
        }
        let (parameters, moments) = state(&*before);
        let mut after = fresh(3, &parameters);
        after.set_optimizer_state(&moments).expect("moments");
        for number in 2..4 {
            step(&mut *whole, number, ADAM);
            step(&mut *after, number, ADAM);
        }
        let same = state(&*whole) == state(&*after);
        assert!(same, "{}: an interruption shows", graph.name());
    }
}

#[test]
fn a_loss_that_is_not_finite_updates_nothing() {
    let graph = graph(Architecture::Resnet18, 41, 3);
    let begun = formula::parameters(&graph);
    let set = InstructionSet::widest();
    let mut engine = engine(set, 2, Precision::Bf16, &graph, &begun);
    step(&mut *engine, 0, ADAM);
    let before = state(&*engine);
    let spoil = |values: &mut [f32]| values[5] = f32::NAN;
    let error = try_step(&mut *engine, 1, ADAM, spoil).expect_err("no finite loss");
    assert_eq!(error.to_string(), "the loss is not finite");
    assert!(before == state(&*engine));
}

/// By parameter: how far a gradient is off, as a share of its length.
fn off(found: &OptimizerState, exact: &OptimizerState) -> Vec<(String, f64)> {
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let pairs = exact.moments.iter().map(|(name, exact)| {
        let found = found.moments.get(name).expect("a gradient");
        let both = found.data.iter().zip(&exact.data);
        let mut differences = both.map(|(found, exact)| f64::from(found - exact));
        let mut exact = exact.data.iter().copied().map(f64::from);
        (
            name.to_owned(),
            length(&mut differences) / length(&mut exact),
        )
    });
    pairs.collect()
}

/// A network without kinks, in which small differences stay small: products of every kind that rounds.
fn smooth() -> Graph {
    graphs::network("smooth", Shape::new(26, 26, 3), |builder| {
        let layers = [
            graphs::convolution(32, [3, 3], [1, 1]),
            graphs::convolution(48, [1, 1], [1, 1]),
            graphs::convolution(64, [3, 3], [2, 2]),
            graphs::convolution(64, [3, 3], [1, 1]),
            graphs::convolution(96, [3, 3], [1, 1]),
        ];
        let norm = Op::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        };
        let mut last = builder.input();
        for (number, convolution) in layers.into_iter().enumerate() {
            let silu = Op::Activation(Activation::Silu);
            for (kind, op) in [("conv", convolution), ("norm", norm), ("silu", silu)] {
                last = builder.add(format!("{kind}{number}"), op, &[last]);
            }
        }
        builder.add("mean", Op::GlobalAveragePool, &[last])
    })
}

fn gradients(
    set: InstructionSet,
    precision: Precision,
    graph: &Graph,
    parameters: &Parameters,
) -> OptimizerState {
    let mut engine = engine(set, 2, precision, graph, parameters);
    step(&mut *engine, 0, PLAIN);
    engine.optimizer_state().expect("gradients")
}

#[test]
fn gradients_are_near_those_of_f32_whatever_multiplies() {
    let graph = smooth();
    let begun = initialise(&graph, 32);
    for set in InstructionSet::all_present() {
        let exact = gradients(set, Precision::F32, &graph, &begun);
        let rounded = gradients(set, Precision::Bf16, &graph, &begun);
        for (name, off) in off(&rounded, &exact) {
            assert!(off < 0.05, "{set}, {name}: off by {off}");
            assert!(off > 1e-5, "{set}, {name}: rounded, but off by {off}");
        }
    }
}

/// Behind a ReLU or a pool a gradient goes here or there, so that whatever is a little off makes much of a difference. What the
/// least of rounding makes, that of the weights alone, is the measure.
#[test]
fn gradients_of_networks_with_kinks_are_off_a_few_times_what_rounded_weights_make() {
    let set = InstructionSet::widest();
    for architecture in [
        Architecture::CompactCnn,
        Architecture::Resnet18,
        Architecture::Squeezenet11,
    ] {
        let graph = graph(architecture, 64, architecture.default_input().channels);
        let begun = initialise(&graph, 32);
        let exact = gradients(set, Precision::F32, &graph, &begun);
        let median = |other: &OptimizerState| {
            let mut found: Vec<f64> = off(other, &exact).into_iter().map(|(_, off)| off).collect();
            found.sort_by(f64::total_cmp);
            found[found.len() / 2]
        };
        let found = median(&gradients(set, Precision::Bf16, &graph, &begun));
        let least = median(&gradients(
            set,
            Precision::F32,
            &graph,
            &with_rounded_weights(&begun),
        ));
        assert!(found < 4.0 * least, "{architecture}: {found} and {least}");
    }
}

/// Weights rounded to `bf16`, the nearest, ties away from zero.
fn with_rounded_weights(parameters: &Parameters) -> Parameters {
    let rounded = parameters.iter().map(|(name, tensor)| {
        let mut tensor = tensor.clone();
        if name.ends_with("weight") {
            for value in &mut tensor.data {
                *value = f32::from_bits((value.to_bits() + 0x8000) & 0xffff_0000);
            }
        }
        (name.to_owned(), tensor)
    });
    rounded.collect()
}

#[test]
fn losses_fall_as_those_of_f32() {
    let graph = graph(Architecture::Resnet18, 48, 3);
    let begun = initialise(&graph, 32);
    let set = InstructionSet::widest();
    let [exact, rounded] = [Precision::F32, Precision::Bf16].map(|precision| {
        let mut engine = engine(set, 2, precision, &graph, &begun);
        let losses = (0..20).map(|number| step(&mut *engine, number, ADAM).loss);
        losses.collect::<Vec<f32>>()
    });
    assert!(exact != rounded, "rounded");
    let last = |losses: &[f32]| losses[16..].iter().sum::<f32>() / 4.0;
    let (exact_end, rounded_end) = (last(&exact), last(&rounded));
    assert!(exact_end < 0.8 * exact[0], "{exact:?}");
    let off = (exact_end - rounded_end).abs() / exact[0];
    assert!(off < 0.1, "{exact:?} and {rounded:?}");
}

#[test]
fn an_engine_that_trains_in_bf16_answers_in_f32() {
    let graph = graph(Architecture::CompactCnn, 40, 1);
    let begun = initialise(&graph, 32);
    let images = formula::images(3, graph.input_shape());
    for set in InstructionSet::all_present() {
        let options = |training| Options {
            threads: std::num::NonZeroUsize::new(1),
            instruction_set: Some(set),
            training,
            ..Options::default()
        };
        let [exact, rounded] = [Precision::F32, Precision::Bf16].map(|training| {
            CpuEngine::new(graph.clone(), &begun, options(training)).expect("an engine")
        });
        assert_eq!(
            rounded.description(),
            format!("cpu {set} trained in bf16, 1 thread")
        );
        let logits = [exact, rounded].map(|mut engine| engine.forward(&images).expect("logits"));
        assert_eq!(logits[0].as_slice(), logits[1].as_slice(), "{set}");
    }
}
