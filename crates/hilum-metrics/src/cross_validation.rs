//! What out-of-fold predictions amount to: pooled, fold by fold, and how far folds lie apart.

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{AuditSummary, ClassIndex, Classes, Grouping, Probabilities, Split};
use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::by_metric::by_metric;
use crate::evaluation::Evaluation;
use crate::leak::Leak;
use crate::metrics::{ACCURACY, LOG_LOSS, MACRO_AUROC, MACRO_F1};
use crate::out_of_fold::{Headline, OutOfFold};
use crate::selective::Selective;
use crate::set_scores::SetScores;

/// One fold of one repeat.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FoldScores {
    /// Which round of folds; the first is 1.
    pub repeat: usize,
    /// Which fold was held out; the first is 1.
    pub fold: usize,
    /// Slices in it.
    pub count: usize,
    /// How its model did on it.
    #[serde(flatten)]
    pub scores: Headline,
}

/// Mean and spread of a score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The mean; `None` without a defined value.
    pub mean: Option<f64>,
    /// The standard deviation of a sample, over `count - 1`; `None` for fewer than two values.
    pub standard_deviation: Option<f64>,
    /// How many values were defined.
    pub count: usize,
}

by_metric! {
    /// Mean and spread of the scores that folds are compared by.
    pub struct HeadlineSpread: Spread {
        accuracy = ACCURACY,
        macro_f1 = MACRO_F1,
        macro_auroc = MACRO_AUROC,
        log_loss = LOG_LOSS,
    }
}

/// One round of folds, in which every slice was held out once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepeatEvaluation {
    /// Which one; the first is 1.
    pub repeat: usize,
    /// On the predictions of all its folds together.
    pub out_of_fold: Evaluation,
}

/// `metrics.json` of a cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrossValidationReport {
    /// What was divided into folds.
    pub splits: Vec<Split>,
    /// Folds of each repeat.
    pub fold_count: usize,
    /// Rounds of folds.
    pub repeat_count: usize,
    /// What must stay together: `inferred` (a guess), `given` or `none`.
    pub grouping: Grouping,
    /// On the predictions of all folds of all repeats; its intervals come from drawing whole
    /// groups, with every prediction of their slices.
    pub out_of_fold: Evaluation,
    /// The same, repeat by repeat.
    pub per_repeat: Vec<RepeatEvaluation>,
    /// Fold by fold.
    pub per_fold: Vec<FoldScores>,
    /// Over the folds of all repeats. Folds share most of their training slices, so this is no
    /// standard error (Bengio, Grandvalet, No unbiased estimator of the variance of k-fold
    /// cross-validation, 2004).
    pub over_folds: HeadlineSpread,
    /// Over repeats, each pooled: what seed and division do. It says nothing of other patients.
    pub over_repeats: HeadlineSpread,
    /// What folds by slice would have claimed, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<Leak>,
    /// The same predictions calibrated, each fold by the others; `None` if they are too few, and in
    /// files of an older hilum.
    #[serde(default)]
    pub calibrated: Option<CalibratedFolds>,
    /// How the intervals were drawn.
    pub bootstrap: Bootstrap,
    /// What the audit said of the data.
    pub audit: AuditSummary,
    /// What else it takes to make the numbers again; name to value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// Out-of-fold predictions that were calibrated by what did not see their fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibratedFolds {
    /// The figures of the calibrated probabilities, with the calibration error of before.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Whether sets hold the truth as often as they say.
    pub conformal: SetScores,
    /// What the model is worth where it is sure.
    pub selective: Selective,
}

impl FoldScores {
    /// The scores of each fold, in order of repeat and fold.
    pub fn of_all(class_count: usize, predictions: &[OutOfFold]) -> Vec<Self> {
        let folds: BTreeSet<(usize, usize)> = predictions
            .iter()
            .map(|one| (one.repeat, one.fold))
            .collect();
        let scores = |(repeat, fold)| {
            let of_fold = || {
                let all = predictions.iter();
                all.filter(move |one| (one.repeat, one.fold) == (repeat, fold))
            };
            Self {
                repeat,
                fold,
                count: of_fold().count(),
                scores: Headline::compute(class_count, of_fold()),
            }
        };
        folds.into_iter().map(scores).collect()
    }
}

