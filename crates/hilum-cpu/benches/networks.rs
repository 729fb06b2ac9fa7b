//! Milliseconds per image of whole networks, one JSON line each.
//!
//! `cargo bench -p hilum-cpu --bench networks -- [ARCHITECTURE] [predict|train] [BATCH] [cpu] [bf16]`
//!
//! With `bf16`, products in that precision. With `cpu`, one thread and its processor time (Linux): steadier where others use the machine.

mod timing;

use hilum_graph::Architecture;
use timing::{CLASSES, Mode, Wanted, measure};

fn main() {
    let wanted = Wanted::from_command_line();
    for architecture in wanted.architectures() {
        for (mode, count) in wanted.batches() {
            print(architecture, mode, count, &wanted);
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark says what it found")]
fn print(architecture: Architecture, mode: Mode, count: usize, wanted: &Wanted) {
    let graph = architecture.build(architecture.default_input(), CLASSES, None);
    let found = measure(graph.expect("a graph"), mode, count, wanted);
    println!(
        "{{\"arch\":\"{architecture}\",\"mode\":\"{}\",\"batch\":{count},\"ms_per_image\":{:.3},\"engine\":\"{}\",\"memory_mb\":{:.1}}}",
        mode.name(),
        found.ms_per_image,
        found.engine,
        found.memory_mb
    );
}
