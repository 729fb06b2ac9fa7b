//! The figures of an evaluation: of all slices, of the clean ones, of groups.

use hilum_core::{Classes, Probabilities, Split};
use hilum_metrics::{Bootstrap, ByGroup, Drawn, Evaluation, GroupedPart};
use hilum_report::Prediction;

use super::groups::Groups;
use crate::Model;
use crate::data::{Audited, Known};

/// The positions of the predictions of slices that are no copies and that the model does not know.
pub(super) fn clean_positions(
    audited: &Audited,
    known: Option<&Known>,
    split: Split,
    predictions: &[(usize, Prediction)],
) -> Vec<usize> {
    let part = audited.audit.clean_part(&audited.dataset, split);
    let is_clean = |sample_index: &usize| {
        let is_left = part.as_ref().is_none_or(|part| part.contains(sample_index));
        let is_known = known.is_some_and(|known| known.samples.contains(sample_index));
        is_left && !is_known
    };
    let positions = predictions.iter().enumerate();
    let clean = positions.filter(|(_, (sample_index, _))| is_clean(sample_index));
    clean.map(|(position, _)| position).collect()
}

/// What is said of slices and of groups.
pub(super) struct Figures {
    pub(super) as_is: Evaluation,
    pub(super) clean: Option<Evaluation>,
    pub(super) by_group: Option<ByGroup>,
    pub(super) drawn: Drawn,
    /// The number of each prediction's group, from 0 without gaps.
    pub(super) groups: Vec<usize>,
}

/// The figures of all predictions, and of those at the positions `clean`.
pub(super) fn figures(
    model: &Model,
    audited: &Audited,
    predictions: &[(usize, Prediction)],
    clean: &[usize],
    bootstrap: &Bootstrap,
) -> Figures {
    let (samples, slices): (Vec<usize>, Vec<&Prediction>) = predictions
        .iter()
        .map(|(sample_index, one)| (*sample_index, one))
        .unzip();
    let all: Vec<usize> = (0..slices.len()).collect();
    let groups = Groups::of(audited, &samples);
    let classes = audited.dataset.classes();
    let judge = |positions: &[usize]| {
        let those: Vec<&Prediction> = positions.iter().map(|at| slices[*at]).collect();
        judge(classes, &those, &groups.at(positions), bootstrap)
    };
    let (shown, of) = match clean {
        [] => (all.as_slice(), GroupedPart::AsIs),
        clean => (clean, GroupedPart::Clean),
    };
    model.workers.install(|| {
        let as_is = judge(&all);
        Figures {
            clean: match clean.len() {
                0 => None,
                count if count == all.len() => Some(as_is.clone()),
                _ => Some(judge(clean)),
            },
            as_is,
            by_group: groups.judge(classes, &slices, shown, of, bootstrap),
            drawn: groups.drawn,
            groups: groups.at(&all),
        }
    })
}

/// Intervals come from drawing `groups`, whose numbers are given a slice each.
fn judge(
    classes: &Classes,
    slices: &[&Prediction],
    groups: &[usize],
    bootstrap: &Bootstrap,
) -> Evaluation {
    let truth: Vec<_> = slices.iter().map(|one| one.truth).collect();
    let probabilities: Vec<_> = slices.iter().map(|one| one.probabilities.clone()).collect();
    let before = slices.iter().map(|one| one.answer.before.clone());
    let before: Option<Vec<Probabilities>> = before.collect();
    let evaluation =
        Evaluation::compute_by_group(classes, &truth, &probabilities, groups, bootstrap);
    match before {
        Some(before) if !before.is_empty() => evaluation.calibrated_from(&truth, &before),
        _ => evaluation,
    }
}
