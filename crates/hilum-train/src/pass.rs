//! One pass over a split.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_core::ClassIndex;
use hilum_graph::{Batch, Engine, EngineError, Entry, Graph, NodeIndex, Step, StepOutcome};
use hilum_metrics::SplitRow;

use crate::feature_cache;
use crate::freeze::Stage;
use crate::frozen::Frozen;
use crate::judge::{Judged, finite};
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
    /// The layers that are frozen in this epoch, if what they make is kept.
    pub(crate) frozen: Option<&'a mut Frozen>,
}

/// What a training pass found.
pub(crate) struct Passed {
    pub(crate) row: SplitRow,
    pub(crate) slice_count: usize,
    pub(crate) steps: usize,
    /// Of the last step.
    pub(crate) learning_rate: f64,
}

/// What a training pass adds up.
struct Tally<'a> {
    measure: Measure<'a>,
    steps: usize,
    step_count: usize,
    learning_rate: f64,
}

impl Pass<'_> {
    /// Trains on every slice once; `None` if the stop flag was set meanwhile.
    pub(crate) fn train(&mut self) -> Result<Option<Passed>, TrainError> {
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

    /// Trains on what frozen layers made of slices, now or in an earlier epoch.
    fn train_on_kept(
        &mut self,
        batches: &[Vec<usize>],
        tally: &mut Tally<'_>,
    ) -> Result<ControlFlow<()>, TrainError> {
        let settings = self.training.settings;
        let view = if settings.augmentation.is_none() {
            1
        } else {
            1 + (self.epoch - 1) % settings.kept_variations
        };
        if self.keep_features(view)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        for indices in batches {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            let frozen = self.frozen.as_ref().expect("layers are frozen");
            let features = frozen.batch(self.training.data.train, indices, view);
            let features = features.map_err(|source| TrainError::Features { source })?;
            self.step(&features, Entry::Features, indices, tally)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Computes what is missing of variation `view`.
    fn keep_features(&mut self, view: usize) -> Result<ControlFlow<()>, TrainError> {
        let slices = self.training.data.train;
        let frozen = self.frozen.as_ref().expect("layers are frozen");
        let (first, missing) = (frozen.first, frozen.missing(slices, view));
        let batches = batches::for_inference(&missing, self.batch_size());
        let images = varied_images(self.training, self.engine.graph(), view);
        let mut done = 0;
        batches::for_each(&batches, images, |indices, images| {
            if self.is_stopped() {
                return Ok(ControlFlow::Break(()));
            }
            let features = self.features_of(images, first)?;
            let frozen = self.frozen.as_ref().expect("layers are frozen");
            let kept = frozen.add(slices, indices, view, &features);
            kept.map_err(|source| TrainError::Features { source })?;
            done += 1;
            self.tell(Phase::Features, [done, batches.len()], indices.len(), None);
            Ok(ControlFlow::Continue(()))
        })
    }

    fn features_of(&mut self, images: &Batch, first: NodeIndex) -> Result<Batch, TrainError> {
        let features = self.engine.features(images, first);
        let mut features = features.map_err(|source| TrainError::Engine { source })?;
        if feature_cache::round(&mut features.data) {
            return Ok(features);
        }
        let rate = self.training.settings.learning_rate;
        Err(self.training.not_finite("features", self.epoch, 1, rate))
    }

    /// Judges the weights, or their average; `None` if the stop flag was set meanwhile.
    pub(crate) fn validate(&mut self, train: &Passed) -> Result<Option<SplitRow>, TrainError> {
        if self.training.data.valid.is_empty() {
            return Ok(Some(SplitRow::default()));
        }
        let failed = |source| TrainError::Engine { source };
        let average = self.engine.average().map_err(failed)?;
        let Some(average) = average else {
            return self.validate_weights(train);
        };
        let weights = self.engine.parameters().map_err(failed)?;
        self.engine.set_parameters(&average).map_err(failed)?;
        let row = self.validate_weights(train)?;
        self.engine.set_parameters(&weights).map_err(failed)?;
        Ok(row)
    }

    fn validate_weights(&mut self, train: &Passed) -> Result<Option<SplitRow>, TrainError> {
        let slices = self.training.data.valid;
        let pixels: Vec<_> = slices.iter().map(|slice| &slice.pixels).collect();
        let judged = Judged {
            slices: &pixels,
            preparation: Preparation::new(self.training.recipe, self.engine.graph()),
            batch_size: self.batch_size(),
        };
        let logits = match self.frozen.take() {
            Some(frozen) => {
                let logits = if frozen.may_keep(judged.image_count()) {
                    judge_frozen(self.engine, &judged, frozen).map(Some)
                } else {
                    self.judge(&judged)
                };
                self.frozen = Some(frozen);
                logits
            }
            None => self.judge(&judged),
        };
        let logits =
            logits.map_err(|error| self.failure(error, train.steps, train.learning_rate))?;
        let Some(logits) = logits else {
            return Ok(None);
        };
        let smoothing = self.training.settings.label_smoothing;
        let mut measure = Measure::new(self.class_weights, smoothing);
        for (row, slice) in logits.iter().zip(slices) {
            measure.add(row, slice.truth);
        }
        Ok(Some(measure.row()))
    }

    fn judge(&mut self, judged: &Judged<'_>) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
        let (epoch, stop, observer) = (self.epoch, self.stop, &mut *self.observer);
        let images = judged.slices.len() * judged.preparation.view_count();
        let batch_count = images.div_ceil(judged.batch_size.get());
        let (mut batches_done, mut slices_done) = (0, 0);
        let mut tell = |done: usize| {
            if stop.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            batches_done += 1;
            observer.batch_done(&BatchDone {
                epoch,
                phase: Phase::Valid,
                done: batches_done,
                batch_count,
                slice_count: done - slices_done,
                loss: None,
            });
            slices_done = done;
            ControlFlow::Continue(())
        };
        judged.logits(self.engine, &mut tell)
    }

    fn step(
        &mut self,
        images: &Batch,
        entry: Entry,
        indices: &[usize],
        tally: &mut Tally<'_>,
    ) -> Result<(), TrainError> {
        let settings = self.training.settings;
        let truth = truth_of(self.training.data.train, indices);
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
            averaging: settings.averaging.map(|decay| early(decay, step_number)),
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

/// Fills batches with training slices as `epoch` varies them.
fn varied_images<'a>(
    training: &Training<'a>,
    graph: &Graph,
    epoch: usize,
) -> impl Fn(&[usize], Vec<f32>) -> Batch + Send + use<'a> {
    let (settings, slices) = (training.settings, training.data.train);
    let preparation = Preparation::new(training.recipe, graph);
    move |indices, buffer| {
        let fill = |index: usize, values: &mut [f32]| {
            let slice = &slices[index];
            let variation = Variation {
                augmentation: &settings.augmentation,
                seed: settings.seed,
                epoch,
                number: slice.number,
            };
            preparation.fill_varied(&slice.pixels, variation, values);
        };
        batches::prepare(indices, preparation.shape(), buffer, &fill)
    }
}

/// The decay of an average that has seen `step` steps: the first ones soon count little.
fn early(decay: f64, step: usize) -> f64 {
    let step = step as f64;
    decay.min((1.0 + step) / (10.0 + step))
}

/// Judges from the features of frozen layers, which are kept from epoch to epoch.
fn judge_frozen(
    engine: &mut dyn Engine,
    judged: &Judged<'_>,
    frozen: &mut Frozen,
) -> Result<Vec<Vec<f32>>, EngineError> {
    let features = match frozen.valid.take() {
        Some(features) => features,
        None => judged.features(engine, frozen.first)?,
    };
    let logits = judged.logits_of_features(engine, &features, frozen.first);
    frozen.valid = Some(features);
    logits
}

fn finite_outcome(outcome: StepOutcome) -> Result<StepOutcome, EngineError> {
    if !outcome.loss.is_finite() {
        return Err(EngineError::NotFinite { what: "loss" });
    }
    let logits = finite(outcome.logits)?;
    Ok(StepOutcome { logits, ..outcome })
}
