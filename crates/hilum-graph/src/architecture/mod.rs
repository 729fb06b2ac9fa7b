//! The networks that hilum knows, by name.

mod compact_cnn;
mod efficientnet;
mod layers;
mod mobilenet_v2;
mod reference_cnn;
mod resnet;
mod squeezenet;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Graph, GraphError, Shape};

/// A network by name.
///
/// Where torchvision has the network, parameters carry torchvision's names and layouts, so that
/// state dicts go both ways as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Architecture {
    /// Six convolutions and three dense layers: the network of the reference recipe, in Keras's
    /// terms and with Keras's defaults. Reads 200 x 200 grey.
    ReferenceCnn,
    /// MobileNetV2 (Sandler et al., 2018), torchvision's `mobilenet_v2`.
    MobilenetV2,
    /// ResNet-18 (He et al., 2016), torchvision's `resnet18`.
    Resnet18,
    /// ResNet-50 with the stride in the 3x3 convolution ("v1.5"), torchvision's `resnet50`.
    Resnet50,
    /// EfficientNet-B0 (Tan & Le, 2019), torchvision's `efficientnet_b0`.
    EfficientnetB0,
    /// EfficientNet-B0 as TensorFlow has it: `SAME` padding, batch-norm epsilon 1e-3 and
    /// momentum 0.99 (0.01 in PyTorch's terms). Same parameters.
    EfficientnetB0Tf,
    /// SqueezeNet 1.1 (Iandola et al., 2016), torchvision's `squeezenet1_1`.
    Squeezenet11,
    /// A small residual network of hilum's own, for laptops and the demo.
    CompactCnn,
}

/// A name that no architecture has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown architecture `{name}`\nhint: did you mean `{nearest}`? `hilum arch` lists all")]
pub struct UnknownArchitecture {
    /// What was asked for.
    pub name: String,
    /// The known name nearest to it.
    pub nearest: Architecture,
}

impl Architecture {
    /// Every architecture, in the order in which lists show them.
    pub const ALL: [Self; 8] = [
        Self::ReferenceCnn,
        Self::CompactCnn,
        Self::MobilenetV2,
        Self::EfficientnetB0,
        Self::EfficientnetB0Tf,
        Self::Resnet18,
        Self::Resnet50,
        Self::Squeezenet11,
    ];

    /// The name on the command line and in model files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReferenceCnn => "reference-cnn",
            Self::MobilenetV2 => "mobilenet-v2",
            Self::Resnet18 => "resnet-18",
            Self::Resnet50 => "resnet-50",
            Self::EfficientnetB0 => "efficientnet-b0",
            Self::EfficientnetB0Tf => "efficientnet-b0-tf",
            Self::Squeezenet11 => "squeezenet-1.1",
            Self::CompactCnn => "compact-cnn",
        }
    }

    /// One line that helps to choose.
    pub const fn description(self) -> &'static str {
        match self {
            Self::ReferenceCnn => "the reference recipe's network: 6 convolutions, 3 dense layers",
            Self::MobilenetV2 => "small and quick, the first choice with ImageNet weights",
            Self::Resnet18 => "robust and simple, learns well without pre-trained weights",
            Self::Resnet50 => "large; wants pre-trained weights and a GPU",
            Self::EfficientnetB0 => "accurate for its size, slower to train than mobilenet-v2",
            Self::EfficientnetB0Tf => "efficientnet-b0 for weights trained with TensorFlow",
            Self::Squeezenet11 => "few parameters, no batch norm",
            Self::CompactCnn => "learns from a few hundred slices on a laptop, from scratch",
        }
    }

    /// torchvision's name of the same network, whose weights fit as they are.
    pub const fn torchvision_name(self) -> Option<&'static str> {
        match self {
            Self::MobilenetV2 => Some("mobilenet_v2"),
            Self::Resnet18 => Some("resnet18"),
            Self::Resnet50 => Some("resnet50"),
            Self::EfficientnetB0 => Some("efficientnet_b0"),
            Self::Squeezenet11 => Some("squeezenet1_1"),
            Self::EfficientnetB0Tf | Self::ReferenceCnn | Self::CompactCnn => None,
        }
    }

    /// The image that it was made for: 200 x 200 grey for the reference CNN, 128 x 128 grey for
    /// the compact one, 224 x 224 with three channels for the others.
    pub const fn default_input(self) -> Shape {
        match self {
            Self::ReferenceCnn => Shape::new(200, 200, 1),
            Self::CompactCnn => Shape::new(128, 128, 1),
            _ => Shape::new(224, 224, 3),
        }
    }

    /// The share of values that dropout before the head zeroes, as published; 0 for none.
    pub const fn default_dropout(self) -> f32 {
        match self {
            Self::MobilenetV2 | Self::EfficientnetB0 | Self::EfficientnetB0Tf => 0.2,
            Self::Squeezenet11 => 0.5,
            Self::ReferenceCnn | Self::Resnet18 | Self::Resnet50 | Self::CompactCnn => 0.0,
        }
    }

    /// The graph for images of `input` and `class_count` classes.
    ///
    /// `dropout` is the share, in `0.0..1.0`, that is zeroed before the head; `None` takes
    /// [`default_dropout`](Self::default_dropout), 0 leaves the node out. A grey image reaches a
    /// network of colour images through [`Op::RepeatChannels`](crate::Op::RepeatChannels);
    /// `reference-cnn` and `compact-cnn` read the input's own channels.
    pub fn build(
        self,
        input: Shape,
        class_count: usize,
        dropout: Option<f32>,
    ) -> Result<Graph, GraphError> {
        if class_count == 0 {
            return Err(GraphError::NoClasses);
        }
        let dropout = dropout.unwrap_or(self.default_dropout());
        if !(0.0..1.0).contains(&dropout) {
            return Err(GraphError::Dropout {
                found: dropout.to_string(),
            });
        }
        let head = Head {
            class_count,
            dropout,
        };
        match self {
            Self::ReferenceCnn => reference_cnn::build(input, head),
            Self::MobilenetV2 => mobilenet_v2::build(input, head),
            Self::Resnet18 => resnet::build_18(input, head),
            Self::Resnet50 => resnet::build_50(input, head),
            Self::EfficientnetB0 => efficientnet::build(input, head),
            Self::EfficientnetB0Tf => efficientnet::build_tf(input, head),
            Self::Squeezenet11 => squeezenet::build(input, head),
            Self::CompactCnn => compact_cnn::build(input, head),
        }
    }
}

/// What the user decides about the end of a network.
#[derive(Debug, Clone, Copy)]
struct Head {
    class_count: usize,
    dropout: f32,
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Architecture {
    type Err = UnknownArchitecture;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(known) = Self::ALL.into_iter().find(|known| known.name() == name) {
            return Ok(known);
        }
        let nearest = hilum_core::most_similar(name, Self::ALL.map(Self::name));
        let nearest = Self::ALL
            .into_iter()
            .find(|known| Some(known.name()) == nearest);
        let nearest = nearest.expect("there are architectures");
        Err(UnknownArchitecture {
            name: name.to_owned(),
            nearest,
        })
    }
}

impl TryFrom<String> for Architecture {
    type Error = UnknownArchitecture;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> Self {
        architecture.name().to_owned()
    }
}
