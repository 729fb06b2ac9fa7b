//! What out-of-fold predictions are worth once they are calibrated: each fold by a scaling and by
//! quantiles that did not see it.

use hilum_core::{ClassIndex, Classes, Probabilities};
use hilum_metrics::{
    Bootstrap, CalibratedFolds, Evaluation, JudgedSet, OutOfFold, Selective, SetScores,
};
use hilum_trust::{
    Bias, ConformalScores, HeldOut, HeldOutSlice, Policy, SetMethod, Sets, calibrate,
};

/// Every slice as if its fold had been new and all other folds of its repeat the calibration's;
/// groups are never on both sides, since folds keep them whole. `None` if a fold leaves too little
/// to calibrate on.
pub(crate) fn cross_fitted(
    classes: &Classes,
    predictions: &[OutOfFold],
    bootstrap: &Bootstrap,
) -> Option<CalibratedFolds> {
    let mut answers: Vec<(Probabilities, Vec<ClassIndex>)> = Vec::with_capacity(predictions.len());
    for fold in predictions.chunk_by(|one, other| place(one) == place(other)) {
        let is_other = |one: &&OutOfFold| one.repeat == fold[0].repeat && one.fold != fold[0].fold;
        let others = predictions.iter().filter(is_other).map(|one| HeldOutSlice {
            logits: logits(&one.probabilities),
            truth: one.truth,
            group: one.group,
        });
        let others = HeldOut::new(classes.len(), others.collect());
        let scaling = calibrate(&others, Bias::Never).ok()?.scaling;
        let scores = ConformalScores::of(&others, &scaling);
        let sets = Sets::new(&scores, SetMethod::default(), Policy::COVERAGE);
        answers.extend(fold.iter().map(|one| {
            let probabilities = scaling.probabilities_of_wide(&logits(&one.probabilities));
            let set = sets.of(&probabilities);
            (probabilities, set)
        }));
    }
    Some(judged(classes, predictions, &answers, bootstrap))
}

fn place(one: &OutOfFold) -> (usize, usize) {
    (one.repeat, one.fold)
}

/// Up to a constant, which no scaling sees.
fn logits(probabilities: &Probabilities) -> Vec<f64> {
    let values = probabilities.as_slice().iter();
    values
        .map(|value| value.max(f64::MIN_POSITIVE).ln())
        .collect()
}

fn judged(
    classes: &Classes,
    predictions: &[OutOfFold],
    answers: &[(Probabilities, Vec<ClassIndex>)],
    bootstrap: &Bootstrap,
) -> CalibratedFolds {
    let truth: Vec<_> = predictions.iter().map(|one| one.truth).collect();
    let groups: Vec<_> = predictions.iter().map(|one| one.group).collect();
    let before: Vec<_> = predictions
        .iter()
        .map(|one| one.probabilities.clone())
        .collect();
    let after: Vec<_> = answers.iter().map(|(after, _)| after.clone()).collect();
    let sets: Vec<JudgedSet<'_>> = predictions
        .iter()
        .zip(answers)
        .map(|(one, (after, set))| JudgedSet {
            truth: one.truth,
            set,
            most_likely: after.most_likely(),
        })
        .collect();
    let evaluation = Evaluation::compute_by_group(classes, &truth, &after, &groups, bootstrap);
    CalibratedFolds {
        evaluation: evaluation.calibrated_from(&truth, &before),
        conformal: SetScores::compute(classes, &sets, &groups, Policy::COVERAGE, bootstrap),
        selective: Selective::compute(&truth, &after),
    }
}
