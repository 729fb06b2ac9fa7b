//! Everything that is said of one set of predictions.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Intervals};
use crate::calibration_scores::CalibrationScores;
use crate::class_scores::ClassScores;
use crate::metrics::{ECE, RELIABILITY_BIN_COUNT, Scores};
use crate::reliability::{ReliabilityBin, reliability};
use crate::sample::Sample;

/// A [`Confusion`](crate::Confusion) that knows its classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionTable {
    /// The classes, of rows and columns alike.
    pub classes: Classes,
    /// Row: truth. Column: predicted.
    pub counts: Vec<Vec<u64>>,
}

/// All scores of one set of predictions. Undefined is `None`, in JSON `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// How many slices were judged.
    pub count: usize,
    /// The value of every metric.
    #[serde(flatten)]
    pub scores: Scores,
    /// Whether the probabilities are ones, in more figures.
    #[serde(flatten)]
    pub calibration: CalibrationScores,
    /// The expected calibration error before calibration; absent if the model is not calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ece_before: Option<f64>,
    /// The scores of every class of the model.
    pub per_class: BTreeMap<ClassName, ClassScores>,
    /// Who was taken for whom.
    pub confusion: ConfusionTable,
    /// Confidence against accuracy.
    pub reliability: Vec<ReliabilityBin>,
    /// The same before calibration; absent if the model is not calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability_before: Option<Vec<ReliabilityBin>>,
    /// What chance does to the headline scores.
    pub intervals: Intervals,
}

impl Evaluation {
    /// Judges `probabilities` (one per slice, one value per class) against `truth`; the most
    /// likely class is the predicted one.
    ///
    /// # Panics
    /// If the slices differ in length, or a probability vector or a truth belongs to another
    /// class set.
    pub fn compute(
        classes: &Classes,
        truth: &[ClassIndex],
        probabilities: &[Probabilities],
        bootstrap: &Bootstrap,
    ) -> Self {
        let each_alone: Vec<usize> = (0..truth.len()).collect();
        Self::compute_by_group(classes, truth, probabilities, &each_alone, bootstrap)
    }

    /// The same with intervals from drawing whole groups, whose numbers `groups` gives, a slice
    /// each; see [`Bootstrap::intervals_by_group`].
    ///
    /// # Panics
    /// As [`compute`](Self::compute).
    pub fn compute_by_group(
        classes: &Classes,
        truth: &[ClassIndex],
        probabilities: &[Probabilities],
        groups: &[usize],
        bootstrap: &Bootstrap,
    ) -> Self {
        let sample = Sample::new(classes.len(), truth, probabilities);
        let of_class = |class| {
            let scores = ClassScores::compute(&sample, class);
            (classes.name(class).clone(), scores)
        };
        Self {
            count: truth.len(),
            scores: Scores::each(|metric| (metric.compute)(&sample)),
            calibration: CalibrationScores::compute(&sample),
            ece_before: None,
            per_class: classes.indices().map(of_class).collect(),
            confusion: ConfusionTable {
                classes: classes.clone(),
                counts: sample.confusion().counts().to_vec(),
            },
            reliability: reliability(&sample, RELIABILITY_BIN_COUNT),
            reliability_before: None,
            intervals: bootstrap.intervals_by_group(&sample, groups),
        }
    }

    /// With what the probabilities were before they were calibrated, a slice each.
    ///
    /// # Panics
    /// If the slices differ in length, or belong to another class set.
    #[must_use]
    pub fn calibrated_from(mut self, truth: &[ClassIndex], before: &[Probabilities]) -> Self {
        let sample = Sample::new(self.confusion.classes.len(), truth, before);
        self.ece_before = (ECE.compute)(&sample);
        self.reliability_before = Some(reliability(&sample, RELIABILITY_BIN_COUNT));
        self
    }
}
