//! Out-of-fold predictions, fold by fold and together.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, ClassIndex, ClassName, Classes, Probabilities, Split};
use hilum_metrics::{Bootstrap, CrossValidated, CrossValidationReport, OutOfFold, Spread};

/// A slice called right or wrong with a probability of 0.8.
fn slice(repeat: usize, fold: usize, group: usize, is_right: bool) -> OutOfFold {
    let truth = group % 2;
    let called = if is_right { truth } else { 1 - truth };
    let mut row = vec![0.2; 2];
    row[called] = 0.8;
    OutOfFold {
        repeat,
        fold,
        group,
        truth: ClassIndex::new(truth),
        probabilities: Probabilities::new(row).unwrap(),
    }
}

fn report(predictions: &[OutOfFold]) -> CrossValidationReport {
    let classes = Classes::new(["normal", "tumour"].map(ClassName::new)).unwrap();
    let run = CrossValidated {
        classes: &classes,
        splits: &[Split::Train, Split::Valid],
        grouping: hilum_core::Grouping::Given,
        bootstrap: Bootstrap::default(),
        audit: AuditSummary::NotAudited,
        details: BTreeMap::new(),
    };
    CrossValidationReport::compute(run, predictions)
}

#[test]
fn the_spread_is_numpys() {
    // numpy.mean and numpy.std(ddof=1) of [0.9, 0.8, 0.95].
    let spread = Spread::of([Some(0.9), Some(0.8), None, Some(0.95)]);
    assert!((spread.mean.unwrap() - 0.8833333333333333).abs() < 1e-15);
    assert!((spread.standard_deviation.unwrap() - 0.07637626158259733).abs() < 1e-15);
    assert_eq!(spread.count, 3);
    assert_eq!(Spread::of([Some(1.0)]).standard_deviation, None);
    assert_eq!(Spread::of([None]).mean, None);
}

#[test]
fn folds_repeats_and_the_whole_are_judged_apart() {
    let predictions = [
        slice(1, 1, 0, true),
        slice(1, 1, 1, true),
        slice(1, 2, 2, true),
        slice(1, 2, 3, false),
        slice(2, 1, 2, false),
        slice(2, 1, 3, false),
        slice(2, 2, 0, true),
        slice(2, 2, 1, true),
    ];
    let report = report(&predictions);
    let of_folds: Vec<_> = report
        .per_fold
        .iter()
        .map(|fold| fold.scores.accuracy)
        .collect();
    assert_eq!(of_folds, [Some(1.0), Some(0.5), Some(0.0), Some(1.0)]);
    let of_repeats: Vec<_> = report
        .per_repeat
        .iter()
        .map(|repeat| repeat.out_of_fold.scores.accuracy)
        .collect();
    assert_eq!(of_repeats, [Some(0.75), Some(0.5)]);
    assert_eq!(report.out_of_fold.scores.accuracy, Some(0.625));
    assert_eq!(report.out_of_fold.count, 8);
    assert_eq!((report.fold_count, report.repeat_count), (2, 2));
    assert_eq!(report.over_folds.accuracy.mean, Some(0.625));
    // -(5 ln 0.8 + 3 ln 0.2) / 8
    assert!((report.out_of_fold.scores.log_loss.unwrap() - 0.7430039367341686).abs() < 1e-12);
}

#[test]
fn more_repeats_of_the_same_patients_do_not_narrow_the_interval() {
    let once: Vec<OutOfFold> = (0..60)
        .map(|at| slice(1, at % 5 + 1, at, at % 3 > 0))
        .collect();
    let again = once.iter().map(|one| OutOfFold {
        repeat: 2,
        ..one.clone()
    });
    let twice: Vec<OutOfFold> = once.iter().cloned().chain(again).collect();
    let intervals = [report(&once), report(&twice)].map(|report| report.out_of_fold.intervals);
    assert_eq!(intervals[0].accuracy, intervals[1].accuracy);
    assert_eq!(intervals[0].macro_f1, intervals[1].macro_f1);
}
