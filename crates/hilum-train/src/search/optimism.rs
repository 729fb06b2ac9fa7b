//! How much the best of many trials flatters.

use serde::{Deserialize, Serialize};

use super::ranking::{TrialScore, best_first};

/// What choosing among trials adds to a score that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Optimism {
    /// The mean macro-F1 of the trial that is best over all folds.
    #[serde(rename = "best_macro_f1")]
    pub best: f64,
    /// The mean, over folds, of the macro-F1 that the trial which is best on all other folds has
    /// on the one that had no say.
    #[serde(rename = "judged_apart_macro_f1")]
    pub judged_apart: f64,
}

/// Each fold is taken out of the choice once and judges what the others chose: nested over the
/// folds that are there.
///
/// `trials` hold a score a fold, the same folds for each; trials with another number of folds, as
/// failed ones have, count as worst. `None` for fewer than two folds or without a whole trial.
///
/// The gap between the two figures is an estimate from few folds, and what folds share makes it
/// a low one (compare Tibshirani, Tibshirani, A bias correction for the minimum error rate in
/// cross-validation, 2009; Cawley, Talbot, On over-fitting in model selection, 2010).
pub fn optimism(trials: &[Vec<TrialScore>]) -> Option<Optimism> {
    let fold_count = trials.iter().map(Vec::len).max().unwrap_or(0);
    let whole: Vec<&Vec<TrialScore>> = trials
        .iter()
        .filter(|folds| folds.len() == fold_count)
        .collect();
    if fold_count < 2 || whole.is_empty() {
        return None;
    }
    let chosen_without = |left_out: Option<usize>| {
        let means: Vec<TrialScore> = whole.iter().map(|folds| mean(folds, left_out)).collect();
        best_first(&means)[0]
    };
    let best = mean(whole[chosen_without(None)], None).macro_f1?;
    let judged: Option<f64> = (0..fold_count)
        .map(|fold| whole[chosen_without(Some(fold))][fold].macro_f1)
        .sum();
    Some(Optimism {
        best,
        judged_apart: judged? / fold_count as f64,
    })
}

/// The mean over folds, one of them left out if it is named.
fn mean(folds: &[TrialScore], left_out: Option<usize>) -> TrialScore {
    let kept = || {
        let folds = folds.iter().enumerate();
        folds.filter(move |(fold, _)| Some(*fold) != left_out)
    };
    let count = kept().count() as f64;
    let mean = |score: fn(&TrialScore) -> Option<f64>| {
        let sum: Option<f64> = kept().map(|(_, folds)| score(folds)).sum();
        sum.map(|sum| sum / count)
    };
    TrialScore {
        macro_f1: mean(|score| score.macro_f1),
        log_loss: mean(|score| score.log_loss),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial<const FOLDS: usize>(folds: [f64; FOLDS]) -> Vec<TrialScore> {
        let score = |macro_f1| TrialScore {
            macro_f1: Some(macro_f1),
            log_loss: Some(1.0),
        };
        folds.map(score).to_vec()
    }

    #[test]
    fn a_trial_that_is_lucky_on_one_fold_is_found_out_on_it() {
        // By hand: over all folds the first is best, 0.8. Without the first fold the second is,
        // which has 0.7 there; without any other the first is, with 0.7 and 0.7.
        let trials = [trial([1.0, 0.7, 0.7]), trial([0.7, 0.75, 0.75])];
        let found = optimism(&trials).unwrap();
        assert!((found.best - 0.8).abs() < 1e-12);
        assert!((found.judged_apart - 0.7).abs() < 1e-12);
    }

    #[test]
    fn a_trial_that_is_best_everywhere_does_not_flatter() {
        let trials = [trial([0.9, 0.8]), trial([0.5, 0.6])];
        let found = optimism(&trials).unwrap();
        assert_eq!(found.best, found.judged_apart);
        assert_eq!(optimism(&[]), None);
        assert_eq!(optimism(&[trial([0.9])]), None);
        assert_eq!(
            optimism(&[trial([0.9, 0.8]), vec![]]).unwrap().best,
            found.best
        );
    }
}
