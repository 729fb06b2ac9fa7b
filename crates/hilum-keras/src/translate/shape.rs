//! Layers that move values, or leave some out.

use std::rc::Rc;

use hilum_graph::{DropoutUnit, Op, Padding, Shape};
use serde_json::Value as Json;

use super::translator::{Subject, Translator};
use super::value::Value;
use crate::error::ContentError;

/// Rows, columns, channels in one vector.
pub(super) fn flatten(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let node = translator.node(subject, input)?;
    let shape = translator.builder.shape(node);
    let added = translator.add(subject.name, Op::Flatten, &[node])?;
    let order = order(shape).or_else(|| input.order.clone());
    Ok(Value {
        order,
        ..Value::like(added, input)
    })
}

/// Where the value that Keras counts as each stands when channels come first; `None` if all stand
/// alike.
fn order(shape: Shape) -> Option<Rc<[usize]>> {
    if shape.channels == 1 || (shape.height, shape.width) == (1, 1) {
        return None;
    }
    let places = shape.height * shape.width;
    let ours = (0..places)
        .flat_map(|place| (0..shape.channels).map(move |channel| channel * places + place));
    Some(ours.collect())
}

/// A vector as an image of one pixel, or an image as a vector.
pub(super) fn reshape(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let shape = translator.shape(input);
    let count = shape.value_count();
    let target = subject
        .settings()
        .get("target_shape")
        .and_then(Json::as_array);
    let target: Option<Vec<i64>> =
        target.and_then(|sides| sides.iter().map(Json::as_i64).collect());
    let target = target.ok_or_else(|| subject.settings().unreadable("target_shape"))?;
    let is_count = |side: i64| side == -1 || usize::try_from(side) == Ok(count);
    let is_vector = (shape.height, shape.width) == (1, 1);
    match target[..] {
        [all] if is_count(all) => flatten(translator, subject, input),
        [1, 1, channels] if is_count(channels) && is_vector && input.order.is_none() => {
            Ok(input.clone())
        }
        _ => Err(subject.unsupported(
            format!("{shape} as {target:?}"),
            "hilum reshapes images to vectors, and vectors to images of one pixel",
        )),
    }
}

/// Zeros that the next layer sees.
pub(super) fn zero_padding(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let unreadable = || settings.unreadable("padding");
    let sides = settings.numbers("padding")?.unwrap_or_else(|| vec![1.0]);
    let sides: Option<Vec<usize>> = sides
        .iter()
        .map(|side| (0.0..=65536.0).contains(side).then_some(*side as usize))
        .collect();
    let [top, bottom, left, right] = match sides.ok_or_else(unreadable)?[..] {
        [all] => [all; 4],
        [rows, columns] => [rows, rows, columns, columns],
        [top, bottom, left, right] => [top, bottom, left, right],
        _ => return Err(unreadable()),
    };
    // What is read from here on is no longer the image alone.
    let (node, zeros) = translator.padded(subject, input)?;
    let zeros = Padding {
        top: zeros.top.saturating_add(top),
        bottom: zeros.bottom.saturating_add(bottom),
        left: zeros.left.saturating_add(left),
        right: zeros.right.saturating_add(right),
    };
    Ok(Value {
        zeros,
        ..Value::like(node, input)
    })
}

pub(super) fn dropout(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let probability = settings.number("rate", None)? as f32;
    if probability == 0.0 {
        return Ok(input.clone());
    }
    // `(None, 1, 1, 1)`: all of an image at once.
    let is_whole = |noise: &Vec<Json>| noise.iter().skip(1).all(|side| side.as_u64() == Some(1));
    let noise = settings.get("noise_shape").and_then(Json::as_array);
    let unit = match noise {
        None => DropoutUnit::Value,
        Some(noise) if is_whole(noise) => DropoutUnit::Image,
        Some(_) => {
            return Err(subject.unsupported(
                "a `noise_shape` of its own",
                "hilum drops single values or whole images",
            ));
        }
    };
    let node = translator.node(subject, input)?;
    let added = translator.add(subject.name, Op::Dropout { probability, unit }, &[node])?;
    Ok(Value::like(added, input))
}
