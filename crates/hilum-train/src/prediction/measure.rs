//! From logits to the numbers of an epoch.

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::SplitRow;

use super::cross_entropy::CrossEntropy;

/// Collects what a network said of many slices.
#[derive(Debug)]
pub(crate) struct Measure<'a> {
    class_count: usize,
    loss: CrossEntropy<'a>,
    truth: Vec<ClassIndex>,
    probabilities: Vec<Probabilities>,
}

impl<'a> Measure<'a> {
    /// Nothing yet; `class_weights` has one factor per class.
    pub(crate) fn new(class_weights: &'a [f32], label_smoothing: f32) -> Self {
        Self {
            class_count: class_weights.len(),
            loss: CrossEntropy::new(class_weights, f64::from(label_smoothing)),
            truth: Vec::new(),
            probabilities: Vec::new(),
        }
    }

    /// Adds a slice: its finite logits and its true class.
    pub(crate) fn add(&mut self, logits: &[f32], truth: ClassIndex) {
        self.loss.add(logits, truth);
        self.truth.push(truth);
        self.probabilities.push(Probabilities::from_logits(logits));
    }

    /// What they amount to.
    pub(crate) fn row(&self) -> SplitRow {
        let loss = self.loss.mean();
        SplitRow::compute(self.class_count, loss, &self.truth, &self.probabilities)
    }
}
