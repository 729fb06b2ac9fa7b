//! Every figure against scikit-learn, Keras and SciPy; see `reference/make_sklearn.py`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use hilum_metrics::{
    Bootstrap, CLASS_METRICS, Confusion, Evaluation, Intervals, METRICS, ReliabilityBin, Sample,
    SplitRow, precision_recall_curve, roc_curve,
};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    truth: Vec<ClassIndex>,
    probabilities: Vec<Vec<f64>>,
    scores: BTreeMap<String, Option<f64>>,
    confusion: Vec<Vec<u64>>,
    normalized: Vec<Vec<f64>>,
    per_class: Vec<BTreeMap<String, serde_json::Value>>,
    reliability: Reliability,
    intervals: Option<BTreeMap<String, [f64; 2]>>,
}

#[derive(Deserialize)]
struct Reliability {
    counts: Vec<u64>,
    accuracy: Vec<f64>,
    confidence: Vec<f64>,
}

impl Case {
    fn classes(&self) -> Classes {
        let count = self.per_class.len();
        Classes::new((0..count).map(|at| ClassName::new(format!("class-{at:02}")))).unwrap()
    }

    fn probabilities(&self) -> Vec<Probabilities> {
        let distribution = |row: &Vec<f64>| Probabilities::new(row.clone()).unwrap();
        self.probabilities.iter().map(distribution).collect()
    }

    fn evaluation(&self) -> Evaluation {
        let bootstrap = Bootstrap {
            resample_count: 10,
            ..Bootstrap::default()
        };
        Evaluation::compute(
            &self.classes(),
            &self.truth,
            &self.probabilities(),
            &bootstrap,
        )
    }
}

fn cases() -> Vec<Case> {
    let reference: Reference =
        serde_json::from_str(include_str!("reference/sklearn.json")).unwrap();
    assert!(reference.cases.len() >= 10);
    reference.cases
}

#[track_caller]
fn assert_same(found: Option<f64>, expected: Option<f64>, what: &str) {
    let same = match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= TOLERANCE,
        (found, expected) => found == expected,
    };
    assert!(same, "{what}: found {found:?}, expected {expected:?}");
}

#[test]
fn every_score_of_a_split_equals_the_reference() {
    for case in cases() {
        let listed: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(listed.len(), METRICS.len(), "two metrics share a name");
        let expected: BTreeSet<&str> = case.scores.keys().map(String::as_str).collect();
        assert_eq!(listed, expected, "the reference has every metric");
        let written = serde_json::to_value(case.evaluation()).unwrap();
        for (metric, found) in case.evaluation().scores.iter() {
            let what = format!("{} of {}", metric.name, case.name);
            assert_same(found, case.scores[metric.name], &what);
            assert_eq!(written[metric.name], serde_json::json!(found), "{what}");
        }
    }
}

#[test]
fn every_score_of_a_class_equals_the_reference() {
    for case in cases() {
        let evaluation = case.evaluation();
        for (class, expected) in evaluation.per_class.values().zip(&case.per_class) {
            let written = serde_json::to_value(class).unwrap();
            for metric in CLASS_METRICS {
                let what = format!("{} of a class of {}", metric.name, case.name);
                let found = (metric.value)(class);
                assert_same(found, expected[metric.name].as_f64(), &what);
                assert_eq!(written[metric.name], serde_json::json!(found), "{what}");
            }
            assert_eq!(expected["support"], class.support);
        }
    }
}

#[test]
fn the_confusion_and_its_normalised_rows_equal_the_reference() {
    for case in cases() {
        let evaluation = case.evaluation();
        assert_eq!(evaluation.confusion.counts, case.confusion, "{}", case.name);
        let predicted: Vec<ClassIndex> = case
            .probabilities()
            .iter()
            .map(Probabilities::most_likely)
            .collect();
        let confusion = Confusion::new(case.per_class.len(), &case.truth, &predicted);
        for (class, (found, expected)) in confusion
            .normalized()
            .iter()
            .zip(&case.normalized)
            .enumerate()
        {
            match found {
                Some(row) => assert_eq!(row, expected, "{}", case.name),
                None => assert_eq!(confusion.support(ClassIndex::new(class)), 0),
            }
        }
    }
}

