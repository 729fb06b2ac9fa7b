//! What an engine takes for a batch.

mod wanted;

use std::num::NonZeroUsize;
use std::time::Instant;

use hilum_core::ClassIndex;
use hilum_cpu::{CpuEngine, Options};
use hilum_graph::{Batch, Engine, Entry, Graph, NodeIndex, Step, UpdateRule, initialise};

pub(crate) use wanted::Wanted;

/// Classes that every network tells apart.
pub(crate) const CLASSES: usize = 4;

/// A figure is the best of so many rounds.
const ROUNDS: usize = 3;

/// The least that a round takes, in seconds: many ticks of a thread's clock.
const ROUND: f64 = 0.25;

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Predict,
    Train,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Predict => "predict",
            Self::Train => "train",
        }
    }
}

/// Who is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The wall's, with all cores.
    Wall,
    /// One thread's time on a core (Linux): steadier where others use the machine.
    Thread,
}

/// What was found.
pub(crate) struct Figure {
    /// Of the best round.
    pub(crate) ms_per_image: f64,
    pub(crate) engine: String,
    #[allow(dead_code, reason = "one benchmark has no use for it")]
    pub(crate) memory_mb: f64,
}

/// Runs `graph` over `count` images again and again.
pub(crate) fn measure(graph: Graph, mode: Mode, count: usize, wanted: &Wanted) -> Figure {
    let clock = wanted.clock();
    let input = graph.input_shape();
    let parameters = initialise(&graph, 32);
    let options = Options {
        threads: (clock == Clock::Thread).then_some(NonZeroUsize::MIN),
        precision: wanted.precision(),
        training: wanted.precision(),
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
    let mut once = || match mode {
        Mode::Train => drop(engine.train_step(&step).expect("a step")),
        Mode::Predict => drop(engine.forward(&images).expect("logits")),
    };
    once();
    let best = (0..ROUNDS)
        .map(|_| clock.mean_of(&mut once))
        .fold(f64::INFINITY, f64::min);
    Figure {
        ms_per_image: best * 1e3 / count as f64,
        engine: engine.description(),
        memory_mb: engine.memory() as f64 / 1e6,
    }
}

impl Clock {
    /// Seconds of one run, of as many as make a round.
    fn mean_of(self, run: &mut impl FnMut()) -> f64 {
        let start = self.seconds();
        let mut runs = 0.0;
        loop {
            run();
            runs += 1.0;
            let taken = self.seconds() - start;
            if taken >= ROUND {
                return taken / runs;
            }
        }
    }

    fn seconds(self) -> f64 {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        if self == Self::Thread
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
}
