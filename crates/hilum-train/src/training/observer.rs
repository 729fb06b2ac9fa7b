//! What a run tells while it goes on.

use std::fmt::Write as _;
use std::path::Path;

use hilum_core::ClassName;
use hilum_metrics::{EpochRow, History, Prominence};

use super::outcome::StopReason;
use crate::hyperparameters::Keep;

/// Is told how a run goes on; progress bars and printed lines are made of this.
///
/// Every method does nothing unless it is written; `()` is an observer that does nothing.
pub trait Observer {
    /// The run begins, or goes on.
    fn started(&mut self, run: &RunStart<'_>) {
        let _ = run;
    }

    /// A batch went through the network.
    fn batch_done(&mut self, batch: &BatchDone) {
        let _ = batch;
    }

    /// An epoch is complete and its files are written.
    fn epoch_done(&mut self, epoch: &EpochDone<'_>) {
        let _ = epoch;
    }

    /// The run ends.
    fn stopped(&mut self, reason: StopReason) {
        let _ = reason;
    }
}

impl Observer for () {}

/// What is known before the first step.
#[derive(Debug, Clone, Copy)]
pub struct RunStart<'a> {
    /// The folder of the run.
    pub folder: &'a Path,
    /// Epochs that the checkpoint already holds; 0 for a fresh run.
    pub epochs_before: usize,
    /// Epochs in the whole run, if nothing stops it early.
    pub epochs: usize,
    /// Slices that are trained on.
    pub train_count: usize,
    /// Slices that are validated on.
    pub valid_count: usize,
    /// The class into whose slices lesions are drawn, which makes them of other classes, and how
    /// often; `None` if none are.
    pub planted_in: Option<(&'a ClassName, f64)>,
    /// What the network runs on.
    pub engine: &'a str,
    /// Which epoch's weights become the model.
    pub keep: Keep,
}

/// Which half of an epoch runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Frozen layers run, and their results are kept.
    Features,
    /// The weights change.
    Train,
    /// They are judged.
    Valid,
}

/// A batch that went through the network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchDone {
    /// The running epoch; the first is 1.
    pub epoch: usize,
    /// What it went through for.
    pub phase: Phase,
    /// Batches of this phase that are done, with this one.
    pub done: usize,
    /// Batches in this phase.
    pub batch_count: usize,
    /// Slices in this batch.
    pub slice_count: usize,
    /// The loss of this batch; `None` but in training.
    pub loss: Option<f32>,
}

/// An epoch that is complete.
#[derive(Debug, Clone, Copy)]
pub struct EpochDone<'a> {
    /// What was measured.
    pub row: &'a EpochRow,
    /// All epochs so far, this one included; `best_epoch` tells whether this one was kept.
    pub history: &'a History,
    /// Epochs in the whole run, if nothing stops it early.
    pub epochs: usize,
}

/// An epoch in one line: loss and headline scores on train and valid, learning rate, time. What is
/// undefined is a dash.
///
/// ```
/// use hilum_metrics::{EpochRow, SplitRow};
///
/// let row = EpochRow {
///     epoch: 3,
///     learning_rate: 1e-3,
///     seconds: 12.3,
///     images_per_second: 49.8,
///     train: SplitRow { loss: Some(0.81234), accuracy: Some(0.701), ..SplitRow::default() },
///     valid: SplitRow { loss: Some(0.9), macro_f1: Some(0.655), ..SplitRow::default() },
/// };
/// assert_eq!(
///     hilum_train::epoch_line(&row, 50),
///     "epoch  3/50  train loss 0.812 accuracy 0.701 macro-F1 - macro AUROC -  \
///      valid loss 0.900 accuracy - macro-F1 0.655 macro AUROC -  rate 0.001  12.3 s  50 images/s"
/// );
/// ```
pub fn epoch_line(row: &EpochRow, epochs: usize) -> String {
    let width = epochs.to_string().len();
    let mut line = format!("epoch {:>width$}/{epochs}", row.epoch);
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    for (split, values) in [("train", &row.train), ("valid", &row.valid)] {
        let _ = write!(line, "  {split} loss {}", number(values.loss));
        for (metric, value) in values.iter() {
            if metric.prominence == Prominence::Headline {
                let _ = write!(line, " {} {}", metric.title, number(value));
            }
        }
    }
    let _ = write!(
        line,
        "  rate {}  {:.1} s  {:.0} images/s",
        two_digits(row.learning_rate),
        row.seconds,
        row.images_per_second
    );
    line
}

/// A number that prints with its first two digits and no exponent: `0.00034`.
pub fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}
