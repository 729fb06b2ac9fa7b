//! Convolutions, and padding as TensorFlow counts it.

use hilum_graph::{Op, Padding, Shape, Tensor};

use super::activation;
use super::translator::{Subject, Translator};
use super::value::Value;
use crate::error::ContentError;

/// What all convolutions and poolings name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sliding {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    is_same: bool,
}

impl Sliding {
    /// Of a convolution.
    fn of_convolution(subject: Subject<'_>) -> Result<Self, ContentError> {
        let settings = subject.settings();
        if settings.pair("dilation_rate", Some([1, 1]))? != [1, 1] {
            return Err(subject.unsupported("it is dilated", "hilum's convolutions are not"));
        }
        Self::new(
            subject,
            settings.pair("kernel_size", None)?,
            settings.pair("strides", Some([1, 1]))?,
        )
    }

    pub(super) fn new(
        subject: Subject<'_>,
        kernel: [usize; 2],
        stride: [usize; 2],
    ) -> Result<Self, ContentError> {
        let is_same = match subject.settings().text("padding").unwrap_or("valid") {
            "valid" => false,
            "same" => true,
            other => {
                return Err(subject
                    .unsupported(format!("padding `{other}`"), "hilum has `valid` and `same`"));
            }
        };
        if kernel.contains(&0) || stride.contains(&0) {
            return Err(subject.settings().unreadable("strides"));
        }
        Ok(Self {
            kernel,
            stride,
            is_same,
        })
    }

    /// The padding around a value of `shape` that has `zeros` around it.
    pub(super) fn padding(self, shape: Shape, zeros: Padding) -> Padding {
        if !self.is_same {
            return zeros;
        }
        let [rows, columns] = self.kernel;
        let height = shape
            .height
            .saturating_add(zeros.top)
            .saturating_add(zeros.bottom);
        let width = shape
            .width
            .saturating_add(zeros.left)
            .saturating_add(zeros.right);
        let (top, bottom) = same(height, rows, self.stride[0]);
        let (left, right) = same(width, columns, self.stride[1]);
        Padding {
            top: zeros.top.saturating_add(top),
            bottom: zeros.bottom.saturating_add(bottom),
            left: zeros.left.saturating_add(left),
            right: zeros.right.saturating_add(right),
        }
    }
}

/// Zeros before and behind an axis, by TensorFlow's `SAME`: `ceil(size / stride)` outputs, and
/// the odd zero goes behind.
fn same(size: usize, kernel: usize, stride: usize) -> (usize, usize) {
    let count = size.div_ceil(stride).max(1);
    let reach = (count - 1).saturating_mul(stride).saturating_add(kernel);
    let total = reach.saturating_sub(size);
    (total / 2, total - total / 2)
}

pub(super) fn convolution(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let sliding = Sliding::of_convolution(subject)?;
    let filters = settings.count("filters")?;
    let groups = settings.count_or("groups", Some(1))?;
    let has_bias = settings.flag("use_bias", true)?;
    let (node, zeros) = translator.padded(subject, input)?;
    let shape = translator.builder.shape(node);
    let op = Op::Convolution {
        out_channels: filters,
        kernel: sliding.kernel,
        stride: sliding.stride,
        padding: sliding.padding(shape, zeros),
        groups,
        bias: has_bias,
    };
    let added = translator.add(subject.name, op, &[node])?;
    let [rows, columns] = sliding.kernel;
    let keras = [rows, columns, shape.channels / groups.max(1), filters];
    let kernel = translator.weight(subject, &["kernel"], 0, &keras)?;
    let data = to_pytorch(&kernel);
    let shape = vec![filters, keras[2], rows, columns];
    translator.fill(added, "weight", shape, data);
    if has_bias {
        let bias = translator.weight(subject, &["bias"], 1, &[filters])?;
        translator.fill(added, "bias", vec![filters], bias.data);
    }
    activation::of_settings(translator, subject, &Value::of(added))
}

/// `[rows, columns, in, out]` as `[out, in, rows, columns]`.
fn to_pytorch(kernel: &Tensor) -> Vec<f32> {
    let [rows, columns, ins, outs] = kernel.shape[..] else {
        return Vec::new();
    };
    let mut data = Vec::with_capacity(kernel.data.len());
    for out in 0..outs {
        for channel in 0..ins {
            for place in 0..rows * columns {
                data.push(kernel.data[(place * ins + channel) * outs + out]);
            }
        }
    }
    data
}

pub(super) fn depthwise(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let has_bias = subject.settings().flag("use_bias", true)?;
    let names = &["depthwise_kernel", "kernel"];
    let added = depthwise_node(translator, subject, input, names, subject.name, has_bias)?;
    if has_bias {
        let count = translator.builder.shape(added.node).channels;
        let bias = translator.weight(subject, &["bias"], 1, &[count])?;
        translator.fill(added.node, "bias", vec![count], bias.data);
    }
    activation::of_settings(translator, subject, &added)
}

/// A filter for each channel, of `[rows, columns, channels, multiplier]`.
fn depthwise_node(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
    names: &'static [&'static str],
    name: &str,
    bias: bool,
) -> Result<Value, ContentError> {
    let sliding = Sliding::of_convolution(subject)?;
    let multiplier = subject.settings().count_or("depth_multiplier", Some(1))?;
    let (node, zeros) = translator.padded(subject, input)?;
    let shape = translator.builder.shape(node);
    let out_channels = shape.channels.saturating_mul(multiplier);
    let op = Op::Convolution {
        out_channels,
        kernel: sliding.kernel,
        stride: sliding.stride,
        padding: sliding.padding(shape, zeros),
        groups: shape.channels,
        bias,
    };
    let added = translator.add(name, op, &[node])?;
    let [rows, columns] = sliding.kernel;
    let keras = [rows, columns, shape.channels, multiplier];
    let kernel = translator.weight(subject, names, 0, &keras)?;
    // Outputs are counted channel by channel, as PyTorch's groups are.
    let data = (0..out_channels).flat_map(|out| {
        let values = &kernel.data;
        (0..rows * columns).map(move |place| values[place * out_channels + out])
    });
    let data = data.collect();
    translator.fill(added, "weight", vec![out_channels, 1, rows, columns], data);
    Ok(Value::of(added))
}

/// A filter for each channel, then a convolution of single pixels.
pub(super) fn separable(
    translator: &mut Translator<'_>,
    subject: Subject<'_>,
    input: &Value,
) -> Result<Value, ContentError> {
    let settings = subject.settings();
    let filters = settings.count("filters")?;
    let has_bias = settings.flag("use_bias", true)?;
    let name = format!("{}_depthwise", subject.name);
    let filtered = depthwise_node(
        translator,
        subject,
        input,
        &["depthwise_kernel"],
        &name,
        false,
    )?;
    let channels = translator.builder.shape(filtered.node).channels;
    let op = Op::Convolution {
        out_channels: filters,
        kernel: [1, 1],
        stride: [1, 1],
        padding: Padding::NONE,
        groups: 1,
        bias: has_bias,
    };
    let added = translator.add(subject.name, op, &[filtered.node])?;
    let keras = [1, 1, channels, filters];
    let kernel = translator.weight(subject, &["pointwise_kernel"], 1, &keras)?;
    let data = to_pytorch(&kernel);
    translator.fill(added, "weight", vec![filters, channels, 1, 1], data);
    if has_bias {
        let bias = translator.weight(subject, &["bias"], 2, &[filters])?;
        translator.fill(added, "bias", vec![filters], bias.data);
    }
    activation::of_settings(translator, subject, &Value::of(added))
}