#[test]
fn both_curves_run_through_the_points_of_the_reference() {
    let numbers = |value: &serde_json::Value| -> Option<Vec<Vec<f64>>> {
        serde_json::from_value(value.clone()).unwrap()
    };
    for case in cases() {
        let probabilities = case.probabilities();
        let sample = Sample::new(case.per_class.len(), &case.truth, &probabilities);
        for (class, expected) in case.per_class.iter().enumerate() {
            let class = ClassIndex::new(class);
            let roc = roc_curve(&sample, class).map(|points| {
                let rate = |point: &hilum_metrics::RocPoint| point.false_positive_rate;
                let found = points.iter().map(|point| point.true_positive_rate);
                vec![
                    points.iter().map(rate).collect::<Vec<f64>>(),
                    found.collect(),
                ]
            });
            assert_eq!(roc, numbers(&expected["roc"]), "{}", case.name);
            let curve = precision_recall_curve(&sample, class).map(|points| {
                let precision = points
                    .iter()
                    .map(|point| point.precision)
                    .collect::<Vec<f64>>();
                vec![precision, points.iter().map(|point| point.recall).collect()]
            });
            assert_eq!(
                curve,
                numbers(&expected["precision_recall"]),
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn the_reliability_bins_equal_the_reference() {
    for case in cases() {
        let bins = case.evaluation().reliability;
        let counts: Vec<u64> = bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts, case.reliability.counts, "{}", case.name);
        let filled: Vec<&ReliabilityBin> = bins.iter().filter(|bin| bin.count > 0).collect();
        assert_eq!(filled.len(), case.reliability.accuracy.len());
        for (at, bin) in filled.iter().enumerate() {
            assert_same(
                bin.accuracy,
                Some(case.reliability.accuracy[at]),
                "accuracy",
            );
            assert_same(
                bin.confidence,
                Some(case.reliability.confidence[at]),
                "confidence",
            );
        }
        let empty = bins.iter().find(|bin| bin.count == 0).unwrap();
        assert_eq!((empty.accuracy, empty.confidence), (None, None));
    }
}

#[test]
fn the_row_of_an_epoch_says_the_same_as_the_evaluation() {
    for case in cases() {
        let row = SplitRow::compute(
            case.per_class.len(),
            Some(0.5),
            &case.truth,
            &case.probabilities(),
        );
        assert_eq!(row.loss, Some(0.5));
        for (metric, found) in row.iter() {
            assert_same(found, case.scores[metric.name], metric.title);
        }
    }
}

#[test]
fn the_bootstrap_intervals_are_those_of_scipy_within_their_noise() {
    let case = cases()
        .into_iter()
        .find(|case| case.intervals.is_some())
        .unwrap();
    let expected = case.intervals.as_ref().unwrap();
    let bootstrap = Bootstrap {
        resample_count: 4000,
        ..Bootstrap::default()
    };
    let probabilities = case.probabilities();
    let sample = Sample::new(case.per_class.len(), &case.truth, &probabilities);
    let found = bootstrap.intervals(&sample);
    assert_eq!(expected.len(), Intervals::METRICS.len());
    for (metric, found) in found.iter() {
        let (found, [low, high]) = (found.unwrap(), expected[metric.name]);
        // One slice more or less moves the accuracy by 1/120, so that is the resolution of its
        // ends; the others are finer.
        let tolerance = if metric.name == "macro_auroc" {
            0.005
        } else {
            0.01
        };
        let name = metric.name;
        assert!(
            (found.low - low).abs() <= tolerance,
            "{name}: {found:?}, not {low}"
        );
        assert!(
            (found.high - high).abs() <= tolerance,
            "{name}: {found:?}, not {high}"
        );
    }
}
