//! What sets, scalings and alarms promise, over many draws.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{ClassIndex, Probabilities};
use hilum_trust::{
    Bias, Confidences, ConformalScores, Expected, HeldOut, HeldOutSlice, Scaling, SetMethod, Sets,
    TooFewSlices, calibrate, confidence,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CLASSES: usize = 4;
const AS_IT_IS: Scaling = Scaling {
    temperature: 1.0,
    bias: None,
};

/// A sum of twelve uniform numbers less six: near enough to a normal one.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// Groups of `size` slices of one class that share most of what their logits are, drawn so that
/// the softmax at `temperature` is right.
fn draw(
    random: &mut ChaCha8Rng,
    groups: usize,
    size: usize,
    temperature: f64,
) -> Vec<HeldOutSlice> {
    let mut slices = Vec::new();
    for group in 0..groups {
        let shared: Vec<f64> = (0..CLASSES).map(|_| 2.5 * normal(random)).collect();
        let right = Probabilities::from_wide_logits(&shared);
        let mut at: f64 = random.random();
        let mut truth = 0;
        while truth + 1 < CLASSES && at > right.as_slice()[truth] {
            at -= right.as_slice()[truth];
            truth += 1;
        }
        for _ in 0..size {
            let own = |value: &f64| (value + 0.1 * normal(random)) * temperature;
            slices.push(HeldOutSlice {
                logits: shared.iter().map(own).collect(),
                truth: ClassIndex::new(truth),
                group,
            });
        }
    }
    slices
}

fn coverage(sets: &Sets, new: &[HeldOutSlice]) -> f64 {
    let holds = |slice: &&HeldOutSlice| {
        let set = sets.of(&Probabilities::from_wide_logits(&slice.logits));
        set.contains(&slice.truth)
    };
    new.iter().filter(holds).count() as f64 / new.len() as f64
}

/// The mean coverage over draws of held-out and new slices.
fn mean_coverage(method: SetMethod, groups: usize, size: usize, asked: f64) -> f64 {
    let draws = 60;
    let of_draw = |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let held_out = HeldOut::new(CLASSES, draw(&mut random, groups, size, 1.0));
        let scores = ConformalScores::of(&held_out, &AS_IT_IS);
        let sets = Sets::new(&scores, method, asked);
        coverage(&sets, &draw(&mut random, 200, size, 1.0))
    };
    (0..draws).map(of_draw).sum::<f64>() / draws as f64
}

#[test]
fn sets_cover_as_often_as_is_asked_where_slices_are_exchangeable() {
    for (groups, size) in [(40, 1), (72, 1), (400, 1), (100, 3)] {
        for asked in [0.8, 0.9] {
            let found = mean_coverage(SetMethod::Lac, groups, size, asked);
            assert!(
                found > asked - 0.015 && found < asked + 0.035,
                "{groups}, {size}: {found}"
            );
        }
        let found = mean_coverage(SetMethod::Lac, groups, size, 0.9);
        assert!((0.86..=0.95).contains(&found), "{found}");
    }
}

#[test]
fn adaptive_sets_cover_no_less_and_are_never_empty() {
    let found = mean_coverage(SetMethod::Aps, 300, 1, 0.9);
    assert!(found > 0.885, "{found}");
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let held_out = HeldOut::new(CLASSES, draw(&mut random, 300, 1, 1.0));
    let scores = ConformalScores::of(&held_out, &AS_IT_IS);
    // Also where the most likely class alone covers far more than is asked.
    for asked in [0.1, 0.5, 0.9] {
        let sets = Sets::new(&scores, SetMethod::Aps, asked);
        for slice in draw(&mut random, 200, 1, 1.0) {
            let probabilities = Probabilities::from_wide_logits(&slice.logits);
            let set = sets.of(&probabilities);
            assert_eq!(set.first(), Some(&probabilities.most_likely()));
        }
    }
}

