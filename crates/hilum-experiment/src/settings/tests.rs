//! What the one declaration of settings must be good for.

use std::collections::BTreeSet;
use std::path::Path;

use hilum_graph::Architecture;
use toml::{Table, Value};

use super::*;
use crate::weights::WeightsChoice;

fn resolved(choices: &Choices) -> RunSettings {
    choices.resolve(Path::new("slices")).unwrap()
}

/// Choices that together bring every leaf of `settings.toml` to the light.
fn variants() -> Vec<Choices> {
    let with = |pairs: &[(&str, &str)]| {
        let mut choices = Choices::default();
        for (name, text) in pairs {
            choices.choose(name, text).unwrap();
        }
        choices
    };
    let with = |pairs: &[(&str, &str)]| {
        let mut choices = with(pairs);
        // Of `auto` the settings keep what it came to.
        choices.weights.get_or_insert(WeightsChoice(None));
        choices
    };
    let mut all = vec![
        with(&[]),
        with(&[("weights", "bundled"), ("arch", "mobilenet-v2")]),
        with(&[("optimizer", "sgd"), ("schedule", "cosine"), ("clahe", "2")]),
        with(&[
            ("optimizer", "adamw"),
            ("schedule", "one-cycle"),
            ("dropout", "0.1"),
        ]),
        with(&[("freeze", "staged"), ("erase", "0.5"), ("window", "file")]),
        with(&[
            ("freeze", "features.3"),
            ("normalise", "imagenet"),
            ("averaging", "0.9"),
        ]),
    ];
    let pairs = ["brightness", "contrast"];
    for name in pairs {
        let range = ["0.5".to_owned(), "1.5".to_owned()];
        let setting = Setting::named(name).unwrap();
        setting.choose_text(&mut all[0], &range).unwrap();
    }
    all
}

fn leaves(table: &Table, prefix: &str, found: &mut Vec<(String, Value)>) {
    for (key, value) in table {
        let name = format!("{prefix}{key}");
        match value {
            Value::Table(inner) => leaves(inner, &format!("{name}."), found),
            value => found.push((name, value.clone())),
        }
    }
}

fn leaves_of(settings: &RunSettings) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    leaves(&Table::try_from(settings).unwrap(), "", &mut found);
    found
}

#[test]
fn every_leaf_of_settings_toml_can_be_searched_or_says_why_not() {
    let mut seen = BTreeSet::new();
    for choices in variants() {
        let settings = resolved(&choices);
        for (leaf, value) in leaves_of(&settings) {
            seen.insert(leaf.clone());
            match Setting::named(&leaf) {
                Err(SettingError::Derived { reason, .. }) => assert!(!reason.is_empty(), "{leaf}"),
                Err(error) => panic!("`{leaf}`: {error}"),
                Ok(Setting {
                    scope: Scope::Run(reason),
                    ..
                }) => {
                    assert!(!reason.is_empty(), "{leaf}");
                }
                // What stands there can be chosen under that name, and changes nothing.
                Ok(setting) => {
                    let mut again = choices.clone();
                    match setting.choose(&mut again, value) {
                        Ok(()) => assert_eq!(resolved(&again), settings, "{leaf}"),
                        // `before` is no choice without the layer, which has a leaf of its own.
                        Err(SettingError::Value {
                            value, expected, ..
                        }) => {
                            assert_eq!(
                                (leaf.as_str(), &*value),
                                ("training.freeze.kind", "before")
                            );
                            assert!(expected.contains("layer"), "{expected}");
                        }
                        Err(error) => panic!("`{leaf}`: {error}"),
                    }
                }
            }
        }
    }
    for leaf in [
        "training.update.rule",
        "training.update.momentum",
        "training.schedule.warm_up_epochs",
        "training.freeze.head_epochs",
        "training.freeze.node",
        "training.early_stopping.monitor",
        "training.augmentation.fill_mode",
        "training.augmentation.random_erasing.area_range",
        "network.weights.source",
        "recipe.clahe.tile_count",
    ] {
        assert!(seen.contains(leaf), "no variant shows `{leaf}`");
    }
}

#[test]
fn a_setting_has_one_declaration_and_its_names_lead_to_it() {
    let mut names = BTreeSet::new();
    for setting in SETTINGS {
        for name in setting.names().collect::<BTreeSet<_>>() {
            assert!(names.insert(name), "`{name}` is two settings");
            assert_eq!(Setting::named(name).unwrap().name, setting.name);
            let spelled_otherwise = name.replace('_', "-");
            assert_eq!(
                Setting::named(&spelled_otherwise).unwrap().name,
                setting.name
            );
        }
        assert!(!setting.help.trim().is_empty(), "{}", setting.name);
    }
}

#[test]
fn words_are_read_however_they_are_spelled_and_others_are_refused() {
    let mut choices = Choices::default();
    for setting in SETTINGS {
        let Kind::Word(words) = setting.kind else {
            continue;
        };
        for word in words {
            choices.choose(setting.name, word.name).unwrap();
            let kept = setting.chosen(&choices);
            assert_eq!(kept, Some(Value::String(word.name.to_owned())));
        }
        let error = choices
            .choose(setting.name, "lion")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("lion") && error.contains(words[0].name),
            "{error}"
        );
    }
    choices.choose("update.rule", "adam_w").unwrap();
    assert_eq!(choices.optimizer, Some(Optimizer::AdamW));
}

