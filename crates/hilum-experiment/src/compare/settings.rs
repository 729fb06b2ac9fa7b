//! Settings of trainings that differ.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hilum_metrics::DifferingSetting;
use hilum_weights::ModelFile;
use serde_json::Value;

use super::side::Side;

/// Settings that say where something lay, and not what was done.
const PLACES: [&str; 1] = ["machine.engine"];

/// Every setting that a model was trained with, by its name in `settings.toml`.
pub(super) fn of_model(model: &ModelFile) -> BTreeMap<String, String> {
    let settings = serde_json::to_value(&model.training.settings);
    let mut flat = settings.map_or(BTreeMap::new(), |settings| flat(&settings));
    let calibration = model.calibration.as_ref().map(ToString::to_string);
    flat.extend(calibration.map(|calibration| ("calibration".to_owned(), calibration)));
    flat
}

/// The same as `settings.toml` of a run has it; nothing where it cannot be read.
pub(super) fn of_run(run: &Path) -> BTreeMap<String, String> {
    let text = fs_err::read_to_string(run.join("settings.toml"));
    let table = text.ok().and_then(|text| text.parse::<toml::Table>().ok());
    let value = table.and_then(|table| serde_json::to_value(table).ok());
    value.map_or(BTreeMap::new(), |value| flat(&value))
}

/// Those that are not the same for all.
pub(super) fn differing(sides: &[Side]) -> Vec<DifferingSetting> {
    let names: BTreeSet<&String> = sides.iter().flat_map(|side| side.settings.keys()).collect();
    let settings = names.into_iter().map(|name| DifferingSetting {
        name: name.clone(),
        values: sides
            .iter()
            .map(|side| side.settings.get(name).cloned())
            .collect(),
    });
    let is_the_same = |setting: &DifferingSetting| {
        setting
            .values
            .iter()
            .all(|value| *value == setting.values[0])
    };
    settings.filter(|setting| !is_the_same(setting)).collect()
}

fn flat(settings: &Value) -> BTreeMap<String, String> {
    fn descend(name: &str, value: &Value, out: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    let name = match name {
                        "" => key.clone(),
                        name => format!("{name}.{key}"),
                    };
                    descend(&name, value, out);
                }
            }
            Value::Null => {}
            _ if PLACES.contains(&name) => {}
            Value::String(text) => {
                out.insert(name.to_owned(), text.clone());
            }
            Value::Number(number) => {
                out.insert(name.to_owned(), shown(number));
            }
            other => {
                out.insert(name.to_owned(), other.to_string());
            }
        }
    }
    let mut out = BTreeMap::new();
    descend("", settings, &mut out);
    out
}

/// What was kept as `f32` is not told with the digits that widening it adds.
fn shown(number: &serde_json::Number) -> String {
    let narrow = number.as_f64().map(|wide| (wide, wide as f32));
    match narrow {
        Some((wide, narrow)) if number.is_f64() && f64::from(narrow) == wide => narrow.to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_file_and_nothing_has_no_value() {
        let settings = serde_json::json!({
            "training": {"seed": 1, "rate": f64::from(0.001_f32), "stages": [1, 2]},
            "network": {"dropout": null},
            "machine": {"engine": "cpu avx2", "device": "cpu"},
        });
        let flat = flat(&settings);
        let pairs: Vec<(&str, &str)> = flat
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("machine.device", "cpu"),
                ("training.rate", "0.001"),
                ("training.seed", "1"),
                ("training.stages", "[1,2]"),
            ]
        );
    }
}
