//! A trained model, ready to predict.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

use hilum_core::{Cancel, Cancelled};
use hilum_graph::Engine;
use hilum_imaging::{Pixels, Recipe};
use hilum_train::{PredictError, TappedSlices, slice_logits, tapped_slices};
use hilum_trust::{Answering, Judgement, Policy, Sets};
use hilum_weights::ModelFile;
use rayon::ThreadPool;

use crate::ready_network::ReadyNetwork;
use crate::session::{Session, workers};
use crate::settings::MachineSettings;
use crate::{Event, ExperimentError, ModelOrigin, engine, rounding};

/// A model and the engine that runs it. It can be asked any number of times.
pub struct Model {
    /// Where it came from.
    pub origin: ModelOrigin,
    /// What the file says.
    pub file: Arc<ModelFile>,
    /// What it was opened on.
    pub(crate) machine: MachineSettings,
    pub(crate) workers: ThreadPool,
    pub(crate) engine: Box<dyn Engine>,
}

impl Model {
    /// Reads the model and opens an engine for it.
    ///
    /// # Errors
    /// [`ExperimentError::Model`] if it cannot be read, [`ExperimentError::Engine`] if the device
    /// does not do its part.
    pub fn open(
        origin: &ModelOrigin,
        machine: &MachineSettings,
        session: &Session<'_>,
    ) -> Result<Self, ExperimentError> {
        let file = origin.read()?;
        let graph = file.graph()?;
        let machine = rounding::settled(machine, &file, session);
        let engine = engine::open(&machine, graph, &file.parameters, session)?;
        let model = Self {
            origin: origin.clone(),
            file: Arc::new(file),
            workers: workers(machine.threads)?,
            machine,
            engine,
        };
        session.tell(&Event::ModelOpened {
            origin: &model.origin,
            file: &model.file,
        });
        Ok(model)
    }

    /// What runs it, what the file says, and the pool for all else.
    pub(crate) fn network(&mut self) -> ReadyNetwork<'_> {
        ReadyNetwork {
            engine: self.engine.as_mut(),
            file: &self.file,
            workers: &self.workers,
        }
    }

    /// What the model runs on.
    pub fn engine(&self) -> String {
        self.engine.description()
    }

    /// What network and detector say of slices that the model's recipe prepared; tells how many
    /// are done.
    ///
    /// # Errors
    /// [`ExperimentError::Predict`], or [`ExperimentError::Cancelled`].
    pub(crate) fn judgements(
        &mut self,
        slices: &[&Pixels],
        batch_size: NonZeroUsize,
        policy: &Policy,
        told: &(dyn Fn(usize) + Sync),
        cancel: &Cancel,
    ) -> Result<Vec<Judgement>, ExperimentError> {
        let share = policy.ood_share;
        self.network()
            .judgements(slices, batch_size, share, told, cancel)
    }

    /// How its judgements become answers under `policy`.
    pub(crate) fn answering<'a>(&'a self, policy: &'a Policy) -> Answering<'a> {
        answering(&self.file, policy)
    }
}

/// How judgements of the model in `file` become answers under `policy`.
pub(crate) fn answering<'a>(file: &'a ModelFile, policy: &'a Policy) -> Answering<'a> {
    let calibration = file.calibration.as_ref();
    let scores = calibration.and_then(|calibration| calibration.conformal.as_ref());
    Answering {
        scaling: calibration.map(|calibration| &calibration.scaling),
        sets: scores.map(|scores| Sets::new(scores, policy.sets, policy.coverage)),
        policy,
    }
}

/// The logits of each slice, in the pool that this is called in.
pub(crate) fn logits(
    engine: &mut dyn Engine,
    slices: &[&Pixels],
    recipe: &Recipe,
    batch_size: NonZeroUsize,
    told: &(dyn Fn(usize) + Sync),
    cancel: &Cancel,
) -> Result<Vec<Vec<f32>>, ExperimentError> {
    let mut done = telling(told, cancel);
    match slice_logits(engine, slices, recipe, batch_size, &mut done) {
        Err(PredictError::Interrupted) => Err(Cancelled.into()),
        outcome => Ok(outcome?),
    }
}

/// The logits of each slice, and what the network's taps hold of it, in the pool that this is
/// called in.
pub(crate) fn tapped(
    engine: &mut dyn Engine,
    slices: &[&Pixels],
    recipe: &Recipe,
    batch_size: NonZeroUsize,
    told: &(dyn Fn(usize) + Sync),
    cancel: &Cancel,
) -> Result<TappedSlices, ExperimentError> {
    let mut done = telling(told, cancel);
    match tapped_slices(engine, slices, recipe, batch_size, &mut done) {
        Err(PredictError::Interrupted) => Err(Cancelled.into()),
        outcome => Ok(outcome?),
    }
}

/// Tells how many are done, and breaks off where that was asked for.
fn telling(told: &(dyn Fn(usize) + Sync), cancel: &Cancel) -> impl FnMut(usize) -> ControlFlow<()> {
    move |count| {
        told(count);
        match cancel.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(Cancelled) => ControlFlow::Break(()),
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("origin", &self.origin)
            .field("engine", &self.engine())
            .finish_non_exhaustive()
    }
}
