//! Two models on the same slices, against statsmodels and SciPy; see `reference/make_paired.py`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::{
    ACCURACY, BALANCED_ACCURACY, Bootstrap, ECE, LOG_LOSS, MACRO_AUROC, MACRO_F1, Metric,
    PairedBootstrap, PairedCounts, PairedModels, Sample, accuracy_interval, design_effect,
    group_differences, group_swap, holm, mcnemar,
};
use serde::Deserialize;

const METRICS: [Metric; 6] = [
    ACCURACY,
    BALANCED_ACCURACY,
    MACRO_F1,
    MACRO_AUROC,
    LOG_LOSS,
    ECE,
];

#[derive(Deserialize)]
struct Reference {
    mcnemar: Vec<Discordant>,
    group_swap: Vec<Swap>,
    accuracy_interval: Vec<Limits>,
    design_effect: Vec<Clustered>,
    holm: Holm,
    bootstrap: Resampled,
}

#[derive(Deserialize)]
struct Discordant {
    only_first: u64,
    only_second: u64,
    p_value: f64,
}

#[derive(Deserialize)]
struct Swap {
    differences: Vec<i64>,
    p_value: f64,
}

#[derive(Deserialize)]
struct Limits {
    only_first: u64,
    only_second: u64,
    count: u64,
    design_effect: f64,
    level: f64,
    ends: [f64; 2],
}

#[derive(Deserialize)]
struct Clustered {
    first: Vec<bool>,
    second: Vec<bool>,
    groups: Vec<usize>,
    design_effect: f64,
}

