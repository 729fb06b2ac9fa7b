//! A run from its first epoch, or the one after its checkpoint, to its end.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use hilum_graph::{Engine, Parameters};
use hilum_metrics::{EpochRow, SplitRow};
use serde_json::{Value, json};

use super::check::check;
use super::error::TrainError;
use super::inputs::Training;
use super::observer::{EpochDone, Observer, RunStart};
use super::outcome::{Outcome, StopReason};
use super::pass::Pass;
use crate::features::Frozen;
use crate::hyperparameters::Keep;
use crate::records::{Progress, read_checkpoint};

/// A run between two epochs.
pub(crate) struct Run<'a> {
    pub(super) engine: &'a mut dyn Engine,
    pub(super) training: &'a Training<'a>,
    observer: &'a mut dyn Observer,
    stop: &'a AtomicBool,
    class_weights: Vec<f32>,
    pub(super) identity: Value,
    pub(super) progress: Progress,
    /// The weights of the best epoch.
    pub(super) best: Option<Parameters>,
    /// The frozen layers, once there are some whose results are kept.
    frozen: Option<Frozen>,
}

impl<'a> Run<'a> {
    /// Checks everything, then takes up the checkpoint if there is one.
    pub(crate) fn start(
        engine: &'a mut dyn Engine,
        training: &'a Training<'a>,
        observer: &'a mut dyn Observer,
        stop: &'a AtomicBool,
    ) -> Result<Self, TrainError> {
        check(engine, training)?;
        let data = training.data;
        let truth: Vec<_> = data.train.iter().map(|slice| slice.truth).collect();
        let class_weights = training
            .settings
            .class_weights
            .factors(&truth, data.classes.len());
        let mut run = Self {
            identity: identity(engine, training),
            engine,
            training,
            observer,
            stop,
            class_weights,
            progress: Progress::default(),
            best: None,
            frozen: None,
        };
        run.engine
            .set_average(None)
            .map_err(|source| TrainError::Engine { source })?;
        if training.folder.checkpoint().is_file() {
            run.resume()?;
        }
        run.synchronise_logs()?;
        run.announce();
        Ok(run)
    }

    /// Runs to the end.
    pub(crate) fn finish(mut self) -> Result<Outcome, TrainError> {
        let reason = loop {
            if let Some(reason) = self.ended() {
                break reason;
            }
            let epoch = self.progress.epochs() + 1;
            let Some(row) = self.epoch(epoch)? else {
                break StopReason::Interrupted { discarded: epoch };
            };
            self.conclude(row)?;
        };
        if let Some(best) = &self.best {
            let restored = self.engine.set_parameters(best);
            restored.map_err(|source| TrainError::Engine { source })?;
        }
        self.observer.stopped(reason);
        Ok(Outcome {
            reason,
            history: self.progress.history,
        })
    }

    fn resume(&mut self) -> Result<(), TrainError> {
        let path = self.training.folder.checkpoint();
        let checkpoint = read_checkpoint(&path, &self.identity)
            .map_err(|source| TrainError::Checkpoint { source })?;
        self.engine
            .set_parameters(&checkpoint.parameters)
            .and_then(|()| self.engine.set_optimizer_state(&checkpoint.optimizer))
            .and_then(|()| self.engine.set_average(checkpoint.average.as_ref()))
            .map_err(|source| TrainError::Engine { source })?;
        self.progress = checkpoint.progress;
        let judged = checkpoint.average.unwrap_or(checkpoint.parameters);
        let best = checkpoint.best.unwrap_or(judged);
        // A process that was killed may have left an older model beside a newer checkpoint.
        self.write_model(&best)?;
        self.best = Some(best);
        Ok(())
    }

    fn announce(&mut self) {
        let engine = self.engine.description();
        let classes = self.training.data.classes;
        let often = self.training.settings.augmentation.planted_lesions;
        let planted_in = classes.free_of_tumours().filter(|_| often > 0.0);
        self.observer.started(&RunStart {
            folder: self.training.folder.path(),
            epochs_before: self.progress.epochs(),
            epochs: self.training.settings.epochs,
            train_count: self.training.data.train.len(),
            valid_count: self.training.data.valid.len(),
            planted_in: planted_in.map(|class| (classes.name(class), often)),
            engine: &engine,
            keep: self.training.settings.keep,
        });
    }

