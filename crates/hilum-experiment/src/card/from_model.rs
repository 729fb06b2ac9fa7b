//! From a model file to what its card tells.

use hilum_graph::summarise;
use hilum_report::{CardRow, ModelCard};
use hilum_weights::{CalibrationRecord, InitialWeightsRecord, ModelFile, Precision};
use serde_json::Value;

use crate::ExperimentError;

/// What the card tells beyond the model file.
pub(crate) struct Extra {
    pub(crate) name: String,
    pub(crate) precision: Precision,
    pub(crate) command: Option<String>,
    pub(crate) notes: Option<String>,
}

/// What stands elsewhere on the card, and the version of a record, which tells a reader nothing.
const SHOWN_APART: [&str; 3] = ["network.weights", "recipe", "version"];

/// The card of `model`; nothing is judged on it yet.
pub(crate) fn from_model(model: &ModelFile, extra: Extra) -> Result<ModelCard, ExperimentError> {
    let summary = summarise(&model.graph()?);
    let recipe = serde_json::to_value(&model.recipe)?;
    let settings = &model.training.settings;
    Ok(ModelCard {
        name: extra.name,
        architecture: model.architecture.name.to_string(),
        classes: model
            .classes
            .names()
            .iter()
            .map(ToString::to_string)
            .collect(),
        intended_use: model.intended_use.clone(),
        audit: model.audit.clone(),
        data_fingerprint: model.training.data_fingerprint.clone(),
        validation: match &model.validation {
            Some(validation) if validation.is_measured() => {
                rows(&serde_json::to_value(validation)?, figure)
            }
            _ => Vec::new(),
        },
        validation_role: model.training.validation_role(),
        evaluations: Vec::new(),
        calibration: model.calibration.as_ref().map(calibration),
        detector: model.detector.as_ref().map(ToString::to_string),
        licence: model.licence.clone(),
        initial_weights: match &model.training.imported {
            Some(source) => format!(
                "unknown; another program trained it: `{}`, {}",
                source.file, source.written_by
            ),
            None => initial_weights(settings.network.weights.as_ref()),
        },
        recipe: rows(&recipe, setting),
        training: rows(&serde_json::to_value(settings)?, setting),
        command: extra.command,
        notes: extra.notes.map(|notes| notes.trim_end().to_owned()),
        parameters: summary.parameters,
        statistics: summary.statistics,
        precision: match extra.precision {
            Precision::Full => "single precision (f32)",
            Precision::Half => {
                "half precision (f16), rounded after the figures above were measured"
            }
        }
        .to_owned(),
    })
}

/// What was done to probabilities, and what it was worth.
fn calibration(record: &CalibrationRecord) -> String {
    let losses = record.log_losses.map(|losses| {
        format!(
            "; log-loss {:.4} before and {:.4} after, on slices that it was not fitted on",
            losses.before, losses.after
        )
    });
    let sets = match record.conformal {
        Some(_) => {
            ". Sets of classes hold the truth as often as is asked of slices like those, in any order, \
             and of no others"
        }
        None => "",
    };
    format!("{record}{}{sets}", losses.unwrap_or_default())
}

fn initial_weights(weights: Option<&InitialWeightsRecord>) -> String {
    let Some(InitialWeightsRecord { source, sha256 }) = weights else {
        return "none; they were drawn at random from the seed".to_owned();
    };
    match sha256 {
        Some(sha256) => format!("`{source}`, SHA-256 `{sha256}`"),
        None => format!("`{source}`"),
    }
}

/// A row for each value, under the names of all that it lies in: `training.epochs`.
fn rows(value: &Value, show: fn(&Value) -> String) -> Vec<CardRow> {
    let mut rows = Vec::new();
    descend("", value, show, &mut rows);
    rows
}

fn descend(name: &str, value: &Value, show: fn(&Value) -> String, rows: &mut Vec<CardRow>) {
    if SHOWN_APART.contains(&name) {
        return;
    }
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let separator = if name.is_empty() { "" } else { "." };
                descend(&format!("{name}{separator}{key}"), value, show, rows);
            }
        }
        Value::Null if name.is_empty() => {}
        value => rows.push(CardRow::new(name, &show(value))),
    }
}

/// A score with four decimals, as reports have it.
fn figure(value: &Value) -> String {
    match value.as_f64() {
        Some(score) if value.is_f64() => format!("{score:.4}"),
        _ => setting(value),
    }
}

/// A setting as it was given; JSON has widened those that are f32.
fn setting(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(setting).collect();
            values.join(", ")
        }
        Value::Number(number) => {
            let narrow = number.as_f64().map(|wide| (wide, wide as f32));
            match narrow.filter(|(wide, narrow)| f64::from(*narrow) == *wide) {
                Some((_, narrow)) if number.is_f64() => narrow.to_string(),
                _ => number.to_string(),
            }
        }
        value => value.to_string(),
    }
}
