//! What training wrote down: a row an epoch.

use hilum_core::{ClassIndex, Probabilities};
use serde::{Deserialize, Serialize};

use crate::by_metric::by_metric;
use crate::metrics::{ACCURACY, LOG_COSH, MACRO_AUROC, MACRO_F1};
use crate::sample::Sample;

by_metric! {
    /// How the network did on one split in one epoch. Undefined is `None`.
    #[derive(Default)]
    pub struct SplitRow: Option<f64> {
        accuracy = ACCURACY,
        macro_f1 = MACRO_F1,
        log_cosh = LOG_COSH,
        macro_auroc = MACRO_AUROC,
        ;
        /// The mean of what the optimiser minimises (cross-entropy, with label smoothing and class
        /// weights if they are on), in nats.
        loss: Option<f64>,
    }
}

impl SplitRow {
    /// The scores of `probabilities` (one per slice, one value per class) against `truth`,
    /// beside a `loss` that training has summed up itself. No intervals: cheap enough for
    /// every epoch.
    ///
    /// # Panics
    /// If the slices differ in length or belong to another class set.
    pub fn compute(
        class_count: usize,
        loss: Option<f64>,
        truth: &[ClassIndex],
        probabilities: &[Probabilities],
    ) -> Self {
        let sample = Sample::new(class_count, truth, probabilities);
        Self::each(loss, |metric| (metric.compute)(&sample))
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

/// Validation that stays far below training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// For how many epochs in a row, the last one included.
    pub epochs: usize,
    /// Accuracy of the last epoch on the training split.
    pub train: f64,
    /// Accuracy of the last epoch on the validation split.
    pub valid: f64,
}

impl Gap {
    /// From this difference of accuracies on an epoch counts.
    pub const ACCURACY: f64 = 0.25;
    /// So many epochs in a row are worth a word. A young network's running statistics and weight
    /// average lag behind for fewer.
    pub const EPOCHS: usize = 6;
}

impl History {
    /// How far validation stays below training, once it has for [`Gap::EPOCHS`] epochs in a row.
    pub fn gap(&self) -> Option<Gap> {
        let both = |row: &EpochRow| row.train.accuracy.zip(row.valid.accuracy);
        let is_far = |row: &&EpochRow| {
            both(row).is_some_and(|(train, valid)| train - valid >= Gap::ACCURACY)
        };
        let epochs = self.rows.iter().rev().take_while(is_far).count();
        let (train, valid) = both(self.rows.last()?)?;
        (epochs >= Gap::EPOCHS).then_some(Gap {
            epochs,
            train,
            valid,
        })
    }

    /// The row of the epoch whose weights were kept.
    pub fn best(&self) -> Option<&EpochRow> {
        let best = self.best_epoch?;
        self.rows.iter().find(|row| row.epoch == best)
    }
}
