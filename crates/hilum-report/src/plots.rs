//! Every drawing of an evaluation.

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::CleanPart;
use serde::Serialize;

use crate::caption::{caption, caption_of_all};
use crate::confusion_matrix::confusion_matrix_in;
use crate::evaluated::Evaluated;
use crate::precision_recall::precision_recall_in;
use crate::reliability::{Reliability, reliability_in};
use crate::risk_coverage::risk_coverage_in;
use crate::roc::roc_in;
use crate::room::Room;
use crate::stress::stress_in;
use crate::training_curves::training_curves_in;

/// The drawings of an evaluation, each a whole SVG document: of the clean slices, where any is
/// clean, else of all of them. The caption of each says so.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EvaluationPlots {
    pub(crate) confusion_matrix: String,
    /// The confusion matrix of all slices, where the other is of a part.
    pub(crate) confusion_matrix_of_all: Option<String>,
    pub(crate) roc: String,
    pub(crate) precision_recall: String,
    pub(crate) reliability: String,
    pub(crate) risk_coverage: String,
    /// What changes of the pictures do, where that was measured.
    pub(crate) stress: Option<String>,
    pub(crate) training_curves: Option<String>,
}

impl EvaluationPlots {
    /// # Panics
    /// If the predictions belong to other classes than the report.
    pub(crate) fn draw(room: Room, evaluated: &Evaluated<'_>) -> Self {
        let report = evaluated.report;
        let shown = evaluated.shown();
        let classes = &shown.confusion.classes;
        let predictions = evaluated.shown_predictions();
        let truth: Vec<ClassIndex> = predictions.iter().map(|slice| slice.truth).collect();
        let probabilities: Vec<Probabilities> = predictions
            .iter()
            .map(|slice| slice.probabilities.clone())
            .collect();
        let caption = caption(report);
        let is_part = matches!(report.clean_part(), CleanPart::Part(_));
        let of_all = || confusion_matrix_in(room, &report.as_is.confusion, &caption_of_all(report));
        let training = evaluated.training;
        Self {
            confusion_matrix: confusion_matrix_in(room, &shown.confusion, &caption),
            confusion_matrix_of_all: is_part.then(of_all),
            roc: roc_in(room, classes, &truth, &probabilities, &caption),
            precision_recall: precision_recall_in(room, classes, &truth, &probabilities, &caption),
            reliability: reliability_in(room, &Reliability::of(shown), &caption),
            risk_coverage: risk_coverage_in(room, &truth, &probabilities, &caption),
            stress: report
                .stress
                .as_ref()
                .map(|table| stress_in(room, table, &caption)),
            training_curves: training
                .map(|(history, context)| training_curves_in(room, history, context)),
        }
    }

    /// Those that are files of an evaluation, by their names; a run has its curves elsewhere.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let plots = [
            ("confusion-matrix.svg", &self.confusion_matrix),
            ("roc.svg", &self.roc),
            ("precision-recall.svg", &self.precision_recall),
            ("reliability.svg", &self.reliability),
            ("risk-coverage.svg", &self.risk_coverage),
        ];
        let stress = self.stress.iter().map(|plot| ("stress.svg", plot));
        let all = plots.into_iter().chain(stress);
        all.map(|(name, drawing)| (name, drawing.as_str()))
    }
}
