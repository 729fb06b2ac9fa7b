//! Every drawing of an evaluation.

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::EvaluationReport;
use serde::Serialize;

use crate::caption::caption;
use crate::confusion_matrix::confusion_matrix;
use crate::precision_recall::precision_recall;
use crate::predictions::Prediction;
use crate::reliability::reliability;
use crate::roc::roc;

/// The drawings of an evaluation, each a whole SVG document.
#[derive(Debug, Clone, Serialize)]
pub struct EvaluationPlots {
    /// [`confusion_matrix`].
    pub confusion_matrix: String,
    /// [`roc`].
    pub roc: String,
    /// [`precision_recall`].
    pub precision_recall: String,
    /// [`reliability`].
    pub reliability: String,
}

impl EvaluationPlots {
    /// Draws the slices as they are, copies included; the caption of each says so.
    ///
    /// # Panics
    /// If `predictions` belong to other classes than the report.
    pub fn draw(report: &EvaluationReport, predictions: &[Prediction]) -> Self {
        let evaluation = &report.as_is;
        let classes = &evaluation.confusion.classes;
        let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
        let probabilities: Vec<Probabilities> = predictions
            .iter()
            .map(|slice| slice.probabilities.clone())
            .collect();
        let caption = caption(report);
        Self {
            confusion_matrix: confusion_matrix(&evaluation.confusion, &caption),
            roc: roc(classes, &truth, &probabilities, &caption),
            precision_recall: precision_recall(classes, &truth, &probabilities, &caption),
            reliability: reliability(&evaluation.reliability, evaluation.scores.ece, &caption),
        }
    }
}
