//! How first weights are to be drawn.

use serde::{Deserialize, Serialize};

/// How an architecture draws its first weights. Biases of the backbone start at zero, batch
/// norm's factors and variances at one, its summands and means at zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Initialisation {
    /// Weights before the head.
    pub backbone: Distribution,
    /// The head's weights.
    pub head: Distribution,
    /// The head's biases.
    pub head_bias: Distribution,
}

impl Default for Initialisation {
    /// He's scheme, and a classifier as PyTorch's `Linear` draws it.
    fn default() -> Self {
        Self {
            backbone: Distribution::HeNormalFanOut,
            head: Distribution::UniformFanIn,
            head_bias: Distribution::UniformFanIn,
        }
    }
}

/// Where values come from. Fans count as PyTorch counts them: `fan_in` is the product of a
/// weight's axes but the first, `fan_out` of all but the second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// All zero.
    Zero,
    /// All one.
    One,
    /// Normal around zero with this standard deviation.
    Normal {
        /// The standard deviation.
        deviation: f64,
    },
    /// Normal with variance `2 / fan_out` (He et al., 2015): PyTorch's
    /// `kaiming_normal_(mode="fan_out", nonlinearity="relu")`.
    HeNormalFanOut,
    /// Uniform within `sqrt(6 / fan_in)`: PyTorch's `kaiming_uniform_` with its defaults.
    HeUniformFanIn,
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot & Bengio, 2010): Keras's default.
    GlorotUniform,
    /// Uniform within `1 / sqrt(fan_in)`: what PyTorch's `Linear` starts from, bias included.
    UniformFanIn,
    /// Uniform within `1 / sqrt(fan_out)`: torchvision's EfficientNet classifier.
    UniformFanOut,
}
