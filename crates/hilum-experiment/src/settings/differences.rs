//! What two sets of settings disagree on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use toml::Value;

use super::{Choices, RunSettings, SETTINGS, Setting, shown};

/// A line for every setting that differs and that `is_choice` by its name: its own value and the
/// one given.
pub fn differences(
    own: &impl Serialize,
    given: &impl Serialize,
    is_choice: impl Fn(&str) -> bool,
) -> String {
    differing(&flat(own), &flat(given), is_choice)
}

fn differing(
    own: &BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
    is_choice: impl Fn(&str) -> bool,
) -> String {
    let mut names: Vec<&String> = own.keys().chain(given.keys()).collect();
    names.sort();
    names.dedup();
    let show = |value: Option<&String>| value.cloned().unwrap_or_else(|| "nothing".to_owned());
    let differing = names
        .into_iter()
        .filter(|name| own.get(*name) != given.get(*name) && is_choice(name));
    differing.fold(String::new(), |mut text, name| {
        let (its, other) = (show(own.get(name)), show(given.get(name)));
        let _ = write!(text, "\n  {name} is {its}, given is {other}");
        text
    })
}

/// The same for settings of a run that were `chosen`: a line for each leaf that one of them
/// decides, and that `given` has otherwise than the run's `own` settings.
pub fn chosen_differences(own: &RunSettings, given: &RunSettings, chosen: &Choices) -> String {
    let settings = SETTINGS.iter().filter(|one| one.chosen(chosen).is_some());
    let settings: Vec<&Setting> = settings.collect();
    let of_run = |run| {
        let mut leaves = flat(run);
        // What a run leaves out of its settings has a name all the same.
        let leaf = leaves.entry("machine.precision".to_owned());
        leaf.or_insert_with(|| Value::from("f32").to_string());
        leaves
    };
    differing(&of_run(own), &of_run(given), |leaf| {
        let is_place = matches!(leaf, "data.path" | "data.allow");
        !is_place && settings.iter().any(|one| decides(one, leaf))
    })
}

fn decides(setting: &Setting, leaf: &str) -> bool {
    // A preset is kept as what it stands for.
    let is_varied = leaf.starts_with("training.augmentation.");
    setting.decides(leaf) || (setting.name == "augmentation_preset" && is_varied)
}

fn flat(settings: &impl Serialize) -> BTreeMap<String, String> {
    fn descend(prefix: &str, value: &Value, out: &mut BTreeMap<String, String>) {
        match value {
            Value::Table(table) => {
                for (key, value) in table {
                    let name = if prefix.is_empty() {
                        key.clone()
                    } else {
                        format!("{prefix}.{key}")
                    };
                    descend(&name, value, out);
                }
            }
            value => {
                let text = match value {
                    Value::Float(_) => shown(value),
                    value => value.to_string(),
                };
                out.insert(prefix.to_owned(), text);
            }
        }
    }
    let mut out = BTreeMap::new();
    let value = Value::try_from(settings).expect("settings fit TOML");
    descend("", &value, &mut out);
    out
}
