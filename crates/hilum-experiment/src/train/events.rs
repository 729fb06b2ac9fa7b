//! What a training tells, as events; and the picture of the run, kept up to date.

use std::path::Path;

use hilum_metrics::Gap;
use hilum_report::{TrainingContext, write_curves};
use hilum_train::{BatchDone, EpochDone, Observer, RunStart, StopReason};

use crate::Event;
use crate::session::Session;

pub(super) struct TrainingEvents<'a> {
    pub(super) session: &'a Session<'a>,
    /// Where the picture goes,
    pub(super) curves: &'a Path,
    /// and what stands below it.
    pub(super) context: TrainingContext,
}

impl Observer for TrainingEvents<'_> {
    fn started(&mut self, run: &RunStart<'_>) {
        self.session.tell(&Event::TrainingStarted(run));
    }

    fn batch_done(&mut self, batch: &BatchDone) {
        self.session.tell(&Event::BatchDone(batch));
    }

    fn epoch_done(&mut self, epoch: &EpochDone<'_>) {
        self.session.tell(&Event::EpochDone(epoch));
        if let Some(gap) = epoch.history.gap()
            && gap.epochs == Gap::EPOCHS
        {
            self.session.tell(&Event::ValidationFarBelow(gap));
        }
        if let Err(error) = write_curves(
            self.curves,
            epoch.history,
            &self.context,
            self.session.plots,
        ) {
            self.session.tell(&Event::CurvesNotWritten(&error));
        }
    }

    fn stopped(&mut self, reason: StopReason) {
        self.session.tell(&Event::TrainingStopped(reason));
    }
}
