//! What `trials.svg` shows.

use std::path::Path;

use hilum_report::{SearchedSetting, SettingValues, TrialsPlot};
use hilum_train::search::{Dimension, Space};
use toml::Value;

use super::record::{TrialRecord, Trials};
use crate::settings::shown;

/// Each trial at the last rung that it came to.
pub(super) fn plot(trials: &Trials, last_rung: usize, space: &Space, folder: &Path) -> TrialsPlot {
    let is_last = |record: &&TrialRecord| {
        let mut others = trials.records.iter();
        !others.any(|other| other.trial == record.trial && other.rung > record.rung)
    };
    let records: Vec<&TrialRecord> = trials.records.iter().filter(is_last).collect();
    let setting = |(name, dimension): (&String, &Dimension)| {
        let values: Vec<&Value> = records.iter().map(|record| &record.values[name]).collect();
        SearchedSetting {
            name: name.clone(),
            values: to_scale(dimension, &values),
        }
    };
    TrialsPlot {
        settings: space.dimensions().iter().map(setting).collect(),
        score_name: "macro-F1".to_owned(),
        scores: records
            .iter()
            .map(|record| record.score().macro_f1)
            .collect(),
        is_whole: records
            .iter()
            .map(|record| record.rung == last_rung)
            .collect(),
        best: records
            .iter()
            .position(|record| Some(record.trial) == trials.best),
        what: format!(
            "{}: {} trials, judged on held-out folds of train and valid; the best of many flatters",
            folder.display(),
            records.len()
        ),
        audit: trials.audit.clone(),
    }
}

fn to_scale(dimension: &Dimension, values: &[&Value]) -> SettingValues {
    let numbers = || {
        let number = |value: &&Value| match value {
            Value::Float(number) => *number,
            Value::Integer(number) => *number as f64,
            _ => f64::NAN,
        };
        values.iter().map(number).collect()
    };
    match dimension {
        Dimension::Log(_) => SettingValues::Logarithmic(numbers()),
        Dimension::Uniform(_) | Dimension::Integer(_) => SettingValues::Linear(numbers()),
        Dimension::Choices(choices) => SettingValues::Choices {
            names: choices.iter().map(shown).collect(),
            chosen: values
                .iter()
                .map(|value| {
                    let position = choices.iter().position(|choice| choice == *value);
                    position.unwrap_or_default()
                })
                .collect(),
        },
    }
}
