//! What a model says of one split, and what that is worth, before anything is written.

use hilum_metrics::EvaluationReport;
use hilum_report::{DataFlow, JudgedSlice, Prediction};

use crate::data::Audited;

/// What a model says of one split, and what that is worth.
pub(crate) struct Judged {
    /// The figures.
    pub(crate) report: EvaluationReport,
    /// Of every slice of the split.
    pub(crate) predictions: Vec<Prediction>,
    /// What else is known of the slice of each prediction.
    pub(crate) slices: Vec<JudgedSlice>,
    /// The positions of the clean predictions.
    pub(crate) clean: Vec<usize>,
    /// How files became these slices.
    pub(crate) data_flow: DataFlow,
}

/// What is known of the slice of each of the `samples`.
pub(super) fn slices(
    audited: &Audited,
    samples: &[usize],
    groups: &[usize],
    clean: &[usize],
) -> Vec<JudgedSlice> {
    let facts = audited.audit.facts();
    let content = |sample: &usize| {
        let digest = facts[*sample].slice()?.digest;
        Some(format!("{:032x}", digest.as_number()))
    };
    let slice = |(at, sample): (usize, &usize)| JudgedSlice {
        group: groups[at],
        is_clean: clean.binary_search(&at).is_ok(),
        content: content(sample),
    };
    samples.iter().enumerate().map(slice).collect()
}
