//! A trained model, ready to predict.

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hilum_core::{Cancel, Cancelled};
use hilum_graph::Engine;
use hilum_imaging::{Pixels, Recipe};
use hilum_train::{PredictError, TappedSlices, slice_logits, tapped_slices};
use hilum_trust::detector::Rows;
use hilum_trust::{Answering, Judgement, Policy, Sets};
use hilum_weights::ModelFile;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::detector::seen_body;
use crate::session::{Session, workers};
use crate::settings::MachineSettings;
use crate::{Event, ExperimentError, ModelOrigin, engine};

/// A model and the engine that runs it. It can be asked any number of times.
pub struct Model {
    /// Where it came from.
    pub origin: ModelOrigin,
    /// What the file says.
    pub file: ModelFile,
    /// What it was opened on.
    pub(crate) machine: MachineSettings,
    pub(crate) workers: ThreadPool,
    engine: Box<dyn Engine>,
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
        let engine = engine::open(machine, graph, &file.parameters, session)?;
        let model = Self {
            origin: origin.clone(),
            file,
            machine: machine.clone(),
            workers: workers(machine.threads)?,
            engine,
        };
        session.tell(&Event::ModelOpened {
            origin: &model.origin,
            file: &model.file,
        });
        Ok(model)
    }

    /// What runs it, what the file says, and the pool for all else.
    pub(crate) fn parts(&mut self) -> (&mut dyn Engine, &ModelFile, &ThreadPool) {
        (self.engine.as_mut(), &self.file, &self.workers)
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
        let (engine, recipe) = (&mut self.engine, &self.file.recipe);
        let Some(detector) = &self.file.detector else {
            let logits = self
                .workers
                .install(|| logits(engine.as_mut(), slices, recipe, batch_size, told, cancel))?;
            return Ok(logits.into_iter().map(Judgement::from).collect());
        };
        let detector = detector.with_share(policy.ood_share);
        self.workers.install(|| {
            let found = tapped(engine.as_mut(), slices, recipe, batch_size, told, cancel)?;
            let rows = Rows::new(detector.tapped_width, found.taps);
            let looks = detector.body.is_some();
            let bodies = slices
                .par_iter()
                .map(|slice| looks.then(|| seen_body(slice)));
            let bodies: Vec<_> = bodies.collect();
            let judged = found.logits.into_iter().zip(rows.iter()).zip(bodies);
            Ok(judged
                .map(|((logits, row), seen)| Judgement {
                    logits,
                    typicality: Some(detector.judge(row, seen)),
                })
                .collect())
        })
    }

    /// How its judgements become answers under `policy`.
    pub(crate) fn answering<'a>(&'a self, policy: &'a Policy) -> Answering<'a> {
        let calibration = self.file.calibration.as_ref();
        let scores = calibration.and_then(|calibration| calibration.conformal.as_ref());
        Answering {
            scaling: calibration.map(|calibration| &calibration.scaling),
            sets: scores.map(|scores| Sets::new(scores, policy.sets, policy.coverage)),
            policy,
        }
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
