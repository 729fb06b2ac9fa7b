//! Predictions of slices that a model had not seen, and the scores that folds are compared by.

use hilum_core::{ClassIndex, Probabilities};

use crate::by_metric::by_metric;
use crate::evaluation::Evaluation;
use crate::metrics::{ACCURACY, LOG_LOSS, MACRO_AUROC, MACRO_F1};
use crate::sample::Sample;

/// What a model said of a slice that it had not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfFold {
    /// Which round of folds; the first is 1.
    pub repeat: usize,
    /// Which fold held the slice out; the first is 1.
    pub fold: usize,
    /// The slice's group, numbered from 0 without gaps; a slice without a group has one to
    /// itself, the same in every repeat.
    pub group: usize,
    /// What the slice is.
    pub truth: ClassIndex,
    /// What the model makes of it.
    pub probabilities: Probabilities,
}

by_metric! {
    /// The scores that folds are compared by; undefined is `None`.
    pub struct Headline: Option<f64> {
        accuracy = ACCURACY,
        macro_f1 = MACRO_F1,
        macro_auroc = MACRO_AUROC,
        log_loss = LOG_LOSS,
    }
}

impl Headline {
    /// The scores of `predictions`.
    ///
    /// # Panics
    /// If a prediction belongs to another class set.
    pub fn compute<'a>(
        class_count: usize,
        predictions: impl IntoIterator<Item = &'a OutOfFold>,
    ) -> Self {
        let (truth, probabilities): (Vec<ClassIndex>, Vec<Probabilities>) = predictions
            .into_iter()
            .map(|one| (one.truth, one.probabilities.clone()))
            .unzip();
        let sample = Sample::new(class_count, &truth, &probabilities);
        Self::each(|metric| (metric.compute)(&sample))
    }

    /// Those of an evaluation.
    pub(crate) fn of(evaluation: &Evaluation) -> Self {
        Self::each(|metric| evaluation.scores.get(metric).flatten())
    }
}
