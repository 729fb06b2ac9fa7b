//! `hilum bench`: how fast this machine runs and trains the networks.

mod peak_memory;

use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use hilum_core::ClassIndex;
use hilum_graph::{
    Architecture, Batch, DeviceName, Engine, EngineError, Entry, Graph, NodeIndex, Shape, Step,
    initialise, summarise,
};
use hilum_train::Settings;
use serde::Serialize;

use crate::arguments::DeviceArguments;
use crate::engine;
use crate::error::CommandError;
use crate::screen::Screen;

/// Classes that the networks tell apart.
const CLASS_COUNT: usize = 4;
/// Seed of weights and dropout.
const SEED: u64 = 32;
/// A figure is the best of as many repeats as fit into this time,
const MIN_TIME: Duration = Duration::from_secs(1);
/// and of at least so many.
const MIN_REPEATS: usize = 5;
/// A training step counts as so many forward passes: forward, the gradient of the inputs, the
/// gradient of the weights.
const PASSES_PER_STEP: f64 = 3.0;

/// What `hilum bench` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Prints a line of JSON per figure:\n  \
        arch, mode, batch, threads  what was measured\n  \
        image_size                  side of the images in pixels\n  \
        ms_per_image                milliseconds per image, of the best repeat: of those that fit \
        into a second,\n                              of at least 5, after one to warm up\n  \
        gflops_per_second           10^9 floating-point operations per second: 2 for each \
        multiplication with\n                              addition in convolutions and dense \
        layers; a training step counts 3 times\n                              a forward pass\n  \
        memory_mb                   10^6 bytes that the engine keeps; null if it cannot say\n  \
        peak_rss_mb                 10^6 bytes of memory that the process held at its peak; null \
        outside of Linux\n  \
        engine                      what ran it\n\n\
        Weights are random, images are synthetic, four classes are told apart. Nothing is read \
        or written.\n\n\
        Examples:\n  hilum bench --arch mobilenet-v2 --mode predict --batch 1\n  \
        hilum bench --arch reference-cnn --mode train --threads 2")]
pub(crate) struct Arguments {
    /// The network; all, one after another, if left out
    #[arg(long, value_name = "NAME")]
    arch: Option<Architecture>,

    /// What is measured; both if left out
    #[arg(long, value_enum)]
    mode: Option<Mode>,

    /// Images that go through the network at once
    #[arg(long, value_name = "COUNT", default_value = "16")]
    batch: NonZeroUsize,

    /// Side of the images in pixels; the architecture's own if left out
    #[arg(long, value_name = "PIXELS")]
    image_size: Option<NonZeroUsize>,

    #[command(flatten)]
    device: DeviceArguments,
}

/// What a network is timed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Training steps of every layer with Adam.
    Train,
    /// Forward passes in inference mode.
    Predict,
}

#[derive(Debug, Serialize)]
struct Figure {
    arch: Architecture,
    mode: Mode,
    batch: NonZeroUsize,
    threads: NonZeroUsize,
    image_size: usize,
    ms_per_image: f64,
    gflops_per_second: f64,
    memory_mb: Option<f64>,
    peak_rss_mb: Option<f64>,
    engine: String,
}

/// Measures and prints, figure by figure.
pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<(), CommandError> {
    let architectures = match arguments.arch {
        Some(one) => vec![one],
        None => Architecture::ALL.to_vec(),
    };
    let modes = match arguments.mode {
        Some(one) => vec![one],
        None => vec![Mode::Predict, Mode::Train],
    };
    for architecture in architectures {
        for mode in &modes {
            screen.detail(format_args!("measuring {architecture}"));
            let figure = figure(architecture, *mode, arguments)?;
            let line = serde_json::to_string(&figure).map_err(CommandError::failure)?;
            writeln!(io::stdout().lock(), "{line}")?;
        }
    }
    Ok(())
}

fn figure(
    architecture: Architecture,
    mode: Mode,
    arguments: &Arguments,
) -> Result<Figure, CommandError> {
    let own = architecture.default_input();
    let size = |own| arguments.image_size.map_or(own, NonZeroUsize::get);
    let input = Shape::new(size(own.height), size(own.width), own.channels);
    let graph = architecture
        .build(input, CLASS_COUNT, None)
        .map_err(CommandError::bad_input)?;
    let gflops = gflops_per_image(&graph, mode);
    let device: DeviceName = arguments
        .device
        .device
        .parse()
        .map_err(CommandError::bad_input)?;
    let threads = arguments.device.threads();
    peak_memory::reset();
    let parameters = initialise(&graph, SEED);
    let mut engine =
        engine::open(device, threads, graph, &parameters).map_err(CommandError::failure)?;
    drop(parameters);
    let images = images(arguments.batch, input);
    let best = best_time(engine.as_mut(), mode, &images).map_err(CommandError::failure)?;
    let seconds_per_image = best.as_secs_f64() / arguments.batch.get() as f64;
    let megabytes = |bytes: f64| bytes / 1e6;
    Ok(Figure {
        arch: architecture,
        mode,
        batch: arguments.batch,
        threads,
        image_size: input.height,
        ms_per_image: seconds_per_image * 1e3,
        gflops_per_second: gflops / seconds_per_image,
        memory_mb: engine.memory().map(|bytes| megabytes(bytes as f64)),
        peak_rss_mb: peak_memory::bytes().map(|bytes| megabytes(bytes as f64)),
        engine: engine.description(),
    })
}

/// 10^9 floating-point operations that `mode` takes for one image.
fn gflops_per_image(graph: &Graph, mode: Mode) -> f64 {
    let forward = 2.0 * summarise(graph).multiply_adds as f64 / 1e9;
    match mode {
        Mode::Predict => forward,
        Mode::Train => PASSES_PER_STEP * forward,
    }
}

/// Images that are not flat, without meaning.
fn images(count: NonZeroUsize, shape: Shape) -> Batch {
    let value = |index: usize| (index * 7919 % 1000) as f32 / 1000.0;
    let data = (0..count.get() * shape.value_count()).map(value);
    Batch::new(count.get(), shape, data.collect())
}

/// The shortest time that one pass over `images` took.
fn best_time(engine: &mut dyn Engine, mode: Mode, images: &Batch) -> Result<Duration, EngineError> {
    let truth: Vec<ClassIndex> = (0..images.count)
        .map(|image| ClassIndex::new(image % CLASS_COUNT))
        .collect();
    let step = Step {
        images,
        truth: &truth,
        class_weights: &[1.0; CLASS_COUNT],
        label_smoothing: 0.0,
        entry: Entry::Images,
        layer_rate: 1.0,
        averaging: None,
        first_trained: NodeIndex(0),
        update: Settings::ADAM,
        learning_rate: 1e-3,
        seed: SEED,
    };
    let mut pass = || -> Result<Duration, EngineError> {
        let start = Instant::now();
        match mode {
            Mode::Train => drop(engine.train_step(&step)?),
            Mode::Predict => drop(engine.forward(images)?),
        }
        Ok(start.elapsed())
    };
    pass()?;
    let start = Instant::now();
    let mut best = Duration::MAX;
    let mut repeats = 0;
    while repeats < MIN_REPEATS || start.elapsed() < MIN_TIME {
        best = best.min(pass()?);
        repeats += 1;
    }
    Ok(best)
}
