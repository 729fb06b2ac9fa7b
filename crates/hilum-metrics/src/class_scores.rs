//! How one class fared, and the list of what is said of a class.

use hilum_core::ClassIndex;
use serde::{Deserialize, Serialize};

use crate::metric::{Metric, Prominence};
use crate::metrics::{
    MACRO_AUROC, MACRO_AVERAGE_PRECISION, MACRO_F1, MACRO_PRECISION, MACRO_RECALL, WEIGHTED_F1,
    WEIGHTED_PRECISION, WEIGHTED_RECALL,
};
use crate::precision_recall::average_precision;
use crate::roc::auroc;
use crate::sample::Sample;

/// How one class fared. Undefined is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// [`Confusion::precision`](crate::Confusion::precision).
    pub precision: Option<f64>,
    /// [`Confusion::recall`](crate::Confusion::recall).
    pub recall: Option<f64>,
    /// [`Confusion::f1`](crate::Confusion::f1).
    pub f1: Option<f64>,
    /// How many slices are of this class.
    pub support: u64,
    /// [`auroc`].
    pub auroc: Option<f64>,
    /// [`average_precision`].
    pub average_precision: Option<f64>,
}

/// What is said of a class, besides how many slices it has.
#[derive(Debug, Clone, Copy)]
pub struct ClassMetric {
    /// Its key in `metrics.json`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Where a person is shown it.
    pub prominence: Prominence,
    /// Its value among the scores of a class.
    pub value: fn(&ClassScores) -> Option<f64>,
    /// Its mean over the classes that occur.
    pub macro_mean: Metric,
    /// Its mean over the slices.
    pub weighted_mean: Option<Metric>,
}

/// Every figure of a class, in the order in which they are shown.
pub const CLASS_METRICS: &[ClassMetric] = &[
    ClassMetric {
        name: "precision",
        title: "precision",
        prominence: Prominence::Summary,
        value: |scores| scores.precision,
        macro_mean: MACRO_PRECISION,
        weighted_mean: Some(WEIGHTED_PRECISION),
    },
    ClassMetric {
        name: "recall",
        title: "recall",
        prominence: Prominence::Summary,
        value: |scores| scores.recall,
        macro_mean: MACRO_RECALL,
        weighted_mean: Some(WEIGHTED_RECALL),
    },
    ClassMetric {
        name: "f1",
        title: "F1",
        prominence: Prominence::Summary,
        value: |scores| scores.f1,
        macro_mean: MACRO_F1,
        weighted_mean: Some(WEIGHTED_F1),
    },
    ClassMetric {
        name: "auroc",
        title: "AUROC",
        prominence: Prominence::Summary,
        value: |scores| scores.auroc,
        macro_mean: MACRO_AUROC,
        weighted_mean: None,
    },
    ClassMetric {
        name: "average_precision",
        title: "average precision",
        prominence: Prominence::Report,
        value: |scores| scores.average_precision,
        macro_mean: MACRO_AVERAGE_PRECISION,
        weighted_mean: None,
    },
];

impl ClassScores {
    /// The scores of `class`.
    pub fn compute(sample: &Sample<'_>, class: ClassIndex) -> Self {
        let confusion = sample.confusion();
        Self {
            precision: confusion.precision(class),
            recall: confusion.recall(class),
            f1: confusion.f1(class),
            support: confusion.support(class),
            auroc: auroc(sample, class),
            average_precision: average_precision(sample, class),
        }
    }
}
