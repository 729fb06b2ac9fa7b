//! Engines for checks, by instruction set.

#![allow(
    dead_code,
    reason = "every test file takes what it needs of this module"
)]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use hilum_cpu::{CpuEngine, InstructionSet, Options, Precision};
use hilum_engine_tests::Open;
use hilum_graph::{Engine, EngineError, Graph, Parameters};

/// An engine on `set` with `threads` threads.
pub(crate) fn open(
    set: InstructionSet,
    threads: usize,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    open_training(set, threads, Precision::F32, graph, parameters)
}

/// The same, whose training steps are of a precision.
pub(crate) fn open_training(
    set: InstructionSet,
    threads: usize,
    training: Precision,
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    let options = Options {
        threads: NonZeroUsize::new(threads),
        instruction_set: Some(set),
        training,
        ..Options::default()
    };
    Ok(Box::new(CpuEngine::new(graph, parameters, options)?))
}

/// An engine on the instruction set that every processor has.
pub(crate) fn portable(
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    open(InstructionSet::Portable, 2, graph, parameters)
}

/// An engine on the widest instruction set that this processor has.
pub(crate) fn widest(
    graph: Graph,
    parameters: &Parameters,
) -> Result<Box<dyn Engine>, EngineError> {
    open(InstructionSet::widest(), 2, graph, parameters)
}

/// Runs a check with one way to open engines per instruction set that this processor has;
/// engines have one, two and three threads in turn.
pub(crate) fn on_every_instruction_set(check: impl FnOnce(&[Open<'_>])) {
    let opened = AtomicUsize::new(0);
    let opened = &opened;
    let opens: Vec<_> = InstructionSet::all_present()
        .map(|set| {
            move |graph, parameters: &Parameters| {
                let threads = 1 + opened.fetch_add(1, Ordering::Relaxed) % 3;
                open(set, threads, graph, parameters)
            }
        })
        .collect();
    let opens: Vec<Open<'_>> = opens.iter().map(|open| open as Open<'_>).collect();
    check(&opens);
}
