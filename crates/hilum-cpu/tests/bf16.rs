//! Networks whose products are rounded to `bf16`, against the same in `f32`.

use std::num::NonZeroUsize;

use hilum_cpu::{CpuEngine, InstructionSet, Options, Precision};
use hilum_graph::{Architecture, Batch, Engine, EngineError, Logits, Shape, initialise};

/// The instruction set that multiplies pairs of `bf16`, if this processor has one.
fn set() -> Option<InstructionSet> {
    InstructionSet::all_present().find(|set| set.has_pairs())
}

fn engine(
    architecture: Architecture,
    input: Shape,
    set: InstructionSet,
    precision: Precision,
    threads: usize,
) -> Result<CpuEngine, EngineError> {
    let graph = architecture.build(input, 4, None).expect("a graph");
    let parameters = initialise(&graph, 32);
    let options = Options {
        threads: NonZeroUsize::new(threads),
        instruction_set: Some(set),
        precision,
    };
    CpuEngine::new(graph, &parameters, options)
}

fn images(count: usize, shape: Shape) -> Batch {
    let values = (0..count * shape.value_count()).map(|i| (i * 7919 % 1009) as f32 / 504.5 - 1.0);
    Batch::new(count, shape, values.collect())
}

fn spread(logits: &Logits) -> f32 {
    let largest = logits.as_slice().iter().map(|value| value.abs());
    largest.fold(0.0, f32::max)
}

#[test]
fn logits_are_near_those_of_f32_and_do_not_depend_on_threads_or_batch() {
    let Some(set) = set() else { return };
    for (architecture, size) in [
        (Architecture::MobilenetV2, 96),
        (Architecture::EfficientnetB0, 96),
        (Architecture::Resnet18, 64),
        (Architecture::CompactCnn, 64),
    ] {
        let input = Shape::new(size, size, 3);
        let images = images(3, input);
        let logits = |precision, threads| {
            let mut engine = engine(architecture, input, set, precision, threads).unwrap();
            engine.forward(&images).unwrap()
        };
        let exact = logits(Precision::F32, 2);
        let rounded = logits(Precision::Bf16, 2);
        let bound = 0.03 * spread(&exact);
        for (exact, rounded) in exact.as_slice().iter().zip(rounded.as_slice()) {
            assert!(
                (exact - rounded).abs() <= bound,
                "{architecture}: {rounded}, not {exact}, within {bound}"
            );
        }
        let alone = logits(Precision::Bf16, 1);
        assert_eq!(
            rounded.as_slice(),
            alone.as_slice(),
            "{architecture}: one thread"
        );
    }
}

#[test]
fn the_precision_is_told_and_refused_where_the_processor_has_no_instruction_for_it() {
    let input = Shape::new(32, 32, 1);
    for set in InstructionSet::all_present() {
        match engine(Architecture::CompactCnn, input, set, Precision::Bf16, 1) {
            Ok(engine) => {
                assert!(set.has_pairs());
                assert_eq!(engine.description(), format!("cpu {set} bf16, 1 thread"));
            }
            Err(error) => {
                assert!(!set.has_pairs());
                let EngineError::Device { reason, .. } = error else {
                    panic!("another error: {error}");
                };
                assert!(reason.contains("hint: write `--precision f32`"), "{reason}");
            }
        }
    }
}
