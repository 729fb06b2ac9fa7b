//! Scalings, sets and p-values against SciPy, scikit-learn and crepes; see
//! `reference/make_trust.py`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_core::{ClassIndex, Probabilities};
use hilum_trust::{
    Bias, ConformalScores, HeldOut, HeldOutSlice, Scaling, SetMethod, Sets, calibrate,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    scalings: Vec<ScalingCase>,
    sets: SetsCase,
}

#[derive(Deserialize)]
struct ScalingCase {
    logits: Vec<Vec<f64>>,
    truth: Vec<ClassIndex>,
    temperature: Fitted,
    with_bias: Fitted,
    sklearn: f64,
}

#[derive(Deserialize)]
struct Fitted {
    temperature: f64,
    bias: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct SetsCase {
    held_out: Vec<Vec<f64>>,
    truth: Vec<ClassIndex>,
    new: Vec<Vec<f64>>,
    sets: Vec<ExpectedSets>,
}

#[derive(Deserialize)]
struct ExpectedSets {
    coverage: f64,
    pooled: Vec<Vec<usize>>,
    by_class: Vec<Vec<usize>>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/trust.json")).unwrap()
}

/// Every slice alone in its group.
fn held_out(logits: &[Vec<f64>], truth: &[ClassIndex]) -> HeldOut {
    let slices = logits.iter().zip(truth).enumerate();
    let slices = slices.map(|(group, (logits, truth))| HeldOutSlice {
        logits: logits.clone(),
        truth: *truth,
        group,
    });
    HeldOut::new(logits[0].len(), slices.collect())
}

const AS_IT_IS: Scaling = Scaling {
    temperature: 1.0,
    bias: None,
};

#[test]
fn the_scaling_is_the_minimum_that_scipy_finds() {
    let mut with_bias = 0;
    for case in reference().scalings {
        let found = calibrate(&held_out(&case.logits, &case.truth), Bias::IfWorthIt).unwrap();
        let scaling = found.scaling;
        let expected = match &scaling.bias {
            Some(_) => &case.with_bias,
            None => &case.temperature,
        };
        let off = (scaling.temperature - expected.temperature).abs();
        assert!(off < 1e-5, "{scaling:?}, not {}", expected.temperature);
        if let (Some(bias), Some(expected)) = (&scaling.bias, &expected.bias) {
            with_bias += 1;
            for (found, expected) in bias.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
            }
        }
        let losses = found.log_losses.unwrap();
        let gain = losses.before - losses.after;
        // Of the third case the logits are right as they are: there is nothing to gain.
        assert!(gain > -0.02, "{losses:?}");
    }
    // The second and the fourth are drawn with a bias of half a logit and more, the others with
    // none.
    assert_eq!(with_bias, 2);
}

#[test]
fn what_is_softened_moves_the_temperature_by_little() {
    for case in reference().scalings {
        let count = case.truth.len() as f64;
        let off = (case.temperature.temperature / case.sklearn - 1.0).abs();
        assert!(off < 10.0 / count, "{off} of {count}");
    }
}

#[test]
fn sets_over_all_classes_are_those_of_crepes() {
    let case = reference().sets;
    for expected in &case.sets {
        let mut scores = ConformalScores::of(&held_out(&case.held_out, &case.truth), &AS_IT_IS);
        // Every class with the scores of all has the quantile of all.
        let one = merged(&scores);
        scores.lac = vec![one; scores.lac.len()];
        let sets = Sets::new(&scores, SetMethod::Lac, expected.coverage);
        for (logits, expected) in case.new.iter().zip(&expected.pooled) {
            assert_eq!(sorted(&sets, logits), *expected);
        }
    }
}

#[test]
fn sets_class_by_class_are_those_of_crepes() {
    let case = reference().sets;
    let held_out = held_out(&case.held_out, &case.truth);
    for expected in &case.sets {
        let scores = ConformalScores::of(&held_out, &AS_IT_IS);
        let sets = Sets::new(&scores, SetMethod::Lac, expected.coverage);
        assert_eq!(sets.own_quantiles(), [true; 4]);
        for (logits, expected) in case.new.iter().zip(&expected.by_class) {
            assert_eq!(sorted(&sets, logits), *expected);
        }
    }
}

/// The scores of all classes as those of one.
fn merged(scores: &ConformalScores) -> hilum_trust::ClassScores {
    let mut all: Vec<f64> = scores
        .lac
        .iter()
        .flat_map(|class| class.scores.clone())
        .collect();
    all.sort_by(f64::total_cmp);
    hilum_trust::ClassScores {
        slices: all.len(),
        groups: all.len(),
        scores: all,
    }
}

fn sorted(sets: &Sets, logits: &[f64]) -> Vec<usize> {
    let set = sets.of(&Probabilities::from_wide_logits(logits));
    let mut set: Vec<usize> = set.into_iter().map(ClassIndex::get).collect();
    set.sort_unstable();
    set
}
