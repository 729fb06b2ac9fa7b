//! One pass over a split.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_core::ClassIndex;
use hilum_graph::{Batch, Engine, EngineError, Entry, Graph, NodeIndex, Step, StepOutcome};
use hilum_metrics::SplitRow;

use super::error::TrainError;
use super::inputs::Training;
use super::observer::{BatchDone, Observer, Phase};
use super::random;
use crate::features::{Frozen, round};
use crate::hyperparameters::Stage;
use crate::prediction::{Measure, finite};
use crate::schedules::{Plateau, Position};
use crate::slices::{Preparation, Variation, batches};

/// One epoch's passes.
pub(super) struct Pass<'a> {
    pub(super) engine: &'a mut dyn Engine,
    pub(super) training: &'a Training<'a>,
    pub(super) observer: &'a mut dyn Observer,
    pub(super) stop: &'a AtomicBool,
    pub(super) class_weights: &'a [f32],
    pub(super) plateau: Plateau,
    /// Steps of earlier epochs.
    pub(super) steps_before: usize,
    /// The first is 1.
    pub(super) epoch: usize,
    /// The layers that are frozen in this epoch, if what they make is kept.
    pub(super) frozen: Option<&'a mut Frozen>,
}

/// What a training pass found.
pub(super) struct Passed {
    pub(super) row: SplitRow,
    pub(super) slice_count: usize,
    pub(super) steps: usize,
    /// Of the last step.
    pub(super) learning_rate: f64,
}

/// What a training pass adds up.
pub(super) struct Tally<'a> {
    measure: Measure<'a>,
    steps: usize,
    step_count: usize,
    learning_rate: f64,
}

