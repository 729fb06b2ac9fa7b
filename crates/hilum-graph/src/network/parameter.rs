//! What a node needs to be given: its parameters by role and shape.

use super::node::NodeIndex;
use super::op::Op;

/// What a parameter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParameterRole {
    /// A convolution's kernel, `[out, in / groups, rows, columns]`, or a dense layer's matrix,
    /// `[out, in]`.
    Weight,
    /// Added to a convolution's or dense layer's result, `[out]`.
    Bias,
    /// Batch norm's factor, `[channels]`.
    Scale,
    /// Batch norm's summand, `[channels]`.
    Shift,
    /// Batch norm's running mean, `[channels]`; a statistic, not trained.
    RunningMean,
    /// Batch norm's running variance, `[channels]`; a statistic, not trained.
    RunningVariance,
}

impl ParameterRole {
    /// Whether an optimiser changes it; running statistics follow the data instead.
    pub fn is_trained(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }

    /// The last part of the name, as PyTorch spells it.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Weight | Self::Scale => "weight",
            Self::Bias | Self::Shift => "bias",
            Self::RunningMean => "running_mean",
            Self::RunningVariance => "running_var",
        }
    }
}

/// A parameter that a graph needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Name of the node and the role's suffix: `features.0.0.weight`.
    pub name: String,
    /// The node that uses it.
    pub node: NodeIndex,
    /// What it is for.
    pub role: ParameterRole,
    /// Length of each axis, in PyTorch's order.
    pub shape: Vec<usize>,
}

/// Role and shape of each parameter of a node that computes `op` from `in_channels` channels.
pub(super) fn roles_and_shapes(op: Op, in_channels: usize) -> Vec<(ParameterRole, Vec<usize>)> {
    use ParameterRole::{Bias, RunningMean, RunningVariance, Scale, Shift, Weight};
    match op {
        Op::Convolution {
            out_channels,
            kernel,
            groups,
            bias,
            ..
        } => {
            let mut list = vec![(
                Weight,
                vec![out_channels, in_channels / groups, kernel[0], kernel[1]],
            )];
            if bias {
                list.push((Bias, vec![out_channels]));
            }
            list
        }
        Op::Dense { out_features, bias } => {
            let mut list = vec![(Weight, vec![out_features, in_channels])];
            if bias {
                list.push((Bias, vec![out_features]));
            }
            list
        }
        Op::BatchNorm { .. } => [Scale, Shift, RunningMean, RunningVariance]
            .map(|role| (role, vec![in_channels]))
            .into(),
        _ => Vec::new(),
    }
}
