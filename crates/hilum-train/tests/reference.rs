//! Schedules, weights and losses against PyTorch, Keras and scikit-learn.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use hilum_core::ClassIndex;
use hilum_train::{
    ClassWeights, CrossEntropy, EarlyStopping, Monitor, Patience, Plateau, Position, Schedule,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/schedules.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn assert_close(found: f64, expected: f64, relative: f64, what: &str) {
    let difference = (found - expected).abs();
    assert!(
        difference <= relative * expected.abs(),
        "{what}: {found}, expected {expected}"
    );
}

#[test]
fn one_cycle_and_cosine_are_pytorch_s() {
    let reference = reference();
    for (name, schedule) in [
        ("one_cycle", Schedule::OneCycle),
        ("cosine", Schedule::Cosine { warm_up_epochs: 0 }),
        ("cosine_warm_up", Schedule::Cosine { warm_up_epochs: 2 }),
    ] {
        let case = &reference[name];
        let rates = numbers(&case["rates"]);
        // The warm-up of 6 steps is two epochs of 3.
        let steps_per_epoch = if name == "cosine_warm_up" { 3 } else { 1 };
        let epochs = rates.len() / steps_per_epoch;
        assert_eq!(case["steps"], rates.len());
        for (step, expected) in rates.iter().enumerate() {
            let factor = schedule.factor(Position {
                step,
                steps_per_epoch,
                epochs,
            });
            let found = case["learning_rate"].as_f64().unwrap() * factor;
            assert_close(found, *expected, 1e-9, &format!("{name}, step {step}"));
        }
    }
}

#[test]
fn a_run_of_one_step_has_a_positive_rate() {
    for schedule in [Schedule::OneCycle, Schedule::Cosine { warm_up_epochs: 0 }] {
        let factor = schedule.factor(Position {
            step: 0,
            steps_per_epoch: 1,
            epochs: 1,
        });
        assert!(factor > 0.0 && factor <= 1.0, "{schedule:?}: {factor}");
    }
}

#[test]
fn the_plateau_is_that_of_keras_and_of_pytorch() {
    let reference = reference();
    for (name, tolerance) in [("plateau_torch", 1e-12), ("plateau_keras", 1e-6)] {
        let mut plateau = Plateau::default();
        let losses = numbers(&reference["validation_losses"]);
        for (epoch, expected) in numbers(&reference[name]).into_iter().enumerate() {
            plateau.observe(&Schedule::REFERENCE, 1e-3, losses[epoch]);
            let rate = plateau.rate(&Schedule::REFERENCE, 1e-3);
            assert_close(rate, expected, tolerance, &format!("{name}, epoch {epoch}"));
        }
    }
}

#[test]
fn a_rate_below_the_floor_stays_where_it_is() {
    let mut plateau = Plateau::default();
    for _ in 0..10 {
        plateau.observe(&Schedule::REFERENCE, 1e-6, 1.0);
    }
    assert_eq!(plateau.rate(&Schedule::REFERENCE, 1e-6), 1e-6);
}

#[test]
fn early_stopping_ends_where_keras_ends() {
    let reference = reference();
    let losses = numbers(&reference["validation_losses"]);
    for (patience, expected) in reference["early_stopping_keras"].as_object().unwrap() {
        let stopping = EarlyStopping {
            monitor: Monitor::ValidLoss,
            patience: patience.parse().unwrap(),
        };
        let mut state = Patience::default();
        let found = losses.iter().position(|loss| {
            state.observe(stopping.monitor, *loss, None);
            state.is_exhausted(&stopping)
        });
        assert_eq!(
            found,
            expected.as_u64().map(|epoch| epoch as usize),
            "patience {patience}"
        );
    }
}

#[test]
fn early_stopping_on_macro_f1_waits_for_a_higher_one() {
    let stopping = EarlyStopping {
        monitor: Monitor::ValidMacroF1,
        patience: 2,
    };
    let mut state = Patience::default();
    let mut stops = |macro_f1| {
        state.observe(stopping.monitor, 0.0, macro_f1);
        state.is_exhausted(&stopping)
    };
    assert_eq!([Some(0.4), None, Some(0.5)].map(&mut stops), [false; 3]);
    assert_eq!([Some(0.5), Some(0.3)].map(stops), [false, true]);
}

#[test]
fn balanced_weights_are_scikit_learn_s() {
    let reference = &reference()["balanced"];
    let mut truth = Vec::new();
    for (class, count) in numbers(&reference["counts"]).into_iter().enumerate() {
        truth.extend(vec![ClassIndex::new(class); count as usize]);
    }
    let factors = ClassWeights::Balanced.factors(&truth, 4);
    for (found, expected) in factors.iter().zip(numbers(&reference["weights"])) {
        assert_close(f64::from(*found), expected, 1e-7, "weight");
    }
    assert_eq!(ClassWeights::None.factors(&truth, 4), [1.0; 4]);
}

#[test]
fn the_reported_loss_is_pytorch_s() {
    let reference = &reference()["cross_entropy"];
    let rows: Vec<Vec<f32>> = serde_json::from_value(reference["logits"].clone()).unwrap();
    let truth: Vec<ClassIndex> = serde_json::from_value(reference["truth"].clone()).unwrap();
    for case in reference["cases"].as_array().unwrap() {
        let weights: Vec<f32> = serde_json::from_value(case["class_weights"].clone()).unwrap();
        let smoothing = case["label_smoothing"].as_f64().unwrap();
        let mut loss = CrossEntropy::new(&weights, smoothing);
        assert_eq!(loss.mean(), None);
        for (logits, truth) in rows.iter().zip(&truth) {
            loss.add(logits, *truth);
        }
        assert_close(
            loss.mean().unwrap(),
            case["loss"].as_f64().unwrap(),
            1e-12,
            "loss",
        );
    }
}
