//! What a layer is called with.

use serde_json::Value;

use super::settings::numbers;

/// A result of another layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    pub(crate) layer: String,
    /// Of which of its calls.
    pub(crate) call: usize,
}

/// What a layer is called with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    Tensor(Reference),
    /// One number, or one for each channel.
    Numbers(Vec<f64>),
}

/// Named arguments that hold values; all others steer training.
const OPERANDS: [&str; 7] = ["x", "y", "x1", "x2", "value", "bias", "features"];

/// How Keras 2 names a constant in place of a layer.
const CONSTANT: &str = "_CONSTANT_VALUE";

/// `["NAME", 0, 0]`, or a list of one such.
pub(super) fn references(value: &Value) -> Option<Vec<Reference>> {
    let list = value.as_array()?;
    if let Some(one) = reference(list) {
        return Some(vec![one]);
    }
    list.iter().map(|one| reference(one.as_array()?)).collect()
}

/// The arguments of every call in `inbound_nodes`; `None` if it has another form.
pub(super) fn calls(inbound: &Value) -> Option<Vec<Vec<Argument>>> {
    inbound.as_array()?.iter().map(call).collect()
}

fn call(node: &Value) -> Option<Vec<Argument>> {
    let mut found = Vec::new();
    match node {
        // Keras 3: `{"args": [...], "kwargs": {...}}`.
        Value::Object(object) => {
            for one in object.get("args")?.as_array()? {
                push(one, &mut found)?;
            }
            operands(object.get("kwargs"), &mut found)?;
        }
        // Keras 2: `[["NAME", 0, 0, {...}], ...]`, or one of them.
        Value::Array(list) if list.first().is_some_and(Value::is_string) => {
            earlier(list, &mut found)?;
        }
        Value::Array(list) => {
            for one in list {
                earlier(one.as_array()?, &mut found)?;
            }
        }
        _ => return None,
    }
    Some(found)
}

/// `["NAME", call, tensor, {"y": 1.0}]`
fn earlier(list: &[Value], found: &mut Vec<Argument>) -> Option<()> {
    if list.first()?.as_str() == Some(CONSTANT) {
        found.push(Argument::Numbers(numbers(list.get(2)?)?));
    } else {
        found.push(Argument::Tensor(reference(list)?));
    }
    operands(list.get(3), found)
}

fn operands(named: Option<&Value>, found: &mut Vec<Argument>) -> Option<()> {
    let Some(Value::Object(named)) = named else {
        return Some(());
    };
    for (key, value) in named {
        if OPERANDS.contains(&key.as_str()) && !value.is_null() {
            push(value, found)?;
        }
    }
    Some(())
}

/// A tensor, numbers, or a list of tensors.
fn push(value: &Value, found: &mut Vec<Argument>) -> Option<()> {
    if let Some(tensor) = keras_tensor(value) {
        found.push(Argument::Tensor(tensor));
        return Some(());
    }
    match value {
        Value::Null | Value::Bool(_) => Some(()),
        Value::Array(list) if reference(list).is_some() => {
            found.push(Argument::Tensor(reference(list)?));
            Some(())
        }
        Value::Array(list) if list.iter().any(|one| keras_tensor(one).is_some()) => {
            list.iter().try_for_each(|one| push(one, found))
        }
        value => {
            found.push(Argument::Numbers(numbers(value)?));
            Some(())
        }
    }
}

/// `{"class_name": "__keras_tensor__", "config": {"keras_history": ["NAME", 0, 0]}}`
fn keras_tensor(value: &Value) -> Option<Reference> {
    let history = value.get("config")?.get("keras_history")?;
    reference(history.as_array()?)
}

/// `["NAME", call, tensor, ...]`
fn reference(list: &[Value]) -> Option<Reference> {
    let [layer, call, tensor, ..] = list else {
        return None;
    };
    tensor.as_u64()?;
    Some(Reference {
        layer: layer.as_str()?.to_owned(),
        call: usize::try_from(call.as_u64()?).ok()?,
    })
}
