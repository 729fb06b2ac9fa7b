//! What holds for every metric, over a registry of all, as in scikit-learn's `test_common.py`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use hilum_metrics::{
    Bootstrap, Evaluation, SplitRow, auroc, average_precision, precision_recall_curve, roc_curve,
};
use proptest::prelude::*;

/// Which value says that nothing is wrong.
#[derive(Clone, Copy, PartialEq)]
enum Best {
    One,
    Zero,
}

struct Metric {
    name: &'static str,
    value: fn(&Evaluation) -> Option<f64>,
    best: Best,
    /// The smallest and the largest possible value.
    range: (f64, f64),
}

const fn score(name: &'static str, value: fn(&Evaluation) -> Option<f64>) -> Metric {
    Metric {
        name,
        value,
        best: Best::One,
        range: (0.0, 1.0),
    }
}

const fn distance(
    name: &'static str,
    value: fn(&Evaluation) -> Option<f64>,
    largest: f64,
) -> Metric {
    Metric {
        name,
        value,
        best: Best::Zero,
        range: (0.0, largest),
    }
}

/// Every figure of [`Evaluation`].
const METRICS: [Metric; 16] = [
    score("accuracy", |evaluation| evaluation.accuracy),
    score("balanced accuracy", |evaluation| {
        evaluation.balanced_accuracy
    }),
    score("macro precision", |evaluation| evaluation.macro_precision),
    score("macro recall", |evaluation| evaluation.macro_recall),
    score("macro F1", |evaluation| evaluation.macro_f1),
    score("weighted precision", |evaluation| {
        evaluation.weighted_precision
    }),
    score("weighted recall", |evaluation| evaluation.weighted_recall),
    score("weighted F1", |evaluation| evaluation.weighted_f1),
    score("macro AUROC", |evaluation| evaluation.macro_auroc),
    score("macro average precision", |evaluation| {
        evaluation.macro_average_precision
    }),
    Metric {
        range: (-1.0, 1.0),
        ..score("kappa", |evaluation| evaluation.cohen_kappa)
    },
    Metric {
        range: (-1.0, 1.0),
        ..score("Matthews", |evaluation| evaluation.matthews_correlation)
    },
    distance("log-loss", |evaluation| evaluation.log_loss, 36.05),
    distance("Brier", |evaluation| evaluation.brier_score, 2.0),
    distance("log-cosh", |evaluation| evaluation.log_cosh, 0.434),
    distance("ECE", |evaluation| evaluation.ece, 1.0),
];

/// A truth and a distribution for every slice.
#[derive(Debug, Clone)]
struct Sample {
    class_count: usize,
    slices: Vec<(usize, Vec<u16>)>,
}

impl Sample {
    fn evaluate(&self) -> Evaluation {
        let names = (0..self.class_count).map(|at| ClassName::new(format!("{at:02}")));
        Evaluation::compute(
            &Classes::new(names).unwrap(),
            &self.truth(),
            &self.probabilities(),
            &Bootstrap {
                resample_count: 2,
                ..Bootstrap::default()
            },
        )
    }

    fn truth(&self) -> Vec<ClassIndex> {
        self.slices
            .iter()
            .map(|(truth, _)| ClassIndex::new(*truth))
            .collect()
    }

    fn probabilities(&self) -> Vec<Probabilities> {
        let distribution = |(_, parts): &(usize, Vec<u16>)| {
            let sum: u32 = parts.iter().map(|part| u32::from(*part)).sum();
            let share = |part: &u16| f64::from(*part) / f64::from(sum);
            Probabilities::new(parts.iter().map(share).collect()).unwrap()
        };
        self.slices.iter().map(distribution).collect()
    }

    /// Every slice of every class called right with certainty.
    fn perfect(class_count: usize) -> Self {
        let certain = |class: usize| (0..class_count).map(|at| u16::from(at == class)).collect();
        let slices = (0..3 * class_count).map(|at| (at % class_count, certain(at % class_count)));
        Self {
            class_count,
            slices: slices.collect(),
        }
    }
}

/// Two to six classes, slices of some of them; no two classes of a slice equally likely, so
/// that the predicted class doesn't depend on the classes' order.
fn samples() -> impl Strategy<Value = Sample> {
    (2_usize..=6).prop_flat_map(|class_count| {
        let parts = prop::collection::btree_set(0_u16..200, class_count)
            .prop_map(|parts| parts.into_iter().collect::<Vec<u16>>())
            .prop_shuffle();
        prop::collection::vec((0..class_count, parts), 1..60).prop_map(move |slices| Sample {
            class_count,
            slices,
        })
    })
}

fn same(left: Option<f64>, right: Option<f64>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => (left - right).abs() < 1e-12,
        (left, right) => left == right,
    }
}

