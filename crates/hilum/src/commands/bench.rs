//! `hilum bench`: how fast this machine runs and trains the networks.

use std::num::NonZeroUsize;

use clap::ArgMatches;
use hilum_experiment::{Bench, BenchMode, bench};
use hilum_graph::Architecture;

use crate::arguments::{Chosen, OfBench, one_of};
use crate::error::CommandError;
use crate::screen::{self, Screen};
use crate::surroundings::session;

/// What `hilum bench` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Prints a line of JSON per figure:\n  arch, mode, batch, threads, precision: what was measured\n  image_size: side of the images in pixels\n  ms_per_image: milliseconds per image, of the best repeat: of those that fit into a second, of at \
least 5, after one to warm up\n  gflops_per_second: 10^9 floating-point operations per second: 2 for each multiplication with \
addition in convolutions and dense layers; a training step counts 3 times a forward pass\n  memory_mb: 10^6 bytes that the engine keeps; null if it cannot say\n  peak_rss_mb: 10^6 bytes of memory that the process held at its peak; null outside of Linux\n  engine: what ran it\n\n\
Weights are random, images are synthetic, four classes are told apart. Nothing is read or \
written.\n\n\
Examples:\n  hilum bench --arch mobilenet-v2 --mode predict --batch 1 --precision bf16\n  hilum bench --arch reference-cnn --mode train --threads 2 --precision bf16"
)]
pub(crate) struct Arguments {
    /// The network; all, one after another, if left out
    #[arg(long, value_name = "NAME")]
    arch: Option<Architecture>,

    /// What is measured; both if left out
    #[arg(long, value_name = "MODE", value_parser = one_of::<BenchMode>(BenchMode::WORDS))]
    mode: Option<BenchMode>,

    /// Images that go through the network at once
    #[arg(
        long,
        visible_alias = "batch-size",
        value_name = "COUNT",
        default_value = "16"
    )]
    batch: NonZeroUsize,

    /// Side of the images in pixels; the architecture's own if left out
    #[arg(long, visible_alias = "imgsz", value_name = "PIXELS")]
    image_size: Option<NonZeroUsize>,

    #[command(flatten)]
    chosen: Chosen<OfBench>,
}

/// Measures and prints, figure by figure.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let session = session(&())?;
    let architectures = match arguments.arch {
        Some(one) => vec![one],
        None => Architecture::ALL.to_vec(),
    };
    let modes = match arguments.mode {
        Some(one) => vec![one],
        None => vec![BenchMode::Predict, BenchMode::Train],
    };
    for architecture in architectures {
        for mode in &modes {
            screen.detail(format_args!("measuring {architecture}"));
            let request = Bench {
                architecture,
                mode: *mode,
                batch: arguments.batch,
                image_size: arguments.image_size,
                machine: arguments.chosen.choices.machine(),
            };
            let figure = bench(&request, &session)?;
            screen::print_json(&serde_json::to_string(&figure)?)?;
        }
    }
    Ok(())
}
