//! What two sets of settings disagree on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use toml::Value;

/// A line for every setting that differs and that `is_choice` by its name: its own value and the
/// one given.
pub fn differences(
    own: &impl Serialize,
    given: &impl Serialize,
    is_choice: fn(&str) -> bool,
) -> String {
    let (own, given) = (flat(own), flat(given));
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
                out.insert(prefix.to_owned(), value.to_string());
            }
        }
    }
    let mut out = BTreeMap::new();
    let value = Value::try_from(settings).expect("settings fit TOML");
    descend("", &value, &mut out);
    out
}
