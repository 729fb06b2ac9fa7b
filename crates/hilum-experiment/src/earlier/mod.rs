//! Files as hilum 0.1.0 wrote them before there was this library, from the demo's slices: they must
//! go on being read, and what is written today must be the same.
//!
//!     hilum demo --slices 12 --epochs 2 --out demo
//!     hilum train demo/slices --arch mobilenet-v2 --weights bundled --image-size 64 --epochs 2
//!     hilum train demo/slices --arch compact-cnn --image-size 64 --epochs 6
//!     hilum cross-validate demo/slices --arch compact-cnn --image-size 32 --epochs 3 --folds 3 --group none
//!     hilum search demo/slices --arch compact-cnn --image-size 32 --epochs 2 --folds 2 --trials 3 --group none

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cross_validate::CrossValidationSettings;
use crate::search::{SearchSettings, Trials};
use crate::settings::{Choices, RunSettings};

/// What was read is written again to the letter.
fn survives<S: Serialize + DeserializeOwned>(text: &str) -> S {
    let settings: S = toml::from_str(text).unwrap();
    assert_eq!(toml::to_string_pretty(&settings).unwrap(), text);
    settings
}

fn chosen(pairs: &[(&str, &str)]) -> RunSettings {
    let mut choices = Choices::default();
    let machine = [("threads", "2"), ("arch", "compact-cnn")];
    for (name, text) in machine.iter().chain(pairs) {
        choices.choose(name, text).unwrap();
    }
    choices.resolve(Path::new("demo/slices")).unwrap()
}

#[test]
fn settings_of_an_earlier_run_are_those_of_the_same_flags_today() {
    let earlier: RunSettings = survives(include_str!("reference.toml"));
    let mut today = chosen(&[("image-size", "64"), ("epochs", "6")]);
    today.machine.engine.clone_from(&earlier.machine.engine);
    assert_eq!(today, earlier);

    let earlier: RunSettings = survives(include_str!("run.toml"));
    let flags = [
        ("weights", "bundled"),
        ("image-size", "64"),
        ("epochs", "2"),
        ("arch", "mobilenet-v2"),
        ("views", "mirrored"),
        // What the recipe had not yet.
        ("tone-change", "0"),
        ("planted-lesions", "0"),
    ];
    let mut today = chosen(&flags);
    today.machine.engine.clone_from(&earlier.machine.engine);
    today.network.weights.clone_from(&earlier.network.weights);
    assert_eq!(today, earlier);
}

#[test]
fn settings_of_earlier_folds_and_searches_are_read_and_written_the_same() {
    let folds: CrossValidationSettings = survives(include_str!("cross-validation.toml"));
    assert_eq!(folds.run, chosen(&[("image-size", "32"), ("epochs", "3")]));
    let search: SearchSettings = survives(include_str!("search.toml"));
    assert_eq!(search.run, chosen(&[("image-size", "32"), ("epochs", "2")]));
    assert_eq!(search.space, crate::DEFAULT_SPACE);
}

#[test]
fn earlier_trials_are_read_and_written_the_same() {
    let text = include_str!("trials.json");
    let trials: Trials = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string_pretty(&trials).unwrap(), text);
    assert!(
        trials
            .records
            .iter()
            .all(|record| !record.flags().is_empty())
    );
}
