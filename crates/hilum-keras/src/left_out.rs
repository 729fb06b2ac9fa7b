//! What of a file no network needs.

use std::fmt;

use serde_json::Value;

/// What of a file is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// The optimiser and its memory.
    Optimizer(String),
    /// The loss.
    Loss(String),
    /// A metric, of Keras or of an add-on.
    Metric(String),
    /// A layer that does nothing when it is not trained.
    TrainingLayer {
        /// Its name.
        layer: String,
        /// Its class.
        class: String,
    },
}

impl fmt::Display for LeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Optimizer(name) => write!(formatter, "the optimiser `{name}` and its memory"),
            Self::Loss(name) => write!(formatter, "the loss `{name}`"),
            Self::Metric(name) => write!(formatter, "the metric `{name}`"),
            Self::TrainingLayer { layer, class } => write!(
                formatter,
                "layer `{layer}` ({class}), which works in training alone"
            ),
        }
    }
}

/// What `compile` was given.
pub(crate) fn of_compilation(compiled: &Value) -> Vec<LeftOut> {
    let mut found = Vec::new();
    let optimizer = [compiled.get("optimizer_config"), compiled.get("optimizer")];
    if let Some(name) = optimizer.into_iter().flatten().find_map(name_of) {
        found.push(LeftOut::Optimizer(name));
    }
    if let Some(name) = compiled.get("loss").and_then(name_of) {
        found.push(LeftOut::Loss(name));
    }
    for key in ["metrics", "weighted_metrics"] {
        metrics(compiled.get(key), &mut found);
    }
    found
}

/// Metrics stand in lists of lists, one for each output.
fn metrics(value: Option<&Value>, found: &mut Vec<LeftOut>) {
    match value {
        Some(Value::Array(list)) => {
            for one in list {
                metrics(Some(one), found);
            }
        }
        Some(value) => {
            if let Some(name) = name_of(value) {
                found.push(LeftOut::Metric(name));
            }
        }
        None => {}
    }
}

/// `"adam"`, or the class of `{"class_name": "Addons>F1Score", ...}`.
fn name_of(value: &Value) -> Option<String> {
    let name = value.get("class_name").unwrap_or(value).as_str()?;
    // What an add-on registered, and what wraps a function.
    let wrapped = value.pointer("/config/fn").and_then(Value::as_str);
    let name = wrapped.unwrap_or(name);
    Some(name.rsplit('>').next().unwrap_or(name).to_owned())
}