impl Spread {
    /// Of the values that are defined. Same as NumPy's `mean` and `std(ddof=1)`.
    pub fn of(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let values: Vec<f64> = values.into_iter().flatten().collect();
        let count = values.len();
        let mean = (count > 0).then(|| values.iter().sum::<f64>() / count as f64);
        let deviation = |mean: f64| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (count > 1).then(|| (squares / (count - 1) as f64).sqrt())
        };
        Self {
            mean,
            standard_deviation: mean.and_then(deviation),
            count,
        }
    }
}

impl HeadlineSpread {
    /// Of each score.
    pub fn of(scores: &[Headline]) -> Self {
        Self::each(|metric| {
            let values = scores.iter().map(|scores| scores.get(metric).flatten());
            Spread::of(values)
        })
    }
}

/// What was cross-validated, and how.
#[derive(Debug, Clone)]
pub struct CrossValidated<'a> {
    /// The classes of truths and probabilities.
    pub classes: &'a Classes,
    /// What was divided into folds.
    pub splits: &'a [Split],
    /// `inferred`, `given` or `none`.
    pub grouping: Grouping,
    /// How intervals are drawn.
    pub bootstrap: Bootstrap,
    /// What the audit said of the data.
    pub audit: AuditSummary,
    /// What else is worth knowing; name to value.
    pub details: BTreeMap<String, String>,
}

impl CrossValidationReport {
    /// Judges every prediction.
    ///
    /// # Panics
    /// If a prediction belongs to another class set.
    pub fn compute(run: CrossValidated<'_>, predictions: &[OutOfFold]) -> Self {
        let class_count = run.classes.len();
        let per_fold = FoldScores::of_all(class_count, predictions);
        let repeats: BTreeSet<usize> = predictions.iter().map(|one| one.repeat).collect();
        let per_repeat: Vec<RepeatEvaluation> = repeats
            .into_iter()
            .map(|repeat| {
                let of_repeat = predictions.iter().filter(|one| one.repeat == repeat);
                let out_of_fold = evaluate(&run, of_repeat);
                RepeatEvaluation {
                    repeat,
                    out_of_fold,
                }
            })
            .collect();
        let of_folds: Vec<Headline> = per_fold.iter().map(|fold| fold.scores).collect();
        let of_repeats: Vec<Headline> = per_repeat
            .iter()
            .map(|repeat| Headline::of(&repeat.out_of_fold))
            .collect();
        Self {
            splits: run.splits.to_vec(),
            fold_count: per_fold.iter().map(|fold| fold.fold).max().unwrap_or(0),
            repeat_count: per_repeat.len(),
            grouping: run.grouping,
            out_of_fold: evaluate(&run, predictions),
            per_repeat,
            per_fold,
            over_folds: HeadlineSpread::of(&of_folds),
            over_repeats: HeadlineSpread::of(&of_repeats),
            leak: None,
            calibrated: None,
            bootstrap: run.bootstrap,
            audit: run.audit,
            details: run.details,
        }
    }
}

fn evaluate<'a>(
    run: &CrossValidated<'_>,
    predictions: impl IntoIterator<Item = &'a OutOfFold>,
) -> Evaluation {
    let predictions: Vec<&OutOfFold> = predictions.into_iter().collect();
    let truth: Vec<ClassIndex> = predictions.iter().map(|one| one.truth).collect();
    let probabilities: Vec<Probabilities> = predictions
        .iter()
        .map(|one| one.probabilities.clone())
        .collect();
    let groups: Vec<usize> = predictions.iter().map(|one| one.group).collect();
    Evaluation::compute_by_group(run.classes, &truth, &probabilities, &groups, &run.bootstrap)
}