#[test]
fn a_class_of_enough_slices_is_covered_by_itself() {
    // Slices of class 0 are much harder than all others.
    let slice = |random: &mut ChaCha8Rng, class: usize, group: usize| {
        let pull = if class == 0 { 0.5 } else { 6.0 };
        let mut logits: Vec<f64> = (0..CLASSES).map(|_| normal(random)).collect();
        logits[class] += pull;
        HeldOutSlice {
            logits,
            truth: ClassIndex::new(class),
            group,
        }
    };
    let (mut by_itself, mut draws) = (0.0, 0.0);
    for seed in 0..40 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let slices = (0..400).map(|at| slice(&mut random, at % CLASSES, at));
        let held_out = HeldOut::new(CLASSES, slices.collect());
        let sets = Sets::new(
            &ConformalScores::of(&held_out, &AS_IT_IS),
            SetMethod::Lac,
            0.9,
        );
        assert_eq!(sets.own_quantiles(), [true; CLASSES]);
        let hard: Vec<_> = (0..200).map(|at| slice(&mut random, 0, at)).collect();
        by_itself += coverage(&sets, &hard);
        draws += 1.0;
    }
    let found = by_itself / draws;
    assert!((0.88..0.93).contains(&found), "{found}");
}

#[test]
fn too_few_slices_for_a_coverage_leave_no_class_out() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let held_out = HeldOut::new(CLASSES, draw(&mut random, 9, 1, 1.0));
    let scores = ConformalScores::of(&held_out, &AS_IT_IS);
    let probabilities = Probabilities::new(vec![1.0, 0.0, 0.0, 0.0]).unwrap();
    // Nine slices can tell 90%, and not more.
    assert!(
        Sets::new(&scores, SetMethod::Lac, 0.9)
            .of(&probabilities)
            .len()
            < CLASSES
    );
    assert_eq!(
        Sets::new(&scores, SetMethod::Lac, 0.91)
            .of(&probabilities)
            .len(),
        CLASSES
    );
}

#[test]
fn many_scores_are_thinned_and_never_cover_less() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let slices = draw(&mut random, 9000, 1, 1.0);
    let scores = ConformalScores::of(&HeldOut::new(CLASSES, slices.clone()), &AS_IT_IS);
    assert!(scores.lac.iter().all(|class| class.scores.len() <= 1000));
    let sets = Sets::new(&scores, SetMethod::Lac, 0.9);
    let found = coverage(&sets, &slices);
    assert!((0.9..0.903).contains(&found), "{found}");
}

#[test]
fn a_calibration_mends_logits_that_are_too_weak_or_too_strong() {
    for temperature in [0.4, 1.0, 2.5] {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let held_out = HeldOut::new(CLASSES, draw(&mut random, 500, 1, temperature));
        let found = calibrate(&held_out, Bias::IfWorthIt).unwrap();
        let off = (found.scaling.temperature / temperature - 1.0).abs();
        assert!(off < 0.15, "{found:?}");
        let losses = found.log_losses.unwrap();
        assert!(losses.after < losses.before + 0.003, "{losses:?}");
    }
}

#[test]
fn fold_models_lend_a_temperature_and_no_bias() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut slices = draw(&mut random, 500, 1, 1.0);
    for slice in &mut slices {
        // One class is preferred throughout.
        slice.logits[0] += 2.0;
    }
    let held_out = HeldOut::new(CLASSES, slices);
    let scaling = |bias| calibrate(&held_out, bias).unwrap().scaling;
    assert!(scaling(Bias::IfWorthIt).bias.is_some());
    assert_eq!(scaling(Bias::Never).bias, None);
}

#[test]
fn slices_that_were_never_confused_are_not_made_certain() {
    let certain = |at: usize| {
        let mut logits = vec![0.0; CLASSES];
        logits[at % CLASSES] = 3.0;
        HeldOutSlice {
            logits,
            truth: ClassIndex::new(at % CLASSES),
            group: at,
        }
    };
    let held_out = HeldOut::new(CLASSES, (0..60).map(certain).collect());
    let scaling = calibrate(&held_out, Bias::IfWorthIt).unwrap().scaling;
    let probabilities = scaling.probabilities(&[3.0, 0.0, 0.0, 0.0]);
    // Laplace's rule: 61 of 62.
    assert!(
        (confidence(&probabilities) - 61.0 / 62.0).abs() < 1e-6,
        "{scaling:?}"
    );
}

