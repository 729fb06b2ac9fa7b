//! All that the files of an evaluation are made of.

use hilum_metrics::{CleanPart, Evaluation, EvaluationReport, History};

use crate::cases::Cases;
use crate::data_flow::DataFlow;
use crate::heat::HeatSection;
use crate::judged_slice::JudgedSlice;
use crate::predictions::Prediction;
use crate::provenance::Provenance;
use crate::training_context::TrainingContext;

/// All that the files of an evaluation are made of.
#[derive(Debug, Clone, Copy)]
pub struct Evaluated<'a> {
    /// The figures.
    pub report: &'a EvaluationReport,
    /// Those that `report.as_is` was computed from.
    pub predictions: &'a [Prediction],
    /// The positions in `predictions` of those that `report.clean` was computed from.
    pub clean: Option<&'a [usize]>,
    /// One a prediction: what comparisons with other models go by.
    pub slices: Option<&'a [JudgedSlice]>,
    /// The training that made the model, whose curves the page then shows.
    pub training: Option<(&'a History, &'a TrainingContext)>,
    /// How files became slices.
    pub data_flow: Option<&'a DataFlow>,
    /// Where the model looked.
    pub heat: Option<&'a HeatSection>,
    /// Slices to look at; without them, mistakes are listed without pictures.
    pub cases: Option<&'a Cases>,
    /// What it takes to make the figures again.
    pub provenance: Option<&'a Provenance>,
}

impl<'a> Evaluated<'a> {
    /// The figures and what they were computed from; whatever else is known is added to it.
    pub fn new(report: &'a EvaluationReport, predictions: &'a [Prediction]) -> Self {
        Self {
            report,
            predictions,
            clean: None,
            slices: None,
            training: None,
            data_flow: None,
            heat: None,
            cases: None,
            provenance: None,
        }
    }

    /// The figures that stand first: the clean ones, if any slice is clean.
    pub(crate) fn shown(&self) -> &'a Evaluation {
        match self.report.clean_part() {
            CleanPart::All(evaluation) | CleanPart::Part(evaluation) => evaluation,
            CleanPart::Nothing => &self.report.as_is,
        }
    }

    /// The predictions that [`shown`](Self::shown) was computed from.
    pub(crate) fn shown_predictions(&self) -> Vec<&'a Prediction> {
        match (self.report.clean_part(), self.clean) {
            (CleanPart::Part(_), Some(clean)) => clean
                .iter()
                .map(|position| &self.predictions[*position])
                .collect(),
            _ => self.predictions.iter().collect(),
        }
    }
}
