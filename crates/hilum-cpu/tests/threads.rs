//! Results do not depend on how many threads compute them, to the bit.

mod instruction_sets;

use hilum_core::ClassIndex;
use hilum_cpu::InstructionSet;
use hilum_graph::{
    Architecture, Batch, Engine, Entry, Graph, Logits, NodeIndex, OptimizerState, Parameters,
    Shape, Step, UpdateRule, formula,
};
use instruction_sets::open;

/// Networks that between them take every algorithm, small enough for all instruction sets.
fn graphs() -> Vec<Graph> {
    let of = |architecture: Architecture, size, channels| {
        let input = Shape::new(size, size, channels);
        architecture.build(input, 4, Some(0.2)).expect("a network")
    };
    vec![
        of(Architecture::CompactCnn, 40, 1),
        of(Architecture::MobilenetV2, 37, 3),
        of(Architecture::EfficientnetB0, 33, 3),
        of(Architecture::Resnet18, 41, 3),
        of(Architecture::Squeezenet11, 47, 3),
    ]
}

fn truth(count: usize) -> Vec<ClassIndex> {
    (0..count).map(|image| ClassIndex::new(image % 4)).collect()
}

/// Trains steps `steps`, each on images of its own.
fn train(engine: &mut dyn Engine, steps: std::ops::Range<u64>) {
    const IMAGES: usize = 5;
    let shape = engine.graph().input_shape();
    let per_step = IMAGES * shape.value_count();
    let all = formula::images(IMAGES * 4, shape).data;
    for number in steps {
        let start = number as usize * per_step;
        let images = Batch::new(IMAGES, shape, all[start..start + per_step].to_vec());
        let step = Step {
            images: &images,
            truth: &truth(IMAGES),
            class_weights: &[1.0, 0.5, 2.0, 1.5],
            label_smoothing: 0.1,
            entry: Entry::Images,
            layer_rate: 1.0,
            averaging: None,
            first_trained: NodeIndex(0),
            update: UpdateRule::Adam {
                beta1: 0.9,
                beta2: 0.999,
                epsilon: 1e-8,
            },
            learning_rate: 1e-4,
            seed: number,
        };
        engine.train_step(&step).expect("a step");
    }
}

/// Logits of one image and of several, parameters and moments.
fn state(engine: &mut dyn Engine) -> (Vec<Logits>, Parameters, OptimizerState) {
    let shape = engine.graph().input_shape();
    let logits = [1, 7].map(|count| engine.forward(&formula::images(count, shape)));
    (
        logits.map(|logits| logits.expect("logits")).into(),
        engine.parameters().expect("parameters"),
        engine.optimizer_state().expect("moments"),
    )
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for set in InstructionSet::all_present() {
        for graph in graphs() {
            let [one, two, three] = [1, 2, 3].map(|threads| {
                let parameters = formula::parameters(&graph);
                let mut engine = open(set, threads, graph.clone(), &parameters).expect("an engine");
                let untrained = state(&mut *engine);
                train(&mut *engine, 0..2);
                (untrained, state(&mut *engine))
            });
            assert!(
                one == two,
                "{set}, {}: 1 and 2 threads differ",
                graph.name()
            );
            assert!(
                one == three,
                "{set}, {}: 1 and 3 threads differ",
                graph.name()
            );
            assert!(
                one.0 != one.1,
                "{set}, {}: nothing was learnt",
                graph.name()
            );
        }
    }
}

#[test]
fn a_run_that_goes_on_with_other_threads_ends_in_the_same_bits() {
    for set in InstructionSet::all_present() {
        for graph in graphs() {
            let fresh = |threads, parameters: &Parameters| {
                open(set, threads, graph.clone(), parameters).expect("an engine")
            };
            let mut whole = fresh(2, &formula::parameters(&graph));
            train(&mut *whole, 0..4);

            let mut before = fresh(1, &formula::parameters(&graph));
            train(&mut *before, 0..2);
            let (_, parameters, moments) = state(&mut *before);
            let mut after = fresh(3, &parameters);
            after.set_optimizer_state(&moments).expect("moments");
            train(&mut *after, 2..4);
            assert!(
                state(&mut *whole) == state(&mut *after),
                "{set}, {}: an interruption shows",
                graph.name()
            );
        }
    }
}
