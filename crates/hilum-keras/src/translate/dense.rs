//! Dense layers, of vectors and of single pixels.

use hilum_graph::{Op, Padding};

use super::activation;
use super::translator::{Subject, Translator};
use super::value::Value;
use crate::error::ContentError;

pub(super) fn dense(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let units = settings.count("units")?;
    let has_bias = settings.flag("use_bias", true)?;
    let node = translator.node(subject, input)?;
    let shape = translator.builder.shape(node);
    let ins = shape.channels;
    let is_vector = (shape.height, shape.width) == (1, 1);
    // Keras's dense layers read images pixel by pixel.
    let op = if is_vector {
        Op::Dense {
            out_features: units,
            bias: has_bias,
        }
    } else {
        Op::Convolution {
            out_channels: units,
            kernel: [1, 1],
            stride: [1, 1],
            padding: Padding::NONE,
            groups: 1,
            bias: has_bias,
        }
    };
    let added = translator.add(subject.name, op, &[node])?;
    let kernel = translator.weight(subject, &["kernel"], 0, &[ins, units])?;
    let mut data = vec![0.0; kernel.data.len()];
    for (theirs, row) in kernel.data.chunks_exact(units).enumerate() {
        let ours = input.order.as_ref().map_or(theirs, |order| order[theirs]);
        for (unit, value) in row.iter().enumerate() {
            data[unit * ins + ours] = *value;
        }
    }
    let mut weight_shape = vec![units, ins];
    if !is_vector {
        weight_shape.extend([1, 1]);
    }
    translator.fill(added, "weight", weight_shape, data);
    if has_bias {
        let bias = translator.weight(subject, &["bias"], 1, &[units])?;
        translator.fill(added, "bias", vec![units], bias.data);
    }
    activation::of_settings(translator, subject, &Value::of(added))
}