#[derive(Deserialize)]
struct Holm {
    p_values: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Resampled {
    truth: Vec<ClassIndex>,
    groups: Vec<usize>,
    first: Vec<Vec<f64>>,
    second: Vec<Vec<f64>>,
    differences: BTreeMap<String, Expected>,
}

#[derive(Deserialize)]
struct Expected {
    difference: f64,
    ends: [f64; 2],
    spread: f64,
    p_value: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/paired.json")).unwrap()
}

fn discordant(only_first: u64, only_second: u64) -> PairedCounts {
    PairedCounts {
        only_first,
        only_second,
        both_right: 7,
        neither: 5,
    }
}

fn rows(rows: &[Vec<f64>]) -> Vec<Probabilities> {
    let row = |row: &Vec<f64>| Probabilities::new(row.clone()).unwrap();
    rows.iter().map(row).collect()
}

#[test]
fn mcnemars_test_is_that_of_statsmodels() {
    for case in reference().mcnemar {
        let found = mcnemar(&discordant(case.only_first, case.only_second));
        let distance = (found - case.p_value).abs() / case.p_value;
        assert!(distance < 1e-9, "{found} is not {}", case.p_value);
    }
}

#[test]
fn swapping_groups_is_scipys_permutation_of_pairs() {
    for case in reference().group_swap {
        let found = group_swap(&case.differences).unwrap();
        assert!(
            (found - case.p_value).abs() < 1e-12,
            "{:?}",
            case.differences
        );
    }
}

#[test]
fn where_every_group_has_one_slice_swapping_is_mcnemars_test() {
    for case in reference().mcnemar {
        let first = vec![1; case.only_first as usize];
        let second = vec![-1; case.only_second as usize];
        let found = group_swap(&[first, second, vec![0; 4]].concat()).unwrap();
        let mcnemar = mcnemar(&discordant(case.only_first, case.only_second));
        assert!((found - mcnemar).abs() < 1e-12);
    }
}

#[test]
fn too_many_groups_to_swap_have_no_value() {
    assert_eq!(group_swap(&vec![1000; 100_000]), None);
    assert!(group_swap(&vec![2; 5000]).is_some());
}

#[test]
fn the_interval_of_accuracy_is_tangos() {
    for case in reference().accuracy_interval {
        let counts = PairedCounts {
            only_first: case.only_first,
            only_second: case.only_second,
            both_right: case.count - case.only_first - case.only_second,
            neither: 0,
        };
        let (low, high) = accuracy_interval(&counts, case.design_effect, case.level).unwrap();
        let [expected_low, expected_high] = case.ends;
        // The reference maximises numerically.
        assert!((low - expected_low).abs() < 1e-6, "{low} {expected_low}");
        assert!(
            (high - expected_high).abs() < 1e-6,
            "{high} {expected_high}"
        );
    }
    assert_eq!(
        accuracy_interval(&PairedCounts::default(), 1.0, 0.95),
        None,
        "no slices"
    );
}

#[test]
fn the_design_effect_is_that_of_clustered_errors() {
    for case in reference().design_effect {
        let found = design_effect(&case.first, &case.second, &case.groups);
        assert!(
            (found - case.design_effect).abs() < 1e-9,
            "{found} {}",
            case.design_effect
        );
    }
}

#[test]
fn models_that_part_nowhere_count_groups_instead_of_slices() {
    let right = [true; 12];
    let groups: Vec<usize> = (0..12).map(|at| at / 4).collect();
    assert!((design_effect(&right, &right, &groups) - 4.0).abs() < 1e-12);
}

#[test]
fn holms_correction_is_that_of_statsmodels() {
    let Holm { p_values, adjusted } = reference().holm;
    for (found, expected) in holm(&p_values).iter().zip(&adjusted) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    assert!(holm(&[]).is_empty());
}

fn models(case: &Resampled) -> [Vec<Probabilities>; 2] {
    [&case.first, &case.second].map(|given| rows(given))
}

fn paired<'a>(case: &'a Resampled, probabilities: &'a [Vec<Probabilities>]) -> PairedModels<'a> {
    PairedModels {
        class_count: 3,
        truth: &case.truth,
        probabilities,
        groups: &case.groups,
    }
}

#[test]
fn differences_are_resampled_as_numpy_resamples_them() {
    let case = reference().bootstrap;
    let probabilities = models(&case);
    let bootstrap = Bootstrap {
        resample_count: 20_000,
        ..Bootstrap::default()
    };
    let drawn = PairedBootstrap::draw(&bootstrap, paired(&case, &probabilities), &METRICS);
    let turned = drawn.differences(1, 0);
    for (at, found) in drawn.differences(0, 1).into_iter().enumerate() {
        let (found, turned) = (found.unwrap(), turned[at].unwrap());
        let name = METRICS[at].name;
        let expected = &case.differences[name];
        assert!(
            (found.difference - expected.difference).abs() < 1e-9,
            "{name}"
        );
        // The percentiles of 4000 draws are known to about a twentieth of their spread.
        let near = 0.15 * expected.spread;
        let [low, high] = expected.ends;
        assert!(
            (found.low.unwrap() - low).abs() < near,
            "{name}: {found:?} {low}"
        );
        assert!(
            (found.high.unwrap() - high).abs() < near,
            "{name}: {found:?} {high}"
        );
        let room = 0.01 + 0.1 * expected.p_value;
        assert!(
            (found.p_value - expected.p_value).abs() < room,
            "{name}: {found:?} {}",
            expected.p_value
        );
        // Turned round it is the same with the other sign.
        assert!(
            (turned.low.unwrap() + found.high.unwrap()).abs() < 1e-9,
            "{name}"
        );
        assert!((turned.p_value - found.p_value).abs() < 1e-12, "{name}");
    }
}

#[test]
fn each_model_has_the_interval_that_it_has_alone() {
    let case = reference().bootstrap;
    let probabilities = models(&case);
    let bootstrap = Bootstrap::default();
    let drawn = PairedBootstrap::draw(&bootstrap, paired(&case, &probabilities), &METRICS);
    for (at, rows) in probabilities.iter().enumerate() {
        let sample = Sample::new(3, &case.truth, rows);
        let alone = bootstrap.intervals_by_group(&sample, &case.groups);
        let (_, together) = drawn.figure(at, &MACRO_F1).unwrap();
        assert_eq!(together, alone.macro_f1);
    }
}

#[test]
fn a_model_does_not_differ_from_itself_and_that_has_no_interval() {
    let case = reference().bootstrap;
    let [first, _] = models(&case);
    let probabilities = [first.clone(), first];
    let drawn = PairedBootstrap::draw(
        &Bootstrap::default(),
        paired(&case, &probabilities),
        &METRICS,
    );
    for found in drawn.differences(0, 1) {
        let found = found.unwrap();
        assert_eq!((found.difference, found.p_value), (0.0, 1.0));
        assert_eq!((found.low, found.high), (None, None));
    }
}

#[test]
fn a_few_groups_show_nothing_however_consistent_they_are() {
    let truth = [0, 1, 0, 1, 0].map(ClassIndex::new);
    let sure = |right: f64| -> Vec<Probabilities> {
        let row = |truth: &ClassIndex| {
            let row = if truth.get() == 0 {
                [right, 1.0 - right]
            } else {
                [1.0 - right, right]
            };
            Probabilities::new(row.to_vec()).unwrap()
        };
        truth.iter().map(row).collect()
    };
    let probabilities = [sure(0.9), sure(0.7)];
    let models = PairedModels {
        class_count: 2,
        truth: &truth,
        probabilities: &probabilities,
        groups: &[0, 1, 2, 3, 4],
    };
    let metrics = [LOG_LOSS];
    let bootstrap = Bootstrap {
        resample_count: 20_000,
        ..Bootstrap::default()
    };
    let drawn = PairedBootstrap::draw(&bootstrap, models, &metrics);
    let found = drawn.differences(0, 1)[0].unwrap();
    // Two of the 32 ways to swap five groups are as uneven.
    assert!((found.p_value - 2.0 / 32.0).abs() < 0.008, "{found:?}");
}

#[test]
fn a_figure_that_one_model_lacks_has_no_difference() {
    let truth = [0, 0, 1].map(ClassIndex::new);
    let row = |row: [f64; 3]| Probabilities::new(row.to_vec()).unwrap();
    let found = [[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]]
        .map(row)
        .to_vec();
    let probabilities = [found.clone(), found];
    let models = PairedModels {
        class_count: 3,
        truth: &truth,
        probabilities: &probabilities,
        groups: &[0, 1, 2],
    };
    let drawn = PairedBootstrap::draw(&Bootstrap::default(), models, &METRICS);
    let differences = drawn.differences(0, 1);
    let of = |metric: &Metric| {
        let at = METRICS.iter().position(|one| one == metric).unwrap();
        differences[at]
    };
    assert_eq!(of(&MACRO_AUROC), None);
    assert_eq!(drawn.figure(0, &MACRO_AUROC), None);
    assert!(of(&ACCURACY).is_some());
}

#[test]
fn differences_by_group_add_up() {
    let first = [true, true, false, false, true];
    let second = [false, true, true, false, false];
    assert_eq!(
        group_differences(&first, &second, &[1, 0, 1, 0, 2]),
        [0, 0, 1]
    );
    let counts = PairedCounts::of(&first, &second);
    assert_eq!(
        (counts.only_first, counts.only_second, counts.count()),
        (2, 1, 5)
    );
}
