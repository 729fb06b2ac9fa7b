//! Milliseconds per image of whole networks, one JSON line each.
//!
//! `cargo bench -p hilum-cpu --bench networks -- [ARCHITECTURE] [predict|train] [BATCH] [cpu]`
//!
//! With `cpu`, one thread and its processor time (Linux): steadier where others use the machine.

use std::time::Instant;

use hilum_core::ClassIndex;
use std::num::NonZeroUsize;

use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Architecture, Batch, Engine, Entry, NodeIndex, Step, UpdateRule, initialise};

const CLASSES: usize = 4;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let wanted = |word: &str| words.iter().any(|given| given == word);
    let any = |list: &[&str]| {
        !list
            .iter()
            .any(|item| words.iter().any(|given| given == item))
    };
    let names: Vec<&str> = Architecture::ALL.iter().map(|known| known.name()).collect();
    for architecture in Architecture::ALL {
        if !(any(&names) || wanted(architecture.name())) {
            continue;
        }
        for (mode, batch) in [("predict", 1), ("predict", 16), ("train", 16)] {
            let size = batch.to_string();
            if (any(&["predict", "train"]) || wanted(mode)) && (any(&["1", "16"]) || wanted(&size))
            {
                measure(
                    architecture,
                    mode,
                    batch,
                    words.iter().any(|word| word == "cpu"),
                );
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark says what it found")]
fn measure(architecture: Architecture, mode: &str, count: usize, alone: bool) {
    let input = architecture.default_input();
    let graph = architecture.build(input, CLASSES, None).expect("a graph");
    let parameters = initialise(&graph, 32);
    let options = Options {
        threads: alone.then_some(NonZeroUsize::MIN),
        ..Options::default()
    };
    let mut engine = CpuEngine::new(graph, &parameters, options).expect("an engine");
    let values = (0..count * input.value_count()).map(|i| (i * 7919 % 1000) as f32 / 1000.0);
    let images = Batch::new(count, input, values.collect());
    let truth: Vec<ClassIndex> = (0..count).map(|i| ClassIndex::new(i % CLASSES)).collect();
    let step = Step {
        images: &images,
        truth: &truth,
        class_weights: &[1.0; CLASSES],
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
        learning_rate: 1e-3,
        seed: 0,
    };
    let repeats = if count == 1 { 30 } else { 6 };
    let mut best = f64::INFINITY;
    for _ in 0..=repeats {
        let start = clock(alone);
        if mode == "train" {
            engine.train_step(&step).expect("a step");
        } else {
            engine.forward(&images).expect("logits");
        }
        best = best.min(clock(alone) - start);
    }
    println!(
        "{{\"arch\":\"{architecture}\",\"mode\":\"{mode}\",\"batch\":{count},\"ms_per_image\":{:.3},\"engine\":\"{}\",\"memory_mb\":{:.1}}}",
        best * 1e3 / count as f64,
        engine.description(),
        engine.memory() as f64 / 1e6
    );
}

/// Seconds: of this thread on a core, or by the wall.
fn clock(of_thread: bool) -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    if of_thread
        && let Ok(text) = std::fs::read_to_string("/proc/thread-self/schedstat")
        && let Some(nanoseconds) = text
            .split(' ')
            .next()
            .and_then(|word| word.parse::<f64>().ok())
    {
        return nanoseconds * 1e-9;
    }
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
