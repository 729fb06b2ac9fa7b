//! The resampled intervals.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::{Bootstrap, Intervals, Sample};

/// `count` slices of three classes, two of three called right.
fn sample(count: usize) -> (Vec<ClassIndex>, Vec<Probabilities>) {
    let truth = (0..count).map(|at| ClassIndex::new(at % 3)).collect();
    let row = |at: usize| {
        let mut row = vec![0.2; 3];
        let called = if at % 9 < 6 { at % 3 } else { (at + 1) % 3 };
        row[called] = 0.6;
        Probabilities::new(row).unwrap()
    };
    (truth, (0..count).map(row).collect())
}

fn intervals_on(threads: usize, bootstrap: Bootstrap) -> Intervals {
    let (truth, probabilities) = sample(99);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
        .install(|| bootstrap.intervals(&Sample::new(3, &truth, &probabilities)))
}

#[test]
fn the_thread_count_changes_no_bit() {
    let bootstrap = Bootstrap::default();
    assert_eq!(intervals_on(1, bootstrap), intervals_on(4, bootstrap));
}

#[test]
fn another_seed_draws_other_samples() {
    let other = Bootstrap {
        seed: 33,
        ..Bootstrap::default()
    };
    assert_ne!(
        intervals_on(2, Bootstrap::default()),
        intervals_on(2, other)
    );
}

#[test]
fn the_ends_of_the_accuracy_are_quantiles_of_the_binomial() {
    let (truth, probabilities) = sample(900);
    let bootstrap = Bootstrap {
        resample_count: 4000,
        ..Bootstrap::default()
    };
    let found = bootstrap
        .intervals(&Sample::new(3, &truth, &probabilities))
        .accuracy
        .unwrap();
    // scipy.stats.binom.ppf([0.025, 0.975], 900, 2 / 3) is [572, 628].
    assert!((found.low * 900.0 - 572.0).abs() <= 2.0, "{found:?}");
    assert!((found.high * 900.0 - 628.0).abs() <= 2.0, "{found:?}");
    assert_eq!((found.resample_count, found.undefined_count), (4000, 0));
}

#[test]
fn resamples_without_a_class_are_left_out_of_its_area_and_counted() {
    let (truth, probabilities) = sample(9);
    let found = Bootstrap::default().intervals(&Sample::new(3, &truth, &probabilities));
    let area = found.macro_auroc.unwrap();
    // Nine draws hold all three classes in 1 - 3 (2/3)^9 + 3 (1/3)^9 = 0.922 of the cases.
    assert!((890..955).contains(&area.resample_count), "{area:?}");
    assert_eq!(area.resample_count + area.undefined_count, 1000);
    assert_eq!(found.accuracy.unwrap().undefined_count, 0);
}

#[test]
fn a_class_without_slices_has_no_interval_of_the_area() {
    let (truth, mut probabilities) = sample(30);
    for row in &mut probabilities {
        *row = Probabilities::new([row.as_slice(), &[0.0]].concat()).unwrap();
    }
    let found = Bootstrap::default().intervals(&Sample::new(4, &truth, &probabilities));
    assert_eq!(found.macro_auroc, None);
    assert!(found.macro_f1.is_some());
}

#[test]
fn a_share_that_no_slice_contradicts_is_not_certain() {
    let truth: Vec<ClassIndex> = (0..160).map(|at| ClassIndex::new(at % 2)).collect();
    let row = |truth: &ClassIndex| match truth.get() {
        0 => vec![0.9, 0.1],
        _ => vec![0.1, 0.9],
    };
    let rows = |truth: &[ClassIndex]| -> Vec<Probabilities> {
        let rows = truth.iter().map(row);
        rows.map(|row| Probabilities::new(row).unwrap()).collect()
    };
    let right = rows(&truth);
    let found = Bootstrap::default().intervals(&Sample::new(2, &truth, &right));
    let accuracy = found.accuracy.unwrap();
    // scipy.stats.binomtest(160, 160).proportion_ci(method="exact").low is 0.9772091...
    assert!((accuracy.low - 0.977209).abs() < 1e-6, "{accuracy:?}");
    assert_eq!(accuracy.high, 1.0);
    assert_eq!((found.macro_f1, found.macro_auroc), (None, None));

    let mut turned = right;
    turned.rotate_left(1);
    let found = Bootstrap::default().intervals(&Sample::new(2, &truth, &turned));
    let accuracy = found.accuracy.unwrap();
    assert_eq!(accuracy.low, 0.0);
    assert!((accuracy.high - 0.022791).abs() < 1e-6, "{accuracy:?}");

    // Two groups, all of which are right: binomtest(2, 2) has 0.158113883.
    let groups: Vec<usize> = (0..160).map(|at| at / 80).collect();
    let found = Bootstrap::default().interval_of_share(&[true; 160], &groups);
    assert!((found.unwrap().low - 0.158113883).abs() < 1e-9, "{found:?}");
}

#[test]
fn groups_are_drawn_whole() {
    // Nine hundred slices, three alike in each group: the luck is that of three hundred draws.
    let (truth, probabilities) = sample(900);
    let mut order: Vec<usize> = (0..900).collect();
    order.sort_by_key(|at| at % 9 < 6);
    let truth: Vec<ClassIndex> = order.iter().map(|at| truth[*at]).collect();
    let probabilities: Vec<Probabilities> =
        order.iter().map(|at| probabilities[*at].clone()).collect();
    let groups: Vec<usize> = (0..900).map(|at| at / 3).collect();
    let bootstrap = Bootstrap {
        resample_count: 4000,
        ..Bootstrap::default()
    };
    let found = bootstrap
        .intervals_by_group(&Sample::new(3, &truth, &probabilities), &groups)
        .accuracy
        .unwrap();
    // scipy.stats.binom.ppf([0.025, 0.975], 300, 2 / 3) is [184, 216].
    assert!((found.low * 300.0 - 184.0).abs() <= 2.0, "{found:?}");
    assert!((found.high * 300.0 - 216.0).abs() <= 2.0, "{found:?}");
}

#[test]
fn groups_of_one_slice_draw_what_slices_draw() {
    let (truth, probabilities) = sample(99);
    let each_alone: Vec<usize> = (0..99).collect();
    let bootstrap = Bootstrap::default();
    let sample = Sample::new(3, &truth, &probabilities);
    assert_eq!(
        bootstrap.intervals_by_group(&sample, &each_alone),
        bootstrap.intervals(&sample)
    );
}
