//! What the outputs of a network stand for, in hilum's order.

use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Classes};
use hilum_graph::{Graph, Parameters};
use serde_json::Value;

use super::ImportError;

/// Where the names of classes come from, in the order of a network's outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassNames {
    /// These.
    Listed(Vec<String>),
    /// A folder of class folders, or of `train`, as Keras's `flow_from_directory` reads it: sorted.
    /// Or a file: a name a line, or a JSON list, or Keras's `class_indices` as JSON.
    From(PathBuf),
}

/// The longest file of class names that is read.
const MAX_BYTES: u64 = 1 << 20;

impl ClassNames {
    /// The names, as they were given.
    pub(super) fn read(&self) -> Result<Vec<String>, ImportError> {
        match self {
            Self::Listed(names) => Ok(names.clone()),
            Self::From(path) => {
                let read = if path.is_dir() { of_folder } else { of_file };
                let names = read(path).map_err(|what| ImportError::UnreadableClasses {
                    path: path.clone(),
                    what,
                })?;
                Ok(names)
            }
        }
    }
}

fn of_folder(path: &Path) -> Result<Vec<String>, String> {
    let train = path.join("train");
    let root = if train.is_dir() { &train } else { path };
    let entries = fs_err::read_dir(root).map_err(|error| error.to_string())?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    if names.is_empty() {
        return Err("it has no folders".to_owned());
    }
    Ok(names)
}

fn of_file(path: &Path) -> Result<Vec<String>, String> {
    let length = fs_err::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if length > MAX_BYTES {
        return Err(format!("it has {length} bytes"));
    }
    let text = fs_err::read_to_string(path).map_err(|error| error.to_string())?;
    if text.trim_start().starts_with(['[', '{']) {
        let json: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        return of_json(&json).ok_or_else(|| "it is neither a list nor `class_indices`".to_owned());
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// `["a", "b"]`, `{"a": 0, "b": 1}` or `{"0": "a", "1": "b"}`.
fn of_json(json: &Value) -> Option<Vec<String>> {
    if let Value::Array(list) = json {
        return list
            .iter()
            .map(|name| Some(name.as_str()?.to_owned()))
            .collect();
    }
    let pair = |(key, value): (&String, &Value)| match value {
        Value::Number(index) => Some((index.as_u64()?, key.clone())),
        Value::String(name) => Some((key.parse().ok()?, name.clone())),
        _ => None,
    };
    let mut pairs = json
        .as_object()?
        .iter()
        .map(pair)
        .collect::<Option<Vec<_>>>()?;
    pairs.sort();
    let is_counted = pairs
        .iter()
        .zip(0..)
        .all(|((index, _), count)| *index == count);
    is_counted.then(|| pairs.into_iter().map(|(_, name)| name).collect())
}

/// The classes in alphabetical order, and for each the output that stands for it.
pub(super) fn in_order(
    names: &[String],
    count: usize,
) -> Result<(Classes, Vec<usize>), ImportError> {
    let names: Vec<ClassName> = names
        .iter()
        .map(|name| ClassName::canonical(name))
        .collect();
    if names.len() != count {
        return Err(ImportError::ClassCount {
            expected: count,
            found: names.len(),
            names: list(&names),
        });
    }
    let classes = Classes::new(names.iter().cloned())?;
    let output = |class: &ClassName| names.iter().position(|name| name == class);
    let order: Vec<usize> = classes.names().iter().filter_map(output).collect();
    if order.len() != count {
        let mut seen = Vec::new();
        let repeated = names.iter().find(|name| {
            let known = seen.contains(name);
            seen.push(name);
            known
        });
        return Err(ImportError::RepeatedClass {
            name: repeated.map(ToString::to_string).unwrap_or_default(),
        });
    }
    Ok((classes, order))
}

/// The first names, and how many there are more.
fn list(names: &[ClassName]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(6)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(shown.len());
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Brings the outputs into `order`: the rows of the last layer's weights.
pub(super) fn reorder_outputs(
    graph: &Graph,
    parameters: &mut Parameters,
    order: &[usize],
) -> Result<(), ImportError> {
    if order.is_sorted() {
        return Ok(());
    }
    let last = graph.nodes().last().expect("a graph has nodes");
    let specs = graph.parameters();
    let own = specs
        .iter()
        .filter(|spec| graph.node(spec.node).name == last.name);
    let mut is_changed = false;
    for spec in own {
        let tensor = parameters.get_mut(&spec.name).expect("the graph's own");
        let row = tensor.data.len() / order.len();
        let rows = order
            .iter()
            .flat_map(|output| &tensor.data[output * row..][..row]);
        tensor.data = rows.copied().collect();
        is_changed = true;
    }
    if is_changed {
        Ok(())
    } else {
        Err(ImportError::Order {
            layer: last.name.clone(),
        })
    }
}
