//! Everything that is said of one set of predictions, as it stands in `metrics.json`.

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, ClassIndex, ClassName, Classes, Probabilities, Split};
use serde::{Deserialize, Serialize};

use crate::{
    Bootstrap, Confusion, Intervals, ReliabilityBin, auroc, average_precision, brier_score,
    expected_calibration_error, log_cosh, log_loss, macro_auroc, macro_average_precision,
    reliability,
};

/// How many bins the calibration error is computed with.
pub const RELIABILITY_BIN_COUNT: usize = 15;

/// How one class fared. Undefined is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// [`Confusion::precision`].
    pub precision: Option<f64>,
    /// [`Confusion::recall`].
    pub recall: Option<f64>,
    /// [`Confusion::f1`].
    pub f1: Option<f64>,
    /// How many slices are of this class.
    pub support: u64,
    /// [`auroc`].
    pub auroc: Option<f64>,
    /// [`average_precision`].
    pub average_precision: Option<f64>,
}

/// A [`Confusion`] that knows its classes.
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
    /// [`Confusion::accuracy`].
    pub accuracy: Option<f64>,
    /// [`Confusion::balanced_accuracy`].
    pub balanced_accuracy: Option<f64>,
    /// [`Confusion::macro_precision`].
    pub macro_precision: Option<f64>,
    /// [`Confusion::macro_recall`].
    pub macro_recall: Option<f64>,
    /// [`Confusion::macro_f1`].
    pub macro_f1: Option<f64>,
    /// [`Confusion::weighted_precision`].
    pub weighted_precision: Option<f64>,
    /// [`Confusion::weighted_recall`].
    pub weighted_recall: Option<f64>,
    /// [`Confusion::weighted_f1`].
    pub weighted_f1: Option<f64>,
    /// [`macro_auroc`].
    pub macro_auroc: Option<f64>,
    /// [`macro_average_precision`].
    pub macro_average_precision: Option<f64>,
    /// [`Confusion::cohen_kappa`].
    pub cohen_kappa: Option<f64>,
    /// [`Confusion::matthews_correlation`].
    pub matthews_correlation: Option<f64>,
    /// [`log_loss`], in nats.
    pub log_loss: Option<f64>,
    /// [`brier_score`].
    pub brier_score: Option<f64>,
    /// [`log_cosh`].
    pub log_cosh: Option<f64>,
    /// [`expected_calibration_error`] with [`RELIABILITY_BIN_COUNT`] bins.
    pub ece: Option<f64>,
    /// The scores of every class of the model.
    pub per_class: BTreeMap<ClassName, ClassScores>,
    /// Who was taken for whom.
    pub confusion: ConfusionTable,
    /// Confidence against accuracy.
    pub reliability: Vec<ReliabilityBin>,
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
        let class_count = classes.len();
        assert!(
            probabilities
                .iter()
                .all(|row| row.as_slice().len() == class_count),
            "a probability for every class"
        );
        let predicted: Vec<ClassIndex> = probabilities
            .iter()
            .map(Probabilities::most_likely)
            .collect();
        let confusion = Confusion::new(class_count, truth, &predicted);
        let reliability = reliability(truth, probabilities, RELIABILITY_BIN_COUNT);
        Self {
            count: truth.len(),
            accuracy: confusion.accuracy(),
            balanced_accuracy: confusion.balanced_accuracy(),
            macro_precision: confusion.macro_precision(),
            macro_recall: confusion.macro_recall(),
            macro_f1: confusion.macro_f1(),
            weighted_precision: confusion.weighted_precision(),
            weighted_recall: confusion.weighted_recall(),
            weighted_f1: confusion.weighted_f1(),
            macro_auroc: macro_auroc(class_count, truth, probabilities),
            macro_average_precision: macro_average_precision(class_count, truth, probabilities),
            cohen_kappa: confusion.cohen_kappa(),
            matthews_correlation: confusion.matthews_correlation(),
            log_loss: log_loss(truth, probabilities),
            brier_score: brier_score(truth, probabilities),
            log_cosh: log_cosh(truth, probabilities),
            ece: expected_calibration_error(&reliability),
            per_class: per_class(classes, &confusion, truth, probabilities),
            confusion: ConfusionTable {
                classes: classes.clone(),
                counts: confusion.counts().to_vec(),
            },
            reliability,
            intervals: bootstrap.intervals_by_group(class_count, truth, probabilities, groups),
        }
    }
}

fn per_class(
    classes: &Classes,
    confusion: &Confusion,
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
) -> BTreeMap<ClassName, ClassScores> {
    let scores = |class| ClassScores {
        precision: confusion.precision(class),
        recall: confusion.recall(class),
        f1: confusion.f1(class),
        support: confusion.support(class),
        auroc: auroc(truth, probabilities, class),
        average_precision: average_precision(truth, probabilities, class),
    };
    classes
        .indices()
        .map(|class| (classes.name(class).clone(), scores(class)))
        .collect()
}

/// `metrics.json`: what a model does on a split, and what is known of the split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// The split that was judged.
    pub split: Split,
    /// On every slice of the split.
    pub as_is: Evaluation,
    /// Without copies of other splits' images and without repeats; `None` where nothing had to
    /// be left out.
    pub clean: Option<Evaluation>,
    /// What the audit said of the data.
    pub audit: AuditSummary,
    /// The model file.
    pub model: String,
    /// What else a reader needs to make the numbers again: architecture, recipe, versions,
    /// seeds, fingerprints; name to value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}
