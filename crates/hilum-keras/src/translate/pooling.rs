//! Pooling.

use hilum_graph::{Op, Padding};

use super::convolution::Sliding;
use super::translator::{Subject, Translator};
use super::value::{Sign, Value};
use crate::error::ContentError;

fn sliding(subject: Subject<'_>) -> Result<Sliding, ContentError> {
    let settings = subject.settings();
    let kernel = settings.pair("pool_size", Some([2, 2]))?;
    Sliding::new(subject, kernel, settings.pair("strides", Some(kernel))?)
}

pub(super) fn maximum(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let sliding = sliding(subject)?;
    let Padding {
        top,
        bottom,
        left,
        right,
    } = input.zeros;
    let [rows, columns] = sliding.kernel;
    let sees_values = top.max(bottom) < rows && left.max(right) < columns;
    // Where nothing is negative, a zero beside a value is never the largest.
    let (node, zeros) = if input.sign == Sign::NotNegative && sees_values {
        translator.padded(subject, input)?
    } else {
        (translator.node(subject, input)?, Padding::NONE)
    };
    let op = Op::MaxPool {
        kernel: sliding.kernel,
        stride: sliding.stride,
        padding: sliding.padding(translator.builder.shape(node), zeros),
        ceil: false,
    };
    let added = translator.add(subject.name, op, &[node])?;
    Ok(Value::like(added, input))
}

/// A filter of equal weights for each channel.
pub(super) fn average(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let sliding = sliding(subject)?;
    let (node, zeros) = translator.padded(subject, input)?;
    let shape = translator.builder.shape(node);
    let padding = sliding.padding(shape, zeros);
    if padding != zeros {
        return Err(subject.unsupported(
            "padding `same` leaves the edge's means to fewer pixels",
            "hilum averages whole windows: use `valid`, or a size that the strides divide",
        ));
    }
    let channels = shape.channels;
    let [rows, columns] = sliding.kernel;
    let op = Op::Convolution {
        out_channels: channels,
        kernel: sliding.kernel,
        stride: sliding.stride,
        padding,
        groups: channels,
        bias: false,
    };
    let added = translator.add(subject.name, op, &[node])?;
    let places = rows * columns;
    let share = 1.0 / places as f32;
    let shape = vec![channels, 1, rows, columns];
    translator.fill(added, "weight", shape, vec![share; channels * places]);
    Ok(Value::like(added, input))
}

pub(super) fn global_average(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let node = translator.node(subject, input)?;
    let added = translator.add(subject.name, Op::GlobalAveragePool, &[node])?;
    Ok(Value::like(added, input))
}

pub(super) fn global_maximum(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let node = translator.node(subject, input)?;
    let shape = translator.builder.shape(node);
    let whole = [shape.height, shape.width];
    let op = Op::MaxPool {
        kernel: whole,
        stride: whole,
        padding: Padding::NONE,
        ceil: false,
    };
    let added = translator.add(subject.name, op, &[node])?;
    Ok(Value::like(added, input))
}
