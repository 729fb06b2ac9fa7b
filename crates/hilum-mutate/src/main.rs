//! Feeds mutated files to every reader of hilum.
//!
//!     hilum-mutate --count 10000000 --seed 1
//!
//! Each case is a file of the repository, changed by a random generator that the seed, the reader
//! and the case's number decide: the same numbers make the same file. Cases run in processes of
//! their own, with an allocator that gives out a gigabyte at most and a watch of five seconds; a
//! process that dies is counted, its file is kept, and another goes on behind it. The exit status is
//! 1 if anything was found.

mod mutation;
mod parent;
mod readers;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use cap::Cap;
use clap::Parser;

/// The most that a reader may hold at once.
const MEMORY_LIMIT: usize = 1_000_000_000;

#[global_allocator]
static ALLOCATOR: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

/// Feeds mutated files to every reader, and counts panics, memory and time.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Arguments {
    /// Files over all readers
    #[arg(long, default_value_t = 100_000)]
    count: u64,
    /// Seed of all mutations
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Processes at once
    #[arg(long, default_value_t = 2)]
    processes: u64,
    /// These readers only; repeatable
    #[arg(long = "reader", value_name = "NAME")]
    readers: Vec<String>,
    /// Where files that were too much for a reader are kept
    #[arg(long, default_value = "mutated")]
    out: PathBuf,
    /// The folder `crates` of the repository
    #[arg(long, default_value = "crates")]
    crates: PathBuf,
    /// Be a worker, from this case in steps of that many
    #[arg(long, hide = true, num_args = 2)]
    work: Option<Vec<u64>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.work {
        Some(range) => worker::run(&arguments, range[0], range[1]),
        None => parent::run(&arguments),
    }
}