    fn ended(&self) -> Option<StopReason> {
        let settings = self.training.settings;
        let epoch = self.progress.epochs();
        if epoch >= settings.epochs {
            return Some(StopReason::Finished);
        }
        let stopping = settings.early_stopping.as_ref()?;
        let exhausted = self.progress.patience.is_exhausted(stopping);
        exhausted.then_some(StopReason::EarlyStopping { epoch })
    }

    /// Trains and validates once; `None` if the stop flag was set meanwhile.
    fn epoch(&mut self, epoch: usize) -> Result<Option<EpochRow>, TrainError> {
        let start = Instant::now();
        self.freeze(epoch)?;
        let mut pass = Pass {
            engine: self.engine,
            training: self.training,
            observer: self.observer,
            stop: self.stop,
            class_weights: &self.class_weights,
            plateau: self.progress.plateau,
            steps_before: self.progress.steps,
            epoch,
            frozen: self.frozen.as_mut(),
        };
        let Some(train) = pass.train()? else {
            return Ok(None);
        };
        let train_seconds = start.elapsed().as_secs_f64();
        let Some(valid) = pass.validate(&train)? else {
            return Ok(None);
        };
        self.progress.steps += train.steps;
        Ok(Some(EpochRow {
            epoch,
            learning_rate: train.learning_rate,
            seconds: start.elapsed().as_secs_f64(),
            images_per_second: train.slice_count as f64 / train_seconds,
            train: train.row,
            valid,
        }))
    }

    /// Takes up the frozen layers of `epoch` whose results are kept, and lets go of others.
    fn freeze(&mut self, epoch: usize) -> Result<(), TrainError> {
        let settings = self.training.settings;
        let stage = settings.freeze.stage(epoch, self.engine.graph());
        if settings.kept_variations == 0 || !stage.is_frozen {
            self.frozen = None;
        } else if self.frozen.is_none() {
            let images = json!({
                "recipe": self.training.recipe,
                "augmentation": settings.augmentation,
                "seed": settings.seed,
            });
            let (slices, cache) = (self.training.data.train, self.training.features);
            let frozen = Frozen::new(self.engine, stage.first_trained, slices, &images, cache);
            self.frozen = Some(frozen.map_err(|source| TrainError::Engine { source })?);
        }
        Ok(())
    }

    /// Takes note of an epoch and writes everything down.
    fn conclude(&mut self, row: EpochRow) -> Result<(), TrainError> {
        self.observe(&row);
        let best = self.progress.history.best().map(|best| &best.valid);
        let improved = match self.training.settings.keep {
            Keep::Best => is_better(&row.valid, best),
            Keep::Last => true,
        };
        self.progress.history.rows.push(row);
        if improved {
            self.progress.history.best_epoch = Some(row.epoch);
        }
        self.save(&row, improved)?;
        self.observer.epoch_done(&EpochDone {
            row: &row,
            history: &self.progress.history,
            epochs: self.training.settings.epochs,
        });
        Ok(())
    }

    fn observe(&mut self, row: &EpochRow) {
        let settings = self.training.settings;
        let stage = settings.freeze.stage(row.epoch, self.engine.graph());
        let (true, Some(loss)) = (stage.is_last, row.valid.loss) else {
            return;
        };
        let progress = &mut self.progress;
        progress
            .plateau
            .observe(&settings.schedule, settings.learning_rate, loss);
        if let Some(stopping) = settings.early_stopping {
            progress
                .patience
                .observe(stopping.monitor, loss, row.valid.macro_f1);
        }
    }
}

/// Whether a validation macro-F1 is higher than the best so far, or as high with a lower loss.
fn is_better(valid: &SplitRow, best: Option<&SplitRow>) -> bool {
    let Some(best) = best else {
        return true;
    };
    if valid.macro_f1 != best.macro_f1 {
        return valid.macro_f1 > best.macro_f1;
    }
    match (valid.loss, best.loss) {
        (Some(loss), Some(best)) => loss < best,
        _ => false,
    }
}

/// All that must be the same when a run goes on.
fn identity(engine: &dyn Engine, training: &Training<'_>) -> Value {
    let identity = json!({
        "settings": training.settings,
        "recipe": training.recipe,
        "network": engine.graph().name(),
        "engine": engine.description(),
        "classes": training.data.classes,
        "data": training.data.fingerprint(),
    });
    // As it reads in a file, where 0.485 of an f32 is another number than in memory.
    serde_json::from_str(&identity.to_string()).expect("what was written can be read")
}
