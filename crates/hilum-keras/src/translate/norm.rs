//! Batch normalisation.

use hilum_graph::Op;

use super::translator::{Subject, Translator};
use super::value::Value;
use crate::error::ContentError;

pub(super) fn batch_norm(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let node = translator.node(subject, input)?;
    let shape = translator.builder.shape(node);
    let count = shape.channels;
    let axis = settings.numbers("axis")?.unwrap_or_else(|| vec![-1.0]);
    let is_vector = (shape.height, shape.width) == (1, 1);
    let is_last = match axis[..] {
        [axis] => axis == -1.0 || axis == 3.0 || (is_vector && axis == 1.0),
        _ => false,
    };
    if !is_last {
        return Err(subject.unsupported(
            "it normalises another axis than the channels",
            "hilum's batch norm normalises the last axis",
        ));
    }
    let momentum = settings.number("momentum", Some(0.99))?;
    let op = Op::BatchNorm {
        epsilon: settings.number("epsilon", Some(1e-3))? as f32,
        momentum: (1.0 - momentum) as f32,
    };
    let added = translator.add(subject.name, op, &[node])?;
    let mut index = 0;
    let parts: [(&'static [&'static str], &str, bool, f32); 4] = [
        (&["gamma"], "weight", settings.flag("scale", true)?, 1.0),
        (&["beta"], "bias", settings.flag("center", true)?, 0.0),
        (&["moving_mean"], "running_mean", true, 0.0),
        (&["moving_variance"], "running_var", true, 1.0),
    ];
    for (names, suffix, is_there, otherwise) in parts {
        let values = if is_there {
            let tensor = translator.weight(subject, names, index, &[count])?;
            index += 1;
            tensor.data
        } else {
            vec![otherwise; count]
        };
        translator.fill(added, suffix, vec![count], ordered(values, input));
    }
    Ok(Value::like(added, input).with_sign(super::value::Sign::Any))
}

/// Values of Keras's order in hilum's.
fn ordered(values: Vec<f32>, input: &Value) -> Vec<f32> {
    let Some(order) = &input.order else {
        return values;
    };
    let mut ours = vec![0.0; values.len()];
    for (value, place) in values.into_iter().zip(order.iter()) {
        ours[*place] = value;
    }
    ours
}
