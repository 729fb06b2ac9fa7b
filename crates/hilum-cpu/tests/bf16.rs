//! Networks whose products are rounded to `bf16`, against the same in `f32`.

use std::num::NonZeroUsize;

use hilum_core::ClassIndex;
use hilum_cpu::{CpuEngine, InstructionSet, Options, Precision};
use hilum_graph::{
    Architecture, Batch, Engine, Entry, Graph, Logits, NodeIndex, Parameters, Shape, Step,
    UpdateRule, initialise,
};

/// A network and random weights, whose batch norms know what comes by: rounding is balanced by what
/// they say.
struct Network {
    graph: Graph,
    parameters: Parameters,
}

impl Network {
    fn new(architecture: Architecture, input: Shape) -> Self {
        let graph = architecture.build(input, 4, None).expect("a graph");
        let begun = initialise(&graph, 32);
        let mut engine =
            CpuEngine::new(graph.clone(), &begun, Options::default()).expect("an engine");
        let images = images(3, input);
        let truth: Vec<ClassIndex> = (0..3).map(ClassIndex::new).collect();
        for seed in 0..40 {
            let step = Step {
                images: &images,
                truth: &truth,
                class_weights: &[1.0; 4],
                label_smoothing: 0.0,
                entry: Entry::Images,
                layer_rate: 1.0,
                averaging: None,
                first_trained: NodeIndex(0),
                update: UpdateRule::Adam {
                    beta1: 0.9,
                    beta2: 0.999,
                    epsilon: 1e-8,
                },
                learning_rate: 0.0,
                seed,
            };
            engine.train_step(&step).expect("a step");
        }
        let parameters = engine.parameters().expect("parameters");
        Self { graph, parameters }
    }

    fn engine(&self, set: InstructionSet, precision: Precision, threads: usize) -> CpuEngine {
        let options = Options {
            threads: NonZeroUsize::new(threads),
            instruction_set: Some(set),
            precision,
            ..Options::default()
        };
        CpuEngine::new(self.graph.clone(), &self.parameters, options).expect("an engine")
    }
}

fn images(count: usize, shape: Shape) -> Batch {
    let values = (0..count * shape.value_count()).map(|i| (i * 7919 % 1009) as f32 / 504.5 - 1.0);
    Batch::new(count, shape, values.collect())
}

fn largest(logits: &Logits) -> f32 {
    let largest = logits.as_slice().iter().map(|value| value.abs());
    largest.fold(0.0, f32::max)
}

#[test]
fn logits_are_near_those_of_f32_whatever_multiplies_and_do_not_depend_on_threads() {
    for (architecture, size, most) in [
        (Architecture::MobilenetV2, 96, 0.03),
        (Architecture::EfficientnetB0, 64, 0.03),
        // Tiles of 4x4 make more of rounding, and few are there to average over.
        (Architecture::Resnet18, 64, 0.1),
    ] {
        let input = Shape::new(size, size, 3);
        let images = images(3, input);
        let network = Network::new(architecture, input);
        let logits = |set, precision, threads| {
            let mut engine = network.engine(set, precision, threads);
            engine.forward(&images).unwrap()
        };
        for set in InstructionSet::all_present() {
            let exact = logits(set, Precision::F32, 2);
            let rounded = logits(set, Precision::Bf16, 2);
            let off = exact.as_slice().iter().zip(rounded.as_slice());
            let off = off.map(|(exact, rounded)| (exact - rounded).abs());
            let off = off.fold(0.0, f32::max) / largest(&exact);
            assert!(
                off < most,
                "{architecture} on {set}: off by {off} of the largest"
            );
            assert!(off > 0.0, "{architecture} on {set}: rounded");
            let alone = logits(set, Precision::Bf16, 1);
            assert_eq!(
                rounded.as_slice(),
                alone.as_slice(),
                "{architecture} on {set}"
            );
        }
    }
}

#[test]
fn one_image_alone_is_answered_as_among_others() {
    let input = Shape::new(96, 96, 3);
    let all = images(3, input);
    let size = input.value_count();
    let network = Network::new(Architecture::MobilenetV2, input);
    for set in InstructionSet::all_present() {
        let open = || network.engine(set, Precision::Bf16, 2);
        let together = open().forward(&all).unwrap();
        for (index, expected) in together.rows().enumerate() {
            let image = Batch::new(1, input, all.data[index * size..][..size].to_vec());
            let alone = open().forward(&image).unwrap();
            for (alone, expected) in alone.as_slice().iter().zip(expected) {
                let off = (alone - expected).abs() / largest(&together);
                assert!(
                    off < 0.02,
                    "image {index} on {set}: {alone}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn an_engine_tells_its_precision() {
    let network = Network::new(Architecture::CompactCnn, Shape::new(32, 32, 1));
    for set in InstructionSet::all_present() {
        let engine = network.engine(set, Precision::Bf16, 1);
        assert_eq!(engine.description(), format!("cpu {set} bf16, 1 thread"));
    }
}
