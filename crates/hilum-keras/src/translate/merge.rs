//! Several tensors become one.

use std::rc::Rc;

use hilum_graph::{NodeIndex, Op, Shape};

use super::translator::{Subject, Translator};
use super::value::{Sign, Value};
use crate::error::ContentError;

fn nodes(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    values: &[&Value],
) -> Result<Vec<NodeIndex>, ContentError> {
    if values.len() < 2 {
        return Err(subject.unsupported("it merges less than two", "leave it out"));
    }
    let nodes = values.iter().map(|value| translator.node(subject, value));
    nodes.collect()
}

fn sign(values: &[&Value]) -> Sign {
    if values.iter().all(|value| value.sign == Sign::NotNegative) {
        Sign::NotNegative
    } else {
        Sign::Any
    }
}

/// Values can be computed with one another where all stand alike.
fn check_orders(subject: Subject<'_>, values: &[&Value]) -> Result<(), ContentError> {
    if values.iter().all(|value| value.order == values[0].order) {
        Ok(())
    } else {
        Err(subject.unsupported(
            "it merges a flattened image with another vector, value by value",
            "merge images before they are flattened",
        ))
    }
}

pub(super) fn add(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    values: &[&Value],
) -> Result<Value, ContentError> {
    let nodes = nodes(translator, subject, values)?;
    check_orders(subject, values)?;
    let mut sum = nodes[0];
    for node in &nodes[1..] {
        sum = translator.add(subject.name, Op::Add, &[sum, *node])?;
    }
    Ok(Value::like(sum, values[0]).with_sign(sign(values)))
}

/// Channels behind one another; a grey image beside itself becomes a coloured one.
pub(super) fn concatenate(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    values: &[&Value],
) -> Result<Value, ContentError> {
    let nodes = nodes(translator, subject, values)?;
    let shape = translator.builder.shape(nodes[0]);
    let is_vector = (shape.height, shape.width) == (1, 1);
    let axis = subject.settings().number("axis", Some(-1.0))?;
    if !(axis == -1.0 || axis == 3.0 || (is_vector && axis == 1.0)) {
        return Err(subject.unsupported(
            format!("it joins axis {axis}"),
            "hilum joins channels, the last axis",
        ));
    }
    let is_repeated = nodes.iter().all(|node| *node == nodes[0]);
    if is_repeated && shape.channels == 1 {
        let count = nodes.len();
        let added = translator.add(subject.name, Op::RepeatChannels { count }, &nodes[..1])?;
        return Ok(Value::of(added).with_sign(sign(values)));
    }
    let added = translator.add(subject.name, Op::Concat, &nodes)?;
    Ok(Value {
        order: joined_order(translator, values, &nodes),
        ..Value::of(added).with_sign(sign(values))
    })
}

/// The orders of vectors that stand behind one another.
fn joined_order(
    translator: &Translator<'_>,
    values: &[&Value],
    nodes: &[NodeIndex],
) -> Option<Rc<[usize]>> {
    if values.iter().all(|value| value.order.is_none()) {
        return None;
    }
    let mut places = Vec::new();
    for (value, node) in values.iter().zip(nodes) {
        let start = places.len();
        match &value.order {
            Some(order) => places.extend(order.iter().map(|place| start + place)),
            None => places.extend(start..start + translator.builder.shape(*node).channels),
        }
    }
    Some(places.into())
}

/// A tensor times one value for each of its channels.
pub(super) fn multiply(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    values: &[&Value],
) -> Result<Value, ContentError> {
    let nodes = nodes(translator, subject, values)?;
    check_orders(subject, values)?;
    let shapes: Vec<Shape> = nodes
        .iter()
        .map(|node| translator.builder.shape(*node))
        .collect();
    let is_gate = |gate: usize, of: usize| shapes[gate] == Shape::vector(shapes[of].channels);
    let pair = match nodes.len() {
        2 if is_gate(1, 0) => [nodes[0], nodes[1]],
        2 if is_gate(0, 1) => [nodes[1], nodes[0]],
        _ => {
            return Err(subject.unsupported(
                "it multiplies other than a tensor by one value a channel",
                "hilum has gates, as in squeeze-and-excitation",
            ));
        }
    };
    let added = translator.add(subject.name, Op::Gate, &pair)?;
    Ok(Value::like(added, values[0]).with_sign(sign(values)))
}