impl Pass<'_> {
    /// Trains on every slice once; `None` if the stop flag was set meanwhile.
    pub(super) fn train(&mut self) -> Result<Option<Passed>, TrainError> {
        let (settings, slices) = (self.training.settings, self.training.data.train);
        let order = random::order(settings.seed, self.epoch, slices.len());
        let batches = batches::for_training(&order, self.batch_size());
        let mut tally = Tally {
            measure: Measure::new(self.class_weights, settings.label_smoothing),
            steps: 0,
            step_count: batches.len(),
            learning_rate: settings.learning_rate,
        };
        let flow = if self.frozen.is_some() {
            self.train_on_kept(&batches, &mut tally)?
        } else {
            self.train_on_images(&batches, &mut tally)?
        };
        Ok(flow.is_continue().then(|| Passed {
            row: tally.measure.row(),
            slice_count: slices.len(),
            steps: tally.steps,
            learning_rate: tally.learning_rate,
        }))
    }

    fn train_on_images(
        &mut self,
        batches: &[Vec<usize>],
        tally: &mut Tally<'_>,
    ) -> Result<ControlFlow<()>, TrainError> {
        let stage = self.stage();
        let images = varied_images(self.training, self.engine.graph(), self.epoch);
        batches::for_each(batches, images, |indices, images| {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            if stage.is_frozen {
                let features = self.features_of(images, stage.first_trained)?;
                self.step(&features, Entry::Features, indices, tally)?;
            } else {
                self.step(images, Entry::Images, indices, tally)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    pub(super) fn features_of(
        &mut self,
        images: &Batch,
        first: NodeIndex,
    ) -> Result<Batch, TrainError> {
        let features = self.engine.features(images, first);
        let mut features = features.map_err(|source| TrainError::Engine { source })?;
        if round(&mut features.data) {
            return Ok(features);
        }
        let rate = self.training.settings.learning_rate;
        let folder = self.training.folder;
        Err(TrainError::not_finite(
            "features", self.epoch, 1, rate, folder,
        ))
    }

    pub(super) fn step(
        &mut self,
        images: &Batch,
        entry: Entry,
        indices: &[usize],
        tally: &mut Tally<'_>,
    ) -> Result<(), TrainError> {
        let settings = self.training.settings;
        let variation = variation(self.training, self.variation_number());
        let slices = indices
            .iter()
            .map(|index| &self.training.data.train[*index]);
        let truth: Vec<ClassIndex> = slices.map(|slice| variation.truth(slice)).collect();
        tally.learning_rate = self.learning_rate(tally.steps, tally.step_count);
        let step_number = self.steps_before + tally.steps;
        let outcome = self.engine.train_step(&Step {
            images,
            entry,
            truth: &truth,
            class_weights: self.class_weights,
            label_smoothing: settings.label_smoothing,
            first_trained: self.stage().first_trained,
            update: settings.update,
            learning_rate: tally.learning_rate,
            layer_rate: settings.layer_rate,
            averaging: settings
                .averaging
                .map(|decay| early_decay(decay, step_number)),
            seed: random::dropout_seed(settings.seed, step_number),
        });
        let outcome = outcome
            .and_then(finite_outcome)
            .map_err(|error| self.failure(error, tally.steps + 1, tally.learning_rate))?;
        for (row, truth) in outcome.logits.rows().zip(&truth) {
            tally.measure.add(row, *truth);
        }
        tally.steps += 1;
        let progress = [tally.steps, tally.step_count];
        self.tell(Phase::Train, progress, indices.len(), Some(outcome.loss));
        Ok(())
    }

    /// Which variation of the slices this epoch learns from: its own, or one of those that are kept.
    pub(super) fn variation_number(&self) -> usize {
        let settings = self.training.settings;
        if self.frozen.is_none() {
            self.epoch
        } else if settings.augmentation.is_none() {
            1
        } else {
            1 + (self.epoch - 1) % settings.kept_variations
        }
    }

    fn stage(&self) -> Stage {
        let freeze = &self.training.settings.freeze;
        freeze.stage(self.epoch, self.engine.graph())
    }

    fn learning_rate(&self, steps: usize, steps_per_epoch: usize) -> f64 {
        let settings = self.training.settings;
        let position = Position {
            step: self.steps_before + steps,
            steps_per_epoch,
            epochs: settings.epochs,
        };
        let stage = self.stage();
        let base = self
            .plateau
            .rate(&settings.schedule, settings.learning_rate);
        base * settings.schedule.factor(position) * stage.learning_rate_factor
    }

    pub(super) fn failure(
        &self,
        error: EngineError,
        step: usize,
        learning_rate: f64,
    ) -> TrainError {
        match error {
            EngineError::NotFinite { what } => {
                let folder = self.training.folder;
                TrainError::not_finite(what, self.epoch, step, learning_rate, folder)
            }
            source => TrainError::Engine { source },
        }
    }

    pub(super) fn tell(
        &mut self,
        phase: Phase,
        [done, batch_count]: [usize; 2],
        slice_count: usize,
        loss: Option<f32>,
    ) {
        self.observer.batch_done(&BatchDone {
            epoch: self.epoch,
            phase,
            done,
            batch_count,
            slice_count,
            loss,
        });
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn batch_size(&self) -> NonZeroUsize {
        let size = NonZeroUsize::new(self.training.settings.batch_size);
        size.expect("settings were validated")
    }
}

/// Fills batches with training slices as `epoch` varies them.
pub(super) fn varied_images<'a>(
    training: &Training<'a>,
    graph: &Graph,
    epoch: usize,
) -> impl Fn(&[usize], Vec<f32>) -> Batch + Sync + use<'a> {
    let slices = training.data.train;
    let preparation = Preparation::new(training.recipe, graph);
    let variation = variation(training, epoch);
    move |indices, buffer| {
        let fill = |index: usize, values: &mut [f32]| {
            preparation.fill_varied(&slices[index], variation, values);
        };
        batches::prepare(indices, preparation.shape(), buffer, &fill)
    }
}

/// How slices are varied in `epoch`.
fn variation<'a>(training: &Training<'a>, epoch: usize) -> Variation<'a> {
    Variation {
        augmentation: &training.settings.augmentation,
        seed: training.settings.seed,
        epoch,
        classes: training.data.classes,
    }
}

/// The decay of an average that has seen `step` steps: the first ones soon count little.
fn early_decay(decay: f64, step: usize) -> f64 {
    let step = step as f64;
    decay.min((1.0 + step) / (10.0 + step))
}

fn finite_outcome(outcome: StepOutcome) -> Result<StepOutcome, EngineError> {
    if !outcome.loss.is_finite() {
        return Err(EngineError::NotFinite { what: "loss" });
    }
    let logits = finite(outcome.logits)?;
    Ok(StepOutcome { logits, ..outcome })
}