proptest! {
    #[test]
    fn the_order_of_slices_changes_nothing(
        (sample, shuffled) in samples().prop_flat_map(|sample| {
            let slices = Just(sample.slices.clone()).prop_shuffle();
            (Just(sample), slices)
        }),
    ) {
        let shuffled = Sample { slices: shuffled, ..sample };
        let (one, other) = (sample.evaluate(), shuffled.evaluate());
        for metric in METRICS {
            prop_assert!(same((metric.value)(&one), (metric.value)(&other)), "{}", metric.name);
        }
    }

    #[test]
    fn the_order_of_classes_changes_nothing(
        (sample, position) in samples().prop_flat_map(|sample| {
            let positions: Vec<usize> = (0..sample.class_count).collect();
            (Just(sample), Just(positions).prop_shuffle())
        }),
    ) {
        let relabel = |(truth, parts): &(usize, Vec<u16>)| {
            let mut moved = vec![0; parts.len()];
            for (class, part) in parts.iter().enumerate() {
                moved[position[class]] = *part;
            }
            (position[*truth], moved)
        };
        let relabelled = Sample {
            slices: sample.slices.iter().map(relabel).collect(),
            ..sample
        };
        let (one, other) = (sample.evaluate(), relabelled.evaluate());
        for metric in METRICS {
            prop_assert!(same((metric.value)(&one), (metric.value)(&other)), "{}", metric.name);
        }
    }

    #[test]
    fn every_slice_twice_changes_nothing(sample in samples()) {
        let twice = Sample {
            slices: sample.slices.iter().chain(&sample.slices).cloned().collect(),
            ..sample
        };
        let (one, other) = (sample.evaluate(), twice.evaluate());
        for metric in METRICS {
            prop_assert!(same((metric.value)(&one), (metric.value)(&other)), "{}", metric.name);
        }
    }

    #[test]
    fn every_value_lies_in_its_range(sample in samples()) {
        let evaluation = sample.evaluate();
        for metric in METRICS {
            if let Some(value) = (metric.value)(&evaluation) {
                let (low, high) = metric.range;
                prop_assert!((low - 1e-12..=high + 1e-12).contains(&value), "{}", metric.name);
            }
        }
    }

    #[test]
    fn a_class_that_occurs_nowhere_leaves_counted_scores_as_they_are(sample in samples()) {
        let widened = Sample {
            class_count: sample.class_count + 1,
            slices: sample
                .slices
                .iter()
                .map(|(truth, parts)| (*truth, [parts.as_slice(), &[0]].concat()))
                .collect(),
        };
        let (one, other) = (sample.evaluate(), widened.evaluate());
        for metric in &METRICS[..8] {
            prop_assert!(same((metric.value)(&one), (metric.value)(&other)), "{}", metric.name);
        }
        prop_assert!(same(one.log_loss, other.log_loss));
        prop_assert_eq!(other.macro_auroc, None);
        prop_assert_eq!(other.macro_average_precision, None);
    }

    #[test]
    fn the_curves_hold_the_areas_that_are_reported(sample in samples()) {
        let (truth, probabilities) = (sample.truth(), sample.probabilities());
        for class in (0..sample.class_count).map(ClassIndex::new) {
            let area = roc_curve(&truth, &probabilities, class).map(|points| {
                let trapezoid = |pair: &[hilum_metrics::RocPoint]| {
                    (pair[1].false_positive_rate - pair[0].false_positive_rate)
                        * (pair[1].true_positive_rate + pair[0].true_positive_rate) / 2.0
                };
                points.windows(2).map(trapezoid).sum()
            });
            prop_assert!(same(area, auroc(&truth, &probabilities, class)));
            let steps = precision_recall_curve(&truth, &probabilities, class).map(|points| {
                let step = |pair: &[hilum_metrics::PrecisionRecallPoint]| {
                    (pair[1].recall - pair[0].recall) * pair[1].precision
                };
                points.windows(2).map(step).sum()
            });
            prop_assert!(same(steps, average_precision(&truth, &probabilities, class)));
        }
    }
}

#[test]
fn certainty_that_is_right_scores_best_everywhere() {
    for class_count in [2, 3, 7] {
        let evaluation = Sample::perfect(class_count).evaluate();
        for metric in METRICS {
            let best = if metric.best == Best::One { 1.0 } else { 0.0 };
            assert!(
                same((metric.value)(&evaluation), Some(best)),
                "{}",
                metric.name
            );
        }
    }
}

#[test]
fn one_answer_for_everything_is_no_skill() {
    let mut sample = Sample::perfect(4);
    for (_, parts) in &mut sample.slices {
        *parts = vec![2, 1, 1, 1];
    }
    let evaluation = sample.evaluate();
    assert!(same(evaluation.accuracy, Some(0.25)));
    assert!(same(evaluation.macro_f1, Some(0.1)));
    assert_eq!(evaluation.macro_auroc, Some(0.5));
    assert_eq!(evaluation.cohen_kappa, Some(0.0));
    assert_eq!(evaluation.matthews_correlation, None);
    let never_predicted = &evaluation.per_class[&ClassName::new("01")];
    assert_eq!(never_predicted.precision, None);
    assert_eq!(never_predicted.recall, Some(0.0));
    assert_eq!(never_predicted.f1, Some(0.0));
}

#[test]
fn without_slices_nothing_is_defined() {
    let empty = Sample {
        class_count: 3,
        slices: vec![],
    };
    let evaluation = empty.evaluate();
    for metric in METRICS {
        assert_eq!((metric.value)(&evaluation), None, "{}", metric.name);
    }
    assert_eq!(evaluation.intervals.accuracy, None);
    let row = SplitRow::compute(3, None, &[], &[]);
    assert_eq!(row, SplitRow::default());
}
