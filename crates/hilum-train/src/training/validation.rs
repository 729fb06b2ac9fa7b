//! The weights, judged on the validation split.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use hilum_graph::{Engine, EngineError};
use hilum_metrics::SplitRow;

use super::error::TrainError;
use super::observer::{BatchDone, Phase};
use super::pass::{Pass, Passed};
use crate::features::Frozen;
use crate::prediction::{Judged, Measure};
use crate::slices::Preparation;

impl Pass<'_> {
    /// Judges the weights, or their average; `None` if the stop flag was set meanwhile.
    pub(super) fn validate(&mut self, train: &Passed) -> Result<Option<SplitRow>, TrainError> {
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
                    judge_frozen(self.engine, &judged, frozen, self.stop)
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
        // Batches of second views are told of with the first ones.
        let batch_count = judged.slices.len().div_ceil(judged.batch_size.get());
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
}

/// Judges from the features of frozen layers, which are kept from epoch to epoch; `None` if the
/// stop flag was set meanwhile.
fn judge_frozen(
    engine: &mut dyn Engine,
    judged: &Judged<'_>,
    frozen: &mut Frozen,
    stop: &AtomicBool,
) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
    let mut flow = || {
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    if frozen.valid.is_none() {
        frozen.valid = judged.features(engine, frozen.first, &mut flow)?;
    }
    match &frozen.valid {
        Some(features) if flow().is_continue() => judged
            .logits_of_features(engine, features, frozen.first)
            .map(Some),
        _ => Ok(None),
    }
}
