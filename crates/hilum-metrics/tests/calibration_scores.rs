//! Calibration and selective risk against published code; see `reference/make_calibration.py`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use hilum_metrics::{
    Abstained, BRIER_SCORE, Bootstrap, CalibrationScores, JudgedSet, Sample, Selective, SetScores,
    risk_coverage,
};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Predictions {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    truth: Vec<ClassIndex>,
    probabilities: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Expected {
    scores: BTreeMap<String, BTreeMap<String, f64>>,
    selective: Vec<ExpectedSelective>,
}

#[derive(Deserialize)]
struct ExpectedSelective {
    truth: Vec<ClassIndex>,
    probabilities: Vec<Vec<f64>>,
    aurc: f64,
    e_aurc: f64,
    accuracy_at_90: f64,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("reference/calibration.json")).unwrap()
}

fn rows(rows: &[Vec<f64>]) -> Vec<Probabilities> {
    let row = |row: &Vec<f64>| Probabilities::new(row.clone()).unwrap();
    rows.iter().map(row).collect()
}

#[test]
fn every_calibration_score_equals_the_reference() {
    let predictions: Predictions =
        serde_json::from_str(include_str!("reference/sklearn.json")).unwrap();
    let expected = expected().scores;
    assert_eq!(expected.len(), predictions.cases.len());
    for case in predictions.cases {
        let probabilities = rows(&case.probabilities);
        let sample = Sample::new(case.probabilities[0].len(), &case.truth, &probabilities);
        let scores = CalibrationScores::compute(&sample);
        let found: BTreeMap<String, f64> =
            serde_json::from_value(serde_json::to_value(scores).unwrap()).unwrap();
        let expected = &expected[&case.name];
        assert_eq!(found.len(), expected.len());
        for (name, value) in expected {
            let (found, name) = (found[name], format!("{name} of {}", case.name));
            assert!(
                (found - value).abs() < TOLERANCE,
                "{name}: {found}, not {value}"
            );
        }
        let parts = scores.brier;
        let sum = parts.brier_reliability.unwrap() - parts.brier_resolution.unwrap()
            + parts.brier_uncertainty.unwrap()
            + parts.brier_within_bins.unwrap();
        let brier = (BRIER_SCORE.compute)(&sample).unwrap();
        assert!((sum - brier).abs() < TOLERANCE);
    }
}

#[test]
fn risk_and_coverage_equal_the_reference() {
    for case in expected().selective {
        let probabilities = rows(&case.probabilities);
        let found = Selective::compute(&case.truth, &probabilities);
        assert!((found.aurc.unwrap() - case.aurc).abs() < TOLERANCE);
        assert!((found.e_aurc.unwrap() - case.e_aurc).abs() < TOLERANCE);
        let at_90 = found.accuracy_at["0.9"].unwrap();
        assert!((at_90 - case.accuracy_at_90).abs() < TOLERANCE);
        let curve = risk_coverage(&case.truth, &probabilities);
        let last = curve.last().unwrap();
        assert_eq!(last.coverage, 1.0);
        assert!((1.0 - last.risk - found.accuracy_at["1"].unwrap()).abs() < TOLERANCE);
    }
}

#[test]
fn slices_that_are_as_sure_share_their_errors_in_any_order() {
    let probabilities = rows(&[vec![0.9, 0.1], vec![0.9, 0.1], vec![0.6, 0.4]]);
    for truth in [[0, 1, 0], [1, 0, 0]] {
        let curve = risk_coverage(&truth.map(ClassIndex::new), &probabilities);
        let risks: Vec<f64> = curve.iter().map(|point| point.risk).collect();
        assert_eq!(risks, [0.5, 0.5, 1.0 / 3.0]);
    }
}

#[test]
fn without_slices_nothing_is_defined_and_nothing_panics() {
    let scores = CalibrationScores::compute(&Sample::new(3, &[], &[]));
    assert_eq!(scores, CalibrationScores::default());
    let selective = Selective::compute(&[], &[]);
    assert_eq!((selective.aurc, selective.e_aurc), (None, None));
    assert!(selective.accuracy_at.values().all(Option::is_none));
    let abstained = Abstained::compute([]);
    assert_eq!(
        (abstained.share, abstained.accuracy_of_answered),
        (None, None)
    );
    let classes = Classes::new(["a", "b"].map(ClassName::new)).unwrap();
    let sets = SetScores::compute(&classes, &[], &[], 0.9, &Bootstrap::default());
    assert_eq!(
        (sets.coverage, sets.interval, sets.mean_size),
        (None, None, None)
    );
}

#[test]
fn sets_are_counted_by_class_and_empty_ones_are_told() {
    let classes = Classes::new(["a", "b"].map(ClassName::new)).unwrap();
    let [a, b] = [0, 1].map(ClassIndex::new);
    let slice = |truth, set, most_likely| JudgedSet {
        truth,
        set,
        most_likely,
    };
    let (only_a, only_b, both) = ([a], [b], [a, b]);
    let slices = [
        slice(a, &only_a[..], a),
        slice(a, &only_b[..], b),
        slice(a, &[][..], a),
        slice(b, &both[..], a),
    ];
    let scores = SetScores::compute(&classes, &slices, &[0, 1, 2, 3], 0.9, &Bootstrap::default());
    assert_eq!(scores.coverage, Some(0.5));
    assert_eq!(scores.coverage_filled, Some(0.75));
    assert_eq!((scores.mean_size, scores.empty), (Some(1.0), 1));
    let of_a = &scores.per_class[&ClassName::new("a")];
    assert_eq!(of_a.coverage, Some(1.0 / 3.0));
    assert_eq!((of_a.mean_size, of_a.support), (Some(2.0 / 3.0), 3));
    let interval = scores.interval.unwrap();
    assert!(interval.low < 0.5 && interval.high > 0.5);
}

#[test]
fn an_interval_of_groups_is_wider_than_one_of_slices() {
    let holds: Vec<bool> = (0..100).map(|at| at / 10 % 2 == 0).collect();
    let alone: Vec<usize> = (0..100).collect();
    let grouped: Vec<usize> = (0..100).map(|at| at / 10).collect();
    let width = |groups: &[usize]| {
        let interval = Bootstrap::default().interval_of_share(&holds, groups);
        let interval = interval.unwrap();
        interval.high - interval.low
    };
    // Ten groups that hold or do not are ten draws, not a hundred.
    assert!(width(&grouped) > 2.0 * width(&alone));
}

#[test]
fn what_has_no_answer_is_counted_by_reason() {
    let abstained = Abstained::compute([
        (true, None),
        (false, None),
        (false, Some("two classes are as likely")),
        (true, Some("not like the training data")),
        (true, Some("not like the training data")),
    ]);
    assert_eq!((abstained.count, abstained.share), (3, Some(0.6)));
    assert_eq!(abstained.by_reason["not like the training data"], 2);
    assert_eq!(abstained.accuracy_of_answered, Some(0.5));
}
