//! How fast this machine runs and trains the networks.

mod peak_memory;

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use hilum_core::ClassIndex;
use hilum_graph::{
    Architecture, Batch, Engine, EngineError, Entry, Graph, NodeIndex, Shape, Step, initialise,
    summarise,
};
use hilum_train::Settings;
use serde::Serialize;

use crate::session::Session;
use crate::settings::{Arithmetic, MachineSettings, words};
use crate::{ExperimentError, engine};

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

words! {
    /// What a network is timed at.
    BenchMode {
        /// Training steps of every layer with Adam.
        Train = "train",
        /// Forward passes in inference mode.
        Predict = "predict",
    }
}

/// What is timed.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The network.
    pub architecture: Architecture,
    /// Forward, or a whole step.
    pub mode: BenchMode,
    /// Images that go through it at once.
    pub batch: NonZeroUsize,
    /// Side of the images in pixels; the architecture's own if absent.
    pub image_size: Option<NonZeroUsize>,
    /// What it runs on.
    pub machine: MachineSettings,
}

/// What was timed, and how long it took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchFigure {
    /// The network.
    pub arch: Architecture,
    /// Forward, or a whole step.
    pub mode: BenchMode,
    /// Images that went through it at once.
    pub batch: NonZeroUsize,
    /// Threads that computed.
    pub threads: NonZeroUsize,
    /// In which numbers it multiplied.
    pub precision: Arithmetic,
    /// Side of the images in pixels.
    pub image_size: usize,
    /// Milliseconds per image, of the best repeat.
    pub ms_per_image: f64,
    /// 10^9 floating-point operations per second.
    pub gflops_per_second: f64,
    /// 10^6 bytes that the engine keeps, if it can say.
    pub memory_mb: Option<f64>,
    /// 10^6 bytes that the process held at its peak, where the system says so.
    pub peak_rss_mb: Option<f64>,
    /// What ran it.
    pub engine: String,
}

/// Times a network with random weights on synthetic images.
///
/// # Errors
/// [`ExperimentError::Graph`] if it cannot read such images, [`ExperimentError::Engine`] if the
/// device does not do its part.
pub fn bench(request: &Bench, session: &Session<'_>) -> Result<BenchFigure, ExperimentError> {
    let architecture = request.architecture;
    let own = architecture.default_input();
    let size = |own| request.image_size.map_or(own, NonZeroUsize::get);
    let input = Shape::new(size(own.height), size(own.width), own.channels);
    let graph = architecture.build(input, CLASS_COUNT, None)?;
    let gflops = gflops_per_image(&graph, request.mode);
    let machine = &request.machine;
    peak_memory::reset();
    let parameters = initialise(&graph, SEED);
    let open = match request.mode {
        BenchMode::Train => engine::open_to_train,
        BenchMode::Predict => engine::open,
    };
    let mut engine = open(machine, graph, &parameters, session)?;
    drop(parameters);
    let images = images(request.batch, input);
    let best = best_time(engine.as_mut(), request.mode, &images)?;
    let seconds_per_image = best.as_secs_f64() / request.batch.get() as f64;
    let megabytes = |bytes: f64| bytes / 1e6;
    Ok(BenchFigure {
        arch: architecture,
        mode: request.mode,
        batch: request.batch,
        threads: machine.threads,
        precision: match machine.precision {
            Arithmetic::Bf16 => Arithmetic::Bf16,
            Arithmetic::Auto | Arithmetic::F32 => Arithmetic::F32,
        },
        image_size: input.height,
        ms_per_image: seconds_per_image * 1e3,
        gflops_per_second: gflops / seconds_per_image,
        memory_mb: engine.memory().map(|bytes| megabytes(bytes as f64)),
        peak_rss_mb: peak_memory::bytes().map(|bytes| megabytes(bytes as f64)),
        engine: engine.description(),
    })
}

/// 10^9 floating-point operations that `mode` takes for one image.
fn gflops_per_image(graph: &Graph, mode: BenchMode) -> f64 {
    let forward = 2.0 * summarise(graph).multiply_adds as f64 / 1e9;
    match mode {
        BenchMode::Predict => forward,
        BenchMode::Train => PASSES_PER_STEP * forward,
    }
}

/// Images that are not flat, without meaning.
fn images(count: NonZeroUsize, shape: Shape) -> Batch {
    let value = |index: usize| (index * 7919 % 1000) as f32 / 1000.0;
    let data = (0..count.get() * shape.value_count()).map(value);
    Batch::new(count.get(), shape, data.collect())
}

/// The shortest time that one pass over `images` took.
fn best_time(
    engine: &mut dyn Engine,
    mode: BenchMode,
    images: &Batch,
) -> Result<Duration, EngineError> {
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
            BenchMode::Train => drop(engine.train_step(&step)?),
            BenchMode::Predict => drop(engine.forward(images)?),
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
