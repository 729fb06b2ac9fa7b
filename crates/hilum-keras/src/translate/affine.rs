//! Scaling by fixed numbers: of the image it is left to the recipe, within a network it is a filter.

use hilum_graph::{Op, Padding};

use super::translator::{Subject, Translator};
use super::value::{Affine, Value, spread};
use super::walk::{Given, operation};
use crate::error::ContentError;

/// What Keras's `Normalization` takes for the smallest deviation (`keras.config.epsilon()`).
const EPSILON: f64 = 1e-7;

/// `value * scale + offset`
pub(super) fn rescaling(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let scale = settings.numbers("scale")?;
    let affine = Affine {
        factors: scale.ok_or_else(|| settings.unreadable("scale"))?,
        summands: settings.numbers("offset")?.unwrap_or_else(|| vec![0.0]),
    };
    apply(translator, subject, input, &affine)
}

/// `(value - mean) / max(sqrt(variance), epsilon)`, or its inverse.
pub(super) fn normalization(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let channels = translator.shape(input).channels;
    let read = |key: &'static str, names, index| {
        if let Some(numbers) = settings.numbers(key)? {
            return Ok::<_, ContentError>(numbers);
        }
        let one = translator.weight(subject, names, index, &[channels])?;
        Ok(one.data.into_iter().map(f64::from).collect())
    };
    let mean = read("mean", &["mean"], 0)?;
    let variance = read("variance", &["variance"], 1)?;
    let wrong = || settings.unreadable("mean");
    let mean = spread(&mean, channels).ok_or_else(wrong)?;
    let deviation: Vec<f64> = spread(&variance, channels)
        .ok_or_else(wrong)?
        .into_iter()
        .map(|variance| variance.sqrt().max(EPSILON))
        .collect();
    let pairs = || mean.iter().zip(&deviation);
    let affine = if settings.flag("invert", false)? {
        Affine {
            factors: deviation.clone(),
            summands: mean.clone(),
        }
    } else {
        Affine {
            factors: deviation
                .iter()
                .map(|deviation| deviation.recip())
                .collect(),
            summands: pairs().map(|(mean, deviation)| -mean / deviation).collect(),
        }
    };
    apply(translator, subject, input, &affine)
}

/// A tensor and what is computed of it with numbers; `None` if this is no such layer.
pub(super) fn of_numbers<'a>(
    subject: Subject<'_>,
    given: &'a [Given],
) -> Result<Option<(&'a Value, Affine)>, ContentError> {
    let (value, numbers, value_is_first) = match given {
        [Given::Value(value), Given::Numbers(numbers)] => (value, numbers, true),
        [Given::Numbers(numbers), Given::Value(value)] => (value, numbers, false),
        _ => return Ok(None),
    };
    let numbers = || numbers.iter().copied();
    let affine = |factors, summands| Some(Affine { factors, summands });
    let affine = match (operation(subject.layer), value_is_first) {
        ("TrueDivide" | "Divide" | "math.truediv" | "math.divide", true) => {
            affine(numbers().map(f64::recip).collect(), vec![0.0])
        }
        ("Multiply" | "math.multiply" | "__operators__.mul", _) => {
            affine(numbers().collect(), vec![0.0])
        }
        ("Subtract" | "math.subtract" | "__operators__.sub", true) => {
            affine(vec![1.0], numbers().map(|number| -number).collect())
        }
        ("Subtract" | "math.subtract" | "__operators__.sub", false) => {
            affine(vec![-1.0], numbers().collect())
        }
        ("Add" | "math.add" | "__operators__.add" | "nn.bias_add" | "BiasAdd", _) => {
            affine(vec![1.0], numbers().collect())
        }
        _ => None,
    };
    match affine {
        Some(affine) => Ok(Some((value, affine))),
        None => Err(subject.unsupported(
            format!("it computes `{}` with numbers", operation(subject.layer)),
            "hilum adds, subtracts, multiplies and divides",
        )),
    }
}

/// Leaves what is done to the image to whoever prepares it; all else becomes a node.
pub(super) fn apply(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
    affine: &Affine,
) -> Result<Value, ContentError> {
    let wrong = || subject.settings().unreadable("scale");
    if let Some(before) = &input.scaling {
        let scaling = Some(before.then(affine).ok_or_else(wrong)?);
        return Ok(Value {
            scaling,
            ..input.clone()
        });
    }
    let node = translator.node(subject, input)?;
    let channels = translator.builder.shape(node).channels;
    if input.order.is_some() && affine.factors.len() + affine.summands.len() > 2 {
        return Err(subject.unsupported(
            "it scales a flattened image value by value",
            "scale it before it is flattened",
        ));
    }
    let factors = spread(&affine.factors, channels).ok_or_else(wrong)?;
    let summands = spread(&affine.summands, channels).ok_or_else(wrong)?;
    let op = Op::Convolution {
        out_channels: channels,
        kernel: [1, 1],
        stride: [1, 1],
        padding: Padding::NONE,
        groups: channels,
        bias: true,
    };
    let added = translator.add(subject.name, op, &[node])?;
    let narrow = |numbers: Vec<f64>| numbers.into_iter().map(|one| one as f32).collect();
    translator.fill(added, "weight", vec![channels, 1, 1, 1], narrow(factors));
    translator.fill(added, "bias", vec![channels], narrow(summands));
    Ok(Value {
        order: input.order.clone(),
        ..Value::of(added)
    })
}
