//! What training wrote down: a row an epoch.

use hilum_core::{ClassIndex, Probabilities};
use serde::{Deserialize, Serialize};

use crate::{Confusion, log_cosh, macro_auroc};

/// How the network did on one split in one epoch. Undefined is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SplitRow {
    /// The mean of what the optimiser minimises (cross-entropy, with label smoothing and class
    /// weights if they are on), in nats.
    pub loss: Option<f64>,
    /// The fraction that was called right, in `0.0..=1.0`.
    pub accuracy: Option<f64>,
    /// The mean of the classes' F1, in `0.0..=1.0`.
    pub macro_f1: Option<f64>,
    /// The mean log-cosh between one-hot truth and probabilities, in `0.0..=0.44`.
    pub log_cosh: Option<f64>,
    /// The mean of the classes' one-vs-rest area under the ROC curve, in `0.0..=1.0`.
    pub macro_auroc: Option<f64>,
}

impl SplitRow {
    /// The scores of `probabilities` (one per slice, one value per class) against `truth`,
    /// beside a `loss` that training has summed up itself. No intervals: cheap enough for
    /// every epoch.
    ///
    /// # Panics
    /// If the slices differ in length or belong to a larger class set.
    pub fn compute(
        class_count: usize,
        loss: Option<f64>,
        truth: &[ClassIndex],
        probabilities: &[Probabilities],
    ) -> Self {
        let predicted: Vec<ClassIndex> = probabilities
            .iter()
            .map(Probabilities::most_likely)
            .collect();
        let confusion = Confusion::new(class_count, truth, &predicted);
        Self {
            loss,
            accuracy: confusion.accuracy(),
            macro_f1: confusion.macro_f1(),
            log_cosh: log_cosh(truth, probabilities),
            macro_auroc: macro_auroc(class_count, truth, probabilities),
        }
    }
}

/// One pass over the training data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Which pass; the first is 1.
    pub epoch: usize,
    /// The learning rate at the end of the epoch.
    pub learning_rate: f64,
    /// How long training and validation took together.
    pub seconds: f64,
    /// Training images that went through the network, forward and backward, in a second.
    pub images_per_second: f64,
    /// On the training split.
    pub train: SplitRow,
    /// On the validation split.
    pub valid: SplitRow,
}

/// A whole training run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// In the order of the epochs.
    pub rows: Vec<EpochRow>,
    /// The epoch whose weights were kept as the model, as in [`EpochRow::epoch`].
    pub best_epoch: Option<usize>,
}

impl History {
    /// The row of the epoch whose weights were kept.
    pub fn best(&self) -> Option<&EpochRow> {
        let best = self.best_epoch?;
        self.rows.iter().find(|row| row.epoch == best)
    }
}
