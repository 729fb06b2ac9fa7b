//! What a model's answers are worth that are more than a class.

use std::collections::HashMap;

use hilum_core::GroupId;
use hilum_metrics::{Abstained, AnswerScores, Exchangeability, JudgedSet, Selective, SetScores};
use hilum_report::Prediction;
use hilum_trust::{Policy, confidence};
use hilum_weights::ModelFile;

use super::Evaluate;
use crate::Model;
use crate::data::Audited;

/// Of the predictions at the positions `shown`, each with its sample.
pub(super) fn scores(
    model: &Model,
    audited: &Audited,
    predictions: &[(usize, Prediction)],
    shown: &[usize],
    request: &Evaluate,
) -> AnswerScores {
    let samples: Vec<usize> = shown.iter().map(|at| predictions[*at].0).collect();
    let slices: Vec<&Prediction> = shown.iter().map(|at| &predictions[*at].1).collect();
    let groups = groups(audited, &samples);
    let truth: Vec<_> = slices.iter().map(|one| one.truth).collect();
    let probabilities: Vec<_> = slices.iter().map(|one| one.probabilities.clone()).collect();
    let is_right = |one: &&Prediction| one.probabilities.most_likely() == one.truth;
    let abstained = slices.iter().map(|one| (is_right(one), one.answer.reason));
    AnswerScores {
        conformal: sets(model, audited, &slices, &groups, request),
        abstained: Some(Abstained::compute(abstained)),
        selective: Some(Selective::compute(&truth, &probabilities)),
        exchangeability: exchangeability(&model.file, &slices, &groups),
    }
}

/// Of the slices that have a set: those that are unlike the training data have none.
fn sets(
    model: &Model,
    audited: &Audited,
    slices: &[&Prediction],
    groups: &[usize],
    request: &Evaluate,
) -> Option<SetScores> {
    model.file.calibration.as_ref()?.conformal.as_ref()?;
    let (mut judged, mut their_groups) = (Vec::new(), Vec::new());
    for (slice, group) in slices.iter().zip(groups) {
        let Some(set) = &slice.answer.set else {
            continue;
        };
        judged.push(JudgedSet {
            truth: slice.truth,
            set,
            most_likely: slice.probabilities.most_likely(),
        });
        their_groups.push(*group);
    }
    Some(SetScores::compute(
        audited.dataset.classes(),
        &judged,
        &without_gaps(&their_groups),
        request.policy.coverage,
        &request.bootstrap,
    ))
}

fn exchangeability(
    file: &ModelFile,
    slices: &[&Prediction],
    groups: &[usize],
) -> Option<Exchangeability> {
    let new = slices.iter().zip(groups);
    let new: Vec<_> = new
        .map(|(slice, group)| (confidence(&slice.probabilities), *group))
        .collect();
    let found = file.calibration.as_ref()?.hold_against(&new)?;
    Some(Exchangeability {
        p_value: found.p_value,
        alarm: found.is_alarm(),
        slices: found.slices,
        groups: found.groups,
        confidence: found.confidence,
        calibration_confidence: found.held_out_confidence,
    })
}

/// The number of each sample's group, as the calibration has groups: those that the data names, and
/// where it names none what looks like one scan.
fn groups(audited: &Audited, samples: &[usize]) -> Vec<usize> {
    let known = audited.audit.similarity_groups(&audited.dataset);
    let mut numbers: HashMap<&GroupId, usize> = HashMap::new();
    let mut next = 0;
    let mut number = |index: &usize| {
        let group = known[*index].as_ref();
        let found = group.and_then(|group| numbers.get(group).copied());
        found.unwrap_or_else(|| {
            next += 1;
            numbers.extend(group.map(|group| (group, next - 1)));
            next - 1
        })
    };
    samples.iter().map(&mut number).collect()
}

/// The same groups, numbered from 0 without gaps.
fn without_gaps(groups: &[usize]) -> Vec<usize> {
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut number = |group: &usize| {
        let next = numbers.len();
        *numbers.entry(*group).or_insert(next)
    };
    groups.iter().map(&mut number).collect()
}

/// What an answer is made of, and when there is none.
pub(super) fn described(file: &ModelFile, policy: &Policy) -> String {
    let detector = match &file.detector {
        Some(detector) => format!("its detector {detector}"),
        None => "no detector".to_owned(),
    };
    format!("{}; {detector}; {policy}", calibrated(file, policy))
}

fn calibrated(file: &ModelFile, policy: &Policy) -> String {
    let Some(calibration) = &file.calibration else {
        return "not calibrated".to_owned();
    };
    let sets = match calibration.conformal {
        Some(_) => format!(
            "; sets ({}) that are to hold the truth in {} of slices",
            policy.sets, policy.coverage
        ),
        None => String::new(),
    };
    format!("{calibration}{sets}")
}
