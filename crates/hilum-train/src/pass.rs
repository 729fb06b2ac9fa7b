//! One pass over a split.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_core::ClassIndex;
use hilum_graph::{Batch, Engine, EngineError, Entry, Logits, Step, StepOutcome};
use hilum_metrics::SplitRow;

use crate::measure::Measure;
use crate::preparation::{Preparation, Variation};
use crate::schedule::Position;
use crate::train::{TrainError, Training};
use crate::{BatchDone, LabelledSlice, Observer, Phase, Plateau, batches, random};

/// One epoch's passes.
pub(crate) struct Pass<'a> {
    pub(crate) engine: &'a mut dyn Engine,
    pub(crate) training: &'a Training<'a>,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) class_weights: &'a [f32],
    pub(crate) plateau: Plateau,
    /// Steps of earlier epochs.
    pub(crate) steps_before: usize,
    /// The first is 1.
    pub(crate) epoch: usize,
}

/// What a training pass found.
pub(crate) struct Passed {
    pub(crate) row: SplitRow,
    pub(crate) slice_count: usize,
    pub(crate) steps: usize,
    /// Of the last step.
    pub(crate) learning_rate: f64,
}

impl Pass<'_> {
    /// Trains on every slice once; `None` if the stop flag was set meanwhile.
    pub(crate) fn train(&mut self) -> Result<Option<Passed>, TrainError> {
        let (settings, slices, epoch) =
            (self.training.settings, self.training.data.train, self.epoch);
        let order = random::order(settings.seed, epoch, slices.len());
        let batches = batches::for_training(&order, self.batch_size());
        let preparation = Preparation::new(self.training.recipe, self.engine.graph());
        let fill = |index: usize, values: &mut [f32]| {
            let variation = Variation {
                augmentation: &settings.augmentation,
                seed: settings.seed,
                epoch,
                index,
            };
            preparation.fill_varied(&slices[index].pixels, variation, values);
        };
        let prepare = |indices: &[usize], buffer| {
            batches::prepare(indices, preparation.shape(), buffer, &fill)
        };
        let mut measure = Measure::new(self.class_weights, settings.label_smoothing);
        let mut steps = 0;
        let mut learning_rate = settings.learning_rate;
        let flow = batches::for_each(&batches, prepare, |indices, images| {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            let truth = truth_of(slices, indices);
            learning_rate = self.learning_rate(steps, batches.len());
            let outcome = self.step(images, &truth, steps, learning_rate)?;
            add_all(&mut measure, &outcome.logits, &truth);
            steps += 1;
            self.tell(
                Phase::Train,
                [steps, batches.len()],
                indices.len(),
                Some(outcome.loss),
            );
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(flow.is_continue().then(|| Passed {
            row: measure.row(),
            slice_count: slices.len(),
            steps,
            learning_rate,
        }))
    }

    /// Judges the weights; `None` if the stop flag was set meanwhile.
    pub(crate) fn validate(&mut self, train: &Passed) -> Result<Option<SplitRow>, TrainError> {
        let slices = self.training.data.valid;
        let order: Vec<usize> = (0..slices.len()).collect();
        let batches = batches::for_inference(&order, self.batch_size());
        let preparation = Preparation::new(self.training.recipe, self.engine.graph());
        let fill = |index: usize, values: &mut [f32]| {
            preparation.fill(&slices[index].pixels, values);
        };
        let prepare = |indices: &[usize], buffer| {
            batches::prepare(indices, preparation.shape(), buffer, &fill)
        };
        let smoothing = self.training.settings.label_smoothing;
        let mut measure = Measure::new(self.class_weights, smoothing);
        let mut done = 0;
        let flow = batches::for_each(&batches, prepare, |indices, images| {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            let logits = self.engine.forward(images);
            let logits = logits.and_then(finite_logits);
            let logits =
                logits.map_err(|error| self.failure(error, train.steps, train.learning_rate))?;
            add_all(&mut measure, &logits, &truth_of(slices, indices));
            done += 1;
            self.tell(Phase::Valid, [done, batches.len()], indices.len(), None);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(flow.is_continue().then(|| measure.row()))
    }

    fn step(
        &mut self,
        images: &Batch,
        truth: &[ClassIndex],
        steps: usize,
        learning_rate: f64,
    ) -> Result<StepOutcome, TrainError> {
        let settings = self.training.settings;
        let stage = settings.freeze.stage(self.epoch, self.engine.graph());
        let outcome = self.engine.train_step(&Step {
            images,
            truth,
            class_weights: self.class_weights,
            label_smoothing: settings.label_smoothing,
            entry: Entry::Images,
            layer_rate: 1.0,
            averaging: None,
            first_trained: stage.first_trained,
            update: settings.update,
            learning_rate,
            seed: random::dropout_seed(settings.seed, self.steps_before + steps),
        });
        outcome
            .and_then(finite_outcome)
            .map_err(|error| self.failure(error, steps + 1, learning_rate))
    }

    fn learning_rate(&self, steps: usize, steps_per_epoch: usize) -> f64 {
        let settings = self.training.settings;
        let position = Position {
            step: self.steps_before + steps,
            steps_per_epoch,
            epochs: settings.epochs,
        };
        let stage = settings.freeze.stage(self.epoch, self.engine.graph());
        let base = self
            .plateau
            .rate(&settings.schedule, settings.learning_rate);
        base * settings.schedule.factor(position) * stage.learning_rate_factor
    }

    fn failure(&self, error: EngineError, step: usize, learning_rate: f64) -> TrainError {
        match error {
            EngineError::NotFinite { what } => {
                self.training
                    .not_finite(what, self.epoch, step, learning_rate)
            }
            source => TrainError::Engine { source },
        }
    }

    fn tell(
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

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn batch_size(&self) -> NonZeroUsize {
        let size = NonZeroUsize::new(self.training.settings.batch_size);
        size.expect("settings were validated")
    }
}

fn truth_of(slices: &[LabelledSlice], indices: &[usize]) -> Vec<ClassIndex> {
    indices.iter().map(|index| slices[*index].truth).collect()
}

fn add_all(measure: &mut Measure<'_>, logits: &Logits, truth: &[ClassIndex]) {
    for (row, truth) in logits.rows().zip(truth) {
        measure.add(row, *truth);
    }
}

fn finite_outcome(outcome: StepOutcome) -> Result<StepOutcome, EngineError> {
    if !outcome.loss.is_finite() {
        return Err(EngineError::NotFinite { what: "loss" });
    }
    let logits = finite_logits(outcome.logits)?;
    Ok(StepOutcome { logits, ..outcome })
}

/// The logits, if they can be made into probabilities.
pub(crate) fn finite_logits(logits: Logits) -> Result<Logits, EngineError> {
    if logits.as_slice().iter().all(|value| value.is_finite()) {
        return Ok(logits);
    }
    Err(EngineError::NotFinite { what: "logits" })
}
