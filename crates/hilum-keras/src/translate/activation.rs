//! Functions of one value.

use hilum_graph::{Activation, Op};
use serde_json::Value as Json;

use super::translator::{Subject, Translator};
use super::value::{Sign, Value};
use crate::error::ContentError;

const HINT: &str = "hilum has `relu`, `relu6`, `silu` and `sigmoid`, and `softmax` at the end";

/// The `activation` of a layer's settings, after what the layer itself makes.
pub(super) fn of_settings(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let name = match settings.get("activation") {
        None => "linear".to_owned(),
        Some(Json::String(name)) => name.clone(),
        Some(object) => {
            let class = object.get("class_name").and_then(Json::as_str);
            let config = object.get("config");
            let class = class.ok_or_else(|| settings.unreadable("activation"))?;
            match (class, config) {
                ("function", Some(Json::String(name))) => name.clone(),
                ("ReLU", Some(config)) => {
                    relu(subject, &|key| config.get(key).cloned())?.to_owned()
                }
                _ => class.to_lowercase(),
            }
        }
    };
    apply(translator, subject, input, &name)
}

/// A layer of class `ReLU`.
pub(super) fn relu_layer(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let name = relu(subject, &|key| settings.get(key).cloned())?;
    apply(translator, subject, input, name)
}

/// Which rectifier a ReLU with these settings is.
fn relu(
    subject: Subject<'_>,
    get: &dyn Fn(&str) -> Option<Json>,
) -> Result<&'static str, ContentError> {
    let number = |key| match get(key) {
        None | Some(Json::Null) => Ok(None),
        // Keras 2 may have them as arrays of one number.
        Some(Json::Object(object)) => Ok(object.get("value").and_then(Json::as_f64)),
        Some(value) => value
            .as_f64()
            .map(Some)
            .ok_or_else(|| subject.settings().unreadable(key)),
    };
    let is_zero = |value: Option<f64>| value.is_none_or(|value| value == 0.0);
    let slope = number("negative_slope")?;
    let threshold = number("threshold")?;
    match number("max_value")? {
        _ if !is_zero(slope) || !is_zero(threshold) => {
            Err(subject.unsupported("a rectifier with a slope or a threshold", HINT))
        }
        None => Ok("relu"),
        Some(6.0) => Ok("relu6"),
        Some(other) => Err(subject.unsupported(format!("a rectifier that ends at {other}"), HINT)),
    }
}

/// The function called `name` of `input`.
pub(super) fn apply(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
    name: &str,
) -> Result<Value, ContentError> {
    let name = name.rsplit('>').next().unwrap_or(name);
    let (activation, sign) = match name {
        "linear" => return Ok(input.clone()),
        "softmax" => {
            let node = translator.node(subject, input)?;
            return Ok(Value {
                softmax: true,
                ..Value::like(node, input)
            });
        }
        "relu" => (Activation::Relu, Sign::NotNegative),
        "relu6" => (Activation::Relu6, Sign::NotNegative),
        "silu" | "swish" => (Activation::Silu, Sign::Any),
        "sigmoid" => (Activation::Sigmoid, Sign::NotNegative),
        other => {
            return Err(subject.unsupported(format!("activation `{other}`"), HINT));
        }
    };
    let node = translator.node(subject, input)?;
    // A layer's own activation is named after it.
    let is_layer = translator.builder.has(&subject.name.replace('/', "."));
    let node_name = if is_layer {
        format!("{}_{name}", subject.name)
    } else {
        subject.name.to_owned()
    };
    let node = translator.add(&node_name, Op::Activation(activation), &[node])?;
    Ok(Value::like(node, input).with_sign(sign))
}
