//! Milliseconds per image of whole networks, one JSON line each.
//!
//! `cargo bench -p hilum-cpu --bench networks -- [ARCHITECTURE] [predict|train] [BATCH] [cpu]`
//!
//! With `cpu`, one thread and its processor time (Linux): steadier where others use the machine.

mod timing;

use hilum_graph::Architecture;
use timing::{CLASSES, Clock, Mode, measure};

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let wanted = |word: &str| words.iter().any(|given| given == word);
    let any = |list: &[&str]| !list.iter().any(|item| wanted(item));
    let clock = if wanted("cpu") {
        Clock::Thread
    } else {
        Clock::Wall
    };
    let names: Vec<&str> = Architecture::ALL.iter().map(|known| known.name()).collect();
    for architecture in Architecture::ALL {
        if !(any(&names) || wanted(architecture.name())) {
            continue;
        }
        for (mode, batch) in [(Mode::Predict, 1), (Mode::Predict, 16), (Mode::Train, 16)] {
            let size = batch.to_string();
            if (any(&["predict", "train"]) || wanted(mode.name()))
                && (any(&["1", "16"]) || wanted(&size))
            {
                print(architecture, mode, batch, clock);
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark says what it found")]
fn print(architecture: Architecture, mode: Mode, count: usize, clock: Clock) {
    let graph = architecture.build(architecture.default_input(), CLASSES, None);
    let found = measure(graph.expect("a graph"), mode, count, clock);
    println!(
        "{{\"arch\":\"{architecture}\",\"mode\":\"{}\",\"batch\":{count},\"ms_per_image\":{:.3},\"engine\":\"{}\",\"memory_mb\":{:.1}}}",
        mode.name(),
        found.ms_per_image,
        found.engine,
        found.memory_mb
    );
}