/// What a declaration refuses, settings that were made in another way refuse too, and the other
/// way round.
#[test]
fn ranges_are_those_that_settings_have_by_themselves() {
    for setting in SETTINGS {
        let (Kind::Count(range) | Kind::Number(range)) = setting.kind else {
            continue;
        };
        if matches!(
            setting.heading,
            Heading::Data | Heading::Machine | Heading::Precision | Heading::Preprocessing
        ) || setting.name == "network.dropout"
        {
            continue;
        }
        for value in [
            -1.0,
            0.0,
            0.5,
            1.0,
            90.0,
            255.0,
            360.0,
            361.0,
            f64::NAN,
            f64::INFINITY,
        ] {
            let is_count = matches!(setting.kind, Kind::Count(_));
            if is_count && (value < 0.0 || value.fract() != 0.0 || !value.is_finite()) {
                continue;
            }
            let mut choices = Choices::default();
            choices.choose("optimizer", "sgd").unwrap();
            choices.choose("schedule", "cosine").unwrap();
            choices.choose("freeze", "staged").unwrap();
            choices.choose("epochs", "400").unwrap();
            let value = if is_count {
                Value::Integer(value as i64)
            } else {
                Value::Float(value)
            };
            let number = value
                .as_integer()
                .map_or_else(|| value.as_float().unwrap(), |n| n as f64);
            // Past the declaration's own check.
            (setting.set)(&mut choices, value).unwrap();
            let settings = choices.resolve(Path::new("slices"));
            let is_valid = settings.is_ok() || setting.name == "training.epochs" && number >= 1.0;
            assert_eq!(
                range.contains(number),
                is_valid,
                "{} = {number}",
                setting.name
            );
        }
    }
}

#[test]
fn defaults_that_help_shows_are_those_of_the_recipes() {
    let shown = |name: &str| Setting::named(name).unwrap().default_text();
    assert_eq!(shown("epochs"), "50 / 30");
    assert_eq!(shown("learning-rate"), "0.001");
    assert_eq!(shown("optimizer"), "adam / adamw");
    assert_eq!(shown("schedule"), "plateau / one-cycle");
    assert_eq!(shown("patience"), "10 / 0");
    assert_eq!(shown("averaging"), "0 / 0.99");
    assert_eq!(shown("label-smoothing"), "0 / 0.1");
    assert_eq!(shown("rotation"), "60 / 15");
    assert_eq!(shown("momentum"), "0.9");
    assert_eq!(shown("views"), "single / mirrored-if-unsure");
    assert_eq!(shown("brightness"), "none / 0.75 1.25");
    assert_eq!(shown("fill"), "nearest");
}

#[test]
fn a_run_is_in_f32_whether_that_was_chosen_or_not_and_in_bf16_if_it_was() {
    let of = |precision| {
        let mut choices = Choices::default();
        choices.choose("precision", precision).unwrap();
        resolved(&choices)
    };
    let open = resolved(&Choices::default());
    assert_eq!(of("f32"), open);
    assert_eq!(of("auto"), open);
    let differences = leaves_of(&of("bf16"));
    let own = leaves_of(&open);
    let only: Vec<_> = differences
        .iter()
        .filter(|leaf| !own.contains(leaf))
        .collect();
    let rounded = (
        "machine.precision".to_owned(),
        Value::String("bf16".to_owned()),
    );
    assert_eq!(only, [&rounded]);
    let mut asked = Choices::default();
    asked.choose("precision", "f32").unwrap();
    let said = chosen_differences(&of("bf16"), &of("f32"), &asked);
    assert_eq!(said, "\n  machine.precision is \"bf16\", given is \"f32\"");
}

#[test]
fn with_no_network_named_it_is_that_of_the_weights_or_the_bundled_model() {
    let settings = resolved(&Choices::default());
    let mut named = Choices::default();
    named.choose("weights", "bundled").unwrap();
    named.choose("arch", "mobilenet-v2").unwrap();
    assert_eq!(settings, resolved(&named));
    assert!(Choices::default().begins_with_bundled() && !named.begins_with_bundled());
    let mut published = Choices::default();
    published.choose("arch", "auto").unwrap();
    published.choose("weights", "torchvision:resnet18").unwrap();
    let network = resolved(&published).network;
    assert_eq!(network.architecture, Architecture::Resnet18);
}

#[test]
fn floats_are_shown_as_they_are_typed() {
    for text in ["0.001", "0.1", "0.00001", "0.1234567", "60"] {
        let typed = Value::Float(text.parse().unwrap());
        assert_eq!(shown(&typed), text);
        let narrow: f32 = text.parse().unwrap();
        assert_eq!(shown(&Value::Float(f64::from(narrow))), text);
    }
}

#[test]
fn without_weights_the_rest_is_the_reference_recipe() {
    let chosen = |name: &str, text: &str| {
        let mut choices = Choices::default();
        choices.choose(name, text).unwrap();
        resolved(&choices)
    };
    for settings in [chosen("arch", "reference-cnn"), chosen("weights", "none")] {
        assert_eq!(settings.training, hilum_train::Settings::default());
        assert_eq!(settings.network.architecture, Architecture::ReferenceCnn);
        assert_eq!(settings.network.weights, None);
    }
    let mut choices = Choices::default();
    choices.choose("weights", "bundled").unwrap();
    choices.choose("arch", "mobilenet-v2").unwrap();
    assert_eq!(
        resolved(&choices).training,
        hilum_train::Settings::transfer()
    );
}
