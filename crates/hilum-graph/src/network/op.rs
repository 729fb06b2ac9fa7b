//! What a node computes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::padding::Padding;
use super::window::Window;

/// What a node computes from its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "op")]
pub enum Op {
    /// The image itself. Exactly one, the first node.
    Input,
    /// A grey image repeated `count` times, so that a network of colour images reads it.
    RepeatChannels {
        /// Channels of the result.
        count: usize,
    },
    /// Cross-correlation, as PyTorch's `Conv2d` with dilation 1.
    Convolution {
        /// Channels of the result.
        out_channels: usize,
        /// Rows and columns of the kernel.
        kernel: [usize; 2],
        /// Step between outputs, down and across.
        stride: [usize; 2],
        /// Zeros around the image.
        padding: Padding,
        /// Channels are cut into this many groups; `groups == channels` is depthwise.
        groups: usize,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Batch normalisation over batch, height and width.
    ///
    /// `y = (x - mean) / sqrt(variance + epsilon) * weight + bias`. In training the biased
    /// variance of the batch normalises; the running variance takes the unbiased one (PyTorch).
    BatchNorm {
        /// Added to the variance.
        epsilon: f32,
        /// PyTorch's meaning: `running = (1 - momentum) * running + momentum * batch`.
        momentum: f32,
    },
    /// A matrix product with a vector, plus bias, as PyTorch's `Linear`.
    Dense {
        /// Length of the result.
        out_features: usize,
        /// Whether a bias is added.
        bias: bool,
    },
    /// A function of each value on its own.
    Activation(Activation),
    /// The largest value under the kernel; padding counts as minus infinity.
    MaxPool {
        /// Rows and columns of the kernel.
        kernel: [usize; 2],
        /// Step between outputs, down and across.
        stride: [usize; 2],
        /// Room around the image.
        padding: Padding,
        /// Whether a last, partly filled window counts (PyTorch's `ceil_mode`).
        ceil: bool,
    },
    /// The mean over height and width.
    GlobalAveragePool,
    /// All values in one vector, in PyTorch's order: channels, then rows, then columns.
    Flatten,
    /// The sum of two inputs of one shape.
    Add,
    /// Channels of all inputs behind one another.
    Concat,
    /// The first input times the second, a vector with one gate per channel.
    Gate,
    /// Zeroes values at random in training and divides the rest by `1 - probability`.
    Dropout {
        /// The share that is zeroed, in `0.0..1.0`.
        probability: f32,
        /// What is zeroed as one.
        unit: DropoutUnit,
    },
}

impl Op {
    /// The kernel of operations that slide one over an image.
    pub fn window(self) -> Option<Window> {
        let (kernel, stride, padding, ceil) = match self {
            Self::Convolution {
                kernel,
                stride,
                padding,
                ..
            } => (kernel, stride, padding, false),
            Self::MaxPool {
                kernel,
                stride,
                padding,
                ceil,
            } => (kernel, stride, padding, ceil),
            Self::Input
            | Self::RepeatChannels { .. }
            | Self::BatchNorm { .. }
            | Self::Dense { .. }
            | Self::Activation(_)
            | Self::GlobalAveragePool
            | Self::Flatten
            | Self::Add
            | Self::Concat
            | Self::Gate
            | Self::Dropout { .. } => return None,
        };
        Some(Window {
            kernel,
            stride,
            padding,
            ceil,
        })
    }
}

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `x * sigmoid(x)`
    Silu,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Activation {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Relu, Self::Relu6, Self::Silu, Self::Sigmoid];
}

/// What dropout zeroes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropoutUnit {
    /// Each value on its own (Srivastava et al., 2014).
    Value,
    /// All values of one image: stochastic depth (Huang et al., 2016; torchvision's "row" mode).
    Image,
}

/// In words, for summaries: `convolution 3x3, stride 2, 32 groups`.
impl fmt::Display for Op {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Input => formatter.write_str("input"),
            Self::RepeatChannels { count } => write!(formatter, "repeat {count} times"),
            Self::Convolution {
                kernel,
                stride,
                groups,
                ..
            } => {
                window(formatter, "convolution", kernel, stride)?;
                if groups > 1 {
                    write!(formatter, ", {groups} groups")?;
                }
                Ok(())
            }
            Self::BatchNorm { .. } => formatter.write_str("batch norm"),
            Self::Dense { .. } => formatter.write_str("dense"),
            Self::Activation(activation) => activation.fmt(formatter),
            Self::MaxPool { kernel, stride, .. } => window(formatter, "max pool", kernel, stride),
            Self::GlobalAveragePool => formatter.write_str("global average pool"),
            Self::Flatten => formatter.write_str("flatten"),
            Self::Add => formatter.write_str("add"),
            Self::Concat => formatter.write_str("concatenate"),
            Self::Gate => formatter.write_str("gate"),
            Self::Dropout { probability, unit } => {
                let name = match unit {
                    DropoutUnit::Value => "dropout",
                    DropoutUnit::Image => "stochastic depth",
                };
                write!(formatter, "{name} {probability}")
            }
        }
    }
}

fn window(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    kernel: [usize; 2],
    stride: [usize; 2],
) -> fmt::Result {
    write!(formatter, "{name} {}x{}", kernel[0], kernel[1])?;
    match stride {
        [1, 1] => Ok(()),
        [down, across] if down == across => write!(formatter, ", stride {down}"),
        [down, across] => write!(formatter, ", stride {down}x{across}"),
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Relu => "ReLU",
            Self::Relu6 => "ReLU6",
            Self::Silu => "SiLU",
            Self::Sigmoid => "sigmoid",
        })
    }
}