#[test]
fn too_few_slices_or_a_class_without_any_are_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let few = HeldOut::new(CLASSES, draw(&mut random, 29, 1, 1.0));
    assert_eq!(
        calibrate(&few, Bias::IfWorthIt),
        Err(TooFewSlices::Count { found: 29 })
    );
    let slices = draw(&mut random, 200, 1, 1.0);
    let without_last = slices
        .into_iter()
        .filter(|one| one.truth.get() + 1 < CLASSES);
    let missing = HeldOut::new(CLASSES, without_last.collect());
    assert_eq!(
        calibrate(&missing, Bias::IfWorthIt),
        Err(TooFewSlices::Class { class: CLASSES - 1 })
    );
}

#[test]
fn logits_that_say_nothing_or_the_contrary_still_give_a_scaling() {
    let mut random = ChaCha8Rng::seed_from_u64(10);
    let mut slices = draw(&mut random, 120, 1, 1.0);
    for slice in &mut slices {
        slice.logits = vec![2.0; CLASSES];
    }
    let flat = calibrate(&HeldOut::new(CLASSES, slices.clone()), Bias::IfWorthIt).unwrap();
    assert!(flat.scaling.fits(CLASSES), "{flat:?}");
    for slice in &mut slices {
        slice.logits[slice.truth.get()] = -5.0;
    }
    let contrary = calibrate(&HeldOut::new(CLASSES, slices), Bias::IfWorthIt).unwrap();
    assert!(contrary.scaling.fits(CLASSES), "{contrary:?}");
    assert_eq!(contrary.scaling.temperature, 20.0);
}

fn confidences(slices: &[HeldOutSlice]) -> Vec<(f64, usize)> {
    let of = |slice: &HeldOutSlice| {
        let probabilities = Probabilities::from_wide_logits(&slice.logits);
        (confidence(&probabilities), slice.group)
    };
    slices.iter().map(of).collect()
}

/// The share of draws that are alarmed about, of held-out and new slices in groups of `size`.
fn alarms(size: usize, expected: Expected, change: impl Fn(&mut HeldOutSlice)) -> f64 {
    let draws = 100;
    let is_alarm = |seed: &u64| {
        let mut random = ChaCha8Rng::seed_from_u64(*seed);
        let held_out = HeldOut::new(CLASSES, draw(&mut random, 120, size, 1.0));
        let mut new = draw(&mut random, 60, size, 1.0);
        new.iter_mut().for_each(&change);
        let known = Confidences::of(&held_out, &AS_IT_IS);
        known
            .hold_against(&confidences(&new), expected)
            .unwrap()
            .is_alarm()
    };
    (0..draws).filter(is_alarm).count() as f64 / draws as f64
}

#[test]
fn slices_that_are_exchangeable_are_not_alarmed_about() {
    assert!(alarms(1, Expected::AsSure, |_| {}) <= 0.03);
    assert!(alarms(1, Expected::Surer, |_| {}) <= 0.03);
    // Slices of a group are alike: as single draws they would alarm far too often.
    assert!(alarms(4, Expected::AsSure, |_| {}) <= 0.03);
}

#[test]
fn slices_of_which_the_model_is_less_sure_or_surer_are_alarmed_about() {
    let scaled = |by: f64| {
        move |slice: &mut HeldOutSlice| slice.logits.iter_mut().for_each(|logit| *logit *= by)
    };
    assert!(alarms(1, Expected::AsSure, scaled(0.4)) > 0.95);
    assert!(alarms(1, Expected::AsSure, scaled(3.0)) > 0.95);
    // Fold models are less sure than the one that learned from all.
    assert!(alarms(1, Expected::Surer, scaled(0.4)) > 0.95);
    assert_eq!(alarms(1, Expected::Surer, scaled(3.0)), 0.0);
}

#[test]
fn one_series_that_is_like_the_others_is_no_alarm_and_few_slices_are_not_judged() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let known = Confidences::of(
        &HeldOut::new(CLASSES, draw(&mut random, 120, 1, 1.0)),
        &AS_IT_IS,
    );
    let middling = vec![(0.8, 7); 64];
    let found = known.hold_against(&middling, Expected::AsSure).unwrap();
    assert_eq!((found.slices, found.groups), (64, 1));
    assert!(!found.is_alarm(), "{found:?}");
    assert_eq!(known.hold_against(&middling[..19], Expected::AsSure), None);
    let few = Confidences::of(
        &HeldOut::new(CLASSES, draw(&mut random, 19, 1, 1.0)),
        &AS_IT_IS,
    );
    assert_eq!(few.hold_against(&middling, Expected::AsSure), None);
}
