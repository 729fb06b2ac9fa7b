//! What a run writes down after an epoch.

use hilum_graph::Parameters;
use hilum_metrics::EpochRow;

use super::error::TrainError;
use super::run::Run;
use crate::records::{tensorboard, write_checkpoint, write_log};

impl Run<'_> {
    pub(super) fn save(&mut self, row: &EpochRow, improved: bool) -> Result<(), TrainError> {
        let engine_failed = |source| TrainError::Engine { source };
        let parameters = self.engine.parameters().map_err(engine_failed)?;
        let optimizer = self.engine.optimizer_state().map_err(engine_failed)?;
        let average = self.engine.average().map_err(engine_failed)?;
        if parameters.check(self.engine.graph()).is_err() {
            let (steps, folder) = (self.progress.steps, self.training.folder);
            return Err(TrainError::not_finite(
                "weights",
                row.epoch,
                steps,
                row.learning_rate,
                folder,
            ));
        }
        let best = if improved { None } else { self.best.as_ref() };
        write_checkpoint(
            &self.training.folder.checkpoint(),
            &self.identity,
            &self.progress,
            &parameters,
            &optimizer,
            average.as_ref(),
            best,
        )
        .map_err(|source| TrainError::Checkpoint { source })?;
        if improved {
            let judged = average.unwrap_or(parameters);
            self.write_model(&judged)?;
            self.best = Some(judged);
        }
        self.write_log()?;
        let path = self.training.folder.events();
        tensorboard::append(&path, row).map_err(|source| TrainError::Log { path, source })
    }

    pub(super) fn write_model(&self, parameters: &Parameters) -> Result<(), TrainError> {
        let Some(best) = self.progress.history.best() else {
            return Ok(());
        };
        let path = self.training.folder.model();
        let written = self.training.model.write_model(&path, parameters, best);
        written.map_err(|source| TrainError::Model { source })
    }

    fn write_log(&self) -> Result<(), TrainError> {
        let path = self.training.folder.log();
        write_log(&path, &self.progress.history).map_err(|source| TrainError::Log { path, source })
    }

    /// Brings both logs to where the checkpoint is.
    pub(super) fn synchronise_logs(&self) -> Result<(), TrainError> {
        self.write_log()?;
        let path = self.training.folder.events();
        tensorboard::synchronise(&path, &self.progress.history)
            .map_err(|source| TrainError::Log { path, source })
    }
}
