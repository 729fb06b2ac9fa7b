//! What holds for every metric, over a registry of all, as in scikit-learn's `test_common.py`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{ClassIndex, ClassName, Classes, Probabilities};
use hilum_metrics::{
    ACCURACY, BALANCED_ACCURACY, Bootstrap, ClassScores, Evaluation, Intervals, LOG_LOSS, MACRO_F1,
    MACRO_PRECISION, MACRO_RECALL, METRICS, Metric, Prominence, SplitRow, WEIGHTED_F1,
    WEIGHTED_PRECISION, WEIGHTED_RECALL, auroc, average_precision, precision_recall_curve,
    reliability, roc_curve,
};
use proptest::prelude::*;

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

/// The first of `metrics` that differs.
fn first_difference(
    metrics: &[Metric],
    one: &Evaluation,
    other: &Evaluation,
) -> Option<&'static str> {
    let value = |of: &Evaluation, metric| of.scores.get(metric).unwrap();
    let mut metrics = metrics.iter();
    let differs = metrics.find(|metric| !same(value(one, metric), value(other, metric)))?;
    Some(differs.name)
}

proptest! {
    #[test]
    fn a_slice_that_stands_twice_in_a_sample_counts_as_two(
        (sample, repeats) in samples().prop_flat_map(|sample| {
            let repeats = prop::collection::vec(0_u32..3, sample.slices.len());
            (Just(sample), repeats)
        }),
    ) {
        let written_out = Sample {
            class_count: sample.class_count,
            slices: sample
                .slices
                .iter()
                .zip(&repeats)
                .flat_map(|(slice, repeat)| vec![slice.clone(); *repeat as usize])
                .collect(),
        };
        let (truth, probabilities) = (written_out.truth(), written_out.probabilities());
        let expected = hilum_metrics::Sample::new(sample.class_count, &truth, &probabilities);
        let (truth, probabilities) = (sample.truth(), sample.probabilities());
        let once = hilum_metrics::Sample::new(sample.class_count, &truth, &probabilities);
        let found = once.repeated(&repeats);
        for metric in METRICS {
            let (found, expected) = ((metric.compute)(&found), (metric.compute)(&expected));
            prop_assert!(same(found, expected), "{}: {found:?}, not {expected:?}", metric.name);
        }
        for class in (0..sample.class_count).map(ClassIndex::new) {
            let scores = |sample| ClassScores::compute(sample, class);
            prop_assert_eq!(scores(&found).support, scores(&expected).support);
            prop_assert_eq!(roc_curve(&found, class), roc_curve(&expected, class));
            let curves = [&found, &expected].map(|sample| precision_recall_curve(sample, class));
            prop_assert_eq!(&curves[0], &curves[1]);
        }
        let counts = |sample| {
            let bins = reliability(sample, 15).into_iter();
            bins.map(|bin| (bin.count, bin.accuracy)).collect::<Vec<_>>()
        };
        prop_assert_eq!(counts(&found), counts(&expected));
    }

    #[test]
    fn the_order_of_slices_changes_nothing(
        (sample, shuffled) in samples().prop_flat_map(|sample| {
            let slices = Just(sample.slices.clone()).prop_shuffle();
            (Just(sample), slices)
        }),
    ) {
        let shuffled = Sample { slices: shuffled, ..sample };
        let (one, other) = (sample.evaluate(), shuffled.evaluate());
        prop_assert_eq!(first_difference(METRICS, &one, &other), None);
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
        prop_assert_eq!(first_difference(METRICS, &one, &other), None);
    }

    #[test]
    fn every_slice_twice_changes_nothing(sample in samples()) {
        let twice = Sample {
            slices: sample.slices.iter().chain(&sample.slices).cloned().collect(),
            ..sample
        };
        let (one, other) = (sample.evaluate(), twice.evaluate());
        prop_assert_eq!(first_difference(METRICS, &one, &other), None);
    }

    #[test]
    fn every_value_lies_in_its_range(sample in samples()) {
        let evaluation = sample.evaluate();
        for (metric, value) in evaluation.scores.iter() {
            if let Some(value) = value {
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
        let counted = [
            ACCURACY, BALANCED_ACCURACY, MACRO_PRECISION, MACRO_RECALL, MACRO_F1,
            WEIGHTED_PRECISION, WEIGHTED_RECALL, WEIGHTED_F1, LOG_LOSS,
        ];
        prop_assert_eq!(first_difference(&counted, &one, &other), None);
        prop_assert_eq!(other.scores.macro_auroc, None);
        prop_assert_eq!(other.scores.macro_average_precision, None);
    }

    #[test]
    fn the_curves_hold_the_areas_that_are_reported(sample in samples()) {
        let (truth, probabilities) = (sample.truth(), sample.probabilities());
        let sample = hilum_metrics::Sample::new(sample.class_count, &truth, &probabilities);
        for class in (0..sample.class_count()).map(ClassIndex::new) {
            let area = roc_curve(&sample, class).map(|points| {
                let trapezoid = |pair: &[hilum_metrics::RocPoint]| {
                    (pair[1].false_positive_rate - pair[0].false_positive_rate)
                        * (pair[1].true_positive_rate + pair[0].true_positive_rate) / 2.0
                };
                points.windows(2).map(trapezoid).sum()
            });
            prop_assert!(same(area, auroc(&sample, class)));
            let steps = precision_recall_curve(&sample, class).map(|points| {
                let step = |pair: &[hilum_metrics::PrecisionRecallPoint]| {
                    (pair[1].recall - pair[0].recall) * pair[1].precision
                };
                points.windows(2).map(step).sum()
            });
            prop_assert!(same(steps, average_precision(&sample, class)));
        }
    }
}

#[test]
fn certainty_that_is_right_scores_best_everywhere() {
    for class_count in [2, 3, 7] {
        let evaluation = Sample::perfect(class_count).evaluate();
        for (metric, value) in evaluation.scores.iter() {
            assert!(same(value, Some(metric.best())), "{}", metric.name);
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
    assert!(same(evaluation.scores.accuracy, Some(0.25)));
    assert!(same(evaluation.scores.macro_f1, Some(0.1)));
    assert_eq!(evaluation.scores.macro_auroc, Some(0.5));
    assert_eq!(evaluation.scores.cohen_kappa, Some(0.0));
    assert_eq!(evaluation.scores.matthews_correlation, None);
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
    for (metric, value) in evaluation.scores.iter() {
        assert_eq!(value, None, "{}", metric.name);
    }
    assert_eq!(evaluation.intervals.accuracy, None);
    let row = SplitRow::compute(3, None, &[], &[]);
    assert_eq!(row, SplitRow::default());
}

#[test]
fn what_stands_in_large_letters_has_an_interval() {
    let headline = |metric: &&Metric| metric.prominence == Prominence::Headline;
    let names = |metric: &Metric| metric.name;
    let expected: Vec<&str> = METRICS.iter().filter(headline).map(names).collect();
    let found: Vec<&str> = Intervals::METRICS.iter().map(names).collect();
    assert_eq!(found, expected);
}
