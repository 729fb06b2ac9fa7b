//! What a person sees of a training run: a line an epoch, and a bar with the time left.

use std::time::{Duration, Instant};

use hilum_metrics::Gap;
use hilum_train::{BatchDone, EpochDone, Keep, Phase, RunStart, StopReason};
use indicatif::ProgressBar;

use super::epochs::EpochTable;
use crate::screen::{Screen, stderr_width, time_left};

/// A run between its start and its end.
pub(super) struct RunProgress {
    bar: Option<ProgressBar>,
    table: EpochTable,
    epochs: usize,
    first_epoch: usize,
    /// Whether an epoch can be the best one.
    chooses: bool,
    started: Instant,
}

impl RunProgress {
    pub(super) fn new() -> Self {
        Self {
            bar: None,
            table: EpochTable::new(1, None),
            epochs: 0,
            first_epoch: 1,
            chooses: true,
            started: Instant::now(),
        }
    }

    pub(super) fn started(&mut self, run: &RunStart<'_>, screen: &Screen) {
        self.epochs = run.epochs;
        self.table = EpochTable::new(run.epochs, stderr_width());
        self.first_epoch = run.epochs_before + 1;
        self.chooses = run.keep == Keep::Best;
        self.started = Instant::now();
        screen.note(format_args!(
            "training on {} slices, validating on {}, {}",
            run.train_count, run.valid_count, run.engine,
        ));
        if let Some((class, often)) = run.planted_in {
            screen.note(format_args!(
                "a lesion is drawn into {:.0}% of the slices of `{class}`, which are of another class then",
                100.0 * often
            ));
        }
        if run.epochs_before < run.epochs {
            screen.heading(self.table.header());
        }
    }

    pub(super) fn batch_done(&mut self, batch: &BatchDone, screen: &Screen) {
        let is_first = batch.done == 1 && batch.phase != Phase::Valid;
        if is_first || self.bar.is_none() {
            self.close_bar();
            self.bar = Some(screen.epoch_bar());
        }
        let Some(bar) = &self.bar else { return };
        let phase = match batch.phase {
            Phase::Features => "frozen layers",
            Phase::Train => "training",
            Phase::Valid => "validating",
        };
        bar.set_length(batch.batch_count as u64);
        bar.set_position(batch.done as u64);
        let loss = batch
            .loss
            .map_or(String::new(), |loss| format!("  loss {loss:.3}"));
        let left = self.time_left(batch);
        bar.set_message(format!(
            "{}/{} {phase}{loss}  {left}",
            batch.epoch, self.epochs
        ));
    }

    pub(super) fn epoch_done(&mut self, epoch: &EpochDone<'_>, screen: &Screen) {
        self.close_bar();
        let is_best = self.chooses && epoch.history.best_epoch == Some(epoch.row.epoch);
        let line = self.table.line(epoch.row);
        if is_best {
            screen.marked(format_args!("{line}  "), "best");
        } else {
            screen.note(line);
        }
    }

    pub(super) fn stopped(&mut self, reason: StopReason, screen: &Screen) {
        self.close_bar();
        if let StopReason::EarlyStopping { epoch } = reason {
            screen.note(format_args!(
                "stopped early after epoch {epoch}: no better since"
            ));
        }
    }

    fn close_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Time left in the whole run, once there is something to judge by.
    fn time_left(&self, batch: &BatchDone) -> String {
        let share = match batch.phase {
            Phase::Features => 0.0,
            Phase::Train => batch.done as f64 / batch.batch_count as f64,
            Phase::Valid => 1.0,
        };
        let done = (batch.epoch - self.first_epoch) as f64 + share;
        if done == 0.0 {
            return String::new();
        }
        let all = (self.epochs + 1 - self.first_epoch) as f64;
        let seconds = self.started.elapsed().as_secs_f64() * (all - done) / done;
        time_left(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
    }
}

/// What may be behind validation that stays far below training.
pub(super) fn far_below(gap: &Gap) -> String {
    format!(
        "validation has stayed far below training for {} epochs (accuracy {:.2} against {:.2}): augmentation that no slice resembles any more, too few slices, or other slices in `valid` than in `train`",
        gap.epochs, gap.valid, gap.train
    )
}

impl Drop for RunProgress {
    /// What ends with an error leaves no bar behind.
    fn drop(&mut self) {
        self.close_bar();
    }
}
