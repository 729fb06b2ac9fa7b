//! What a person sees of a training run: a line an epoch, and a bar with the time left.

use std::time::Instant;

use console::style;
use hilum_metrics::{EpochRow, Gap, SplitRow};
use hilum_train::{BatchDone, EpochDone, Keep, Phase, RunStart, StopReason};
use indicatif::ProgressBar;

use crate::screen::Screen;

/// A run between its start and its end.
pub(super) struct RunProgress {
    bar: Option<ProgressBar>,
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
            epochs: 0,
            first_epoch: 1,
            chooses: true,
            started: Instant::now(),
        }
    }

    pub(super) fn started(&mut self, run: &RunStart<'_>, screen: &Screen) {
        self.epochs = run.epochs;
        self.first_epoch = run.epochs_before + 1;
        self.chooses = run.keep == Keep::Best;
        self.started = Instant::now();
        screen.note(format_args!(
            "training on {} slices, validating on {}, {}\n{}",
            run.train_count,
            run.valid_count,
            run.engine,
            style(header()).for_stderr().bold()
        ));
    }

    pub(super) fn batch_done(&mut self, batch: &BatchDone, screen: &Screen) {
        let is_first = batch.done == 1 && batch.phase != Phase::Valid;
        if is_first || self.bar.is_none() {
            self.close_bar();
            self.bar = Some(screen.epoch_bar());
        }
        let Some(bar) = &self.bar else { return };
        let phase = match batch.phase {
            Phase::Features => "running frozen layers",
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
        screen.note(epoch_line(epoch.row, epoch.epochs, is_best));
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
        let left = std::time::Duration::from_secs_f64(seconds.max(0.0));
        format!("{} left", indicatif::HumanDuration(left))
    }
}

/// What may be behind validation that stays far below training.
pub(super) fn far_below(gap: &Gap) -> String {
    format!(
        "validation has stayed far below training for {} epochs (accuracy {:.2} against {:.2}): augmentation that no slice resembles any more, too few slices, or other slices in `valid` than in `train`",
        gap.epochs, gap.valid, gap.train
    )
}

/// The names above the columns of [`epoch_line`].
fn header() -> String {
    let split = |loss| {
        format!(
            "{loss:>11} {:>8} {:>8} {:>5}",
            "accuracy", "macro-F1", "AUROC"
        )
    };
    let (train, valid) = (split("train: loss"), split("valid: loss"));
    format!(
        "{:>7}    {train}    {valid}    {:>7} {:>6}",
        "epoch", "rate", "time"
    )
}

fn epoch_line(row: &EpochRow, epochs: usize, is_best: bool) -> String {
    let position = format!("{}/{epochs}", row.epoch);
    let mark = if is_best {
        format!("  {}", style("best").for_stderr().green())
    } else {
        String::new()
    };
    format!(
        "{position:>7}    {}    {}    {:>7.1e} {:>5.1}s{mark}",
        columns(&row.train),
        columns(&row.valid),
        row.learning_rate,
        row.seconds,
    )
}

fn columns(split: &SplitRow) -> String {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    format!(
        "{:>11} {:>8} {:>8} {:>5}",
        number(split.loss),
        number(split.accuracy),
        number(split.macro_f1),
        number(split.macro_auroc)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_names() {
        let split = SplitRow {
            loss: Some(0.5),
            accuracy: Some(0.25),
            ..SplitRow::default()
        };
        let row = EpochRow {
            epoch: 3,
            learning_rate: 1e-3,
            seconds: 12.34,
            images_per_second: 50.0,
            train: split,
            valid: split,
        };
        let line = epoch_line(&row, 50, false);
        let header = header();
        let end_of = |name: &str| header.find(name).unwrap() + name.len();
        let value_end = |value: &str| line.find(value).unwrap() + value.len();
        assert_eq!(end_of("loss"), value_end("0.500"));
        assert_eq!(end_of("accuracy"), value_end("0.250"));
        assert_eq!(end_of("time"), value_end("12.3s"));
        assert_eq!(end_of("rate"), value_end("1.0e-3"));
    }
}
