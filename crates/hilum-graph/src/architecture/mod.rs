//! The networks that hilum knows, by name.

mod compact_cnn;
mod definition;
mod efficientnet;
mod layers;
mod local_cnn;
mod mobilenet_v2;
mod name;
mod network_name;
mod recognise;
mod reference_cnn;
mod resnet;
mod squeezenet;

use serde::{Deserialize, Serialize};

use crate::network::{Graph, GraphError, Shape};
use definition::{Definition, Head};

pub use name::UnknownArchitecture;
pub use network_name::NetworkName;
pub use recognise::Recognised;

/// The list of networks: a variant for each, and where it is defined.
macro_rules! architectures {
    ($($(#[$doc:meta])* $variant:ident: $definition:path,)*) => {
        /// A network by name.
        ///
        /// Where torchvision has the network, parameters carry torchvision's names and layouts,
        /// so that state dicts go both ways as they are.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub enum Architecture {
            $($(#[$doc])* $variant,)*
        }

        impl Architecture {
            /// Every architecture, in the order in which lists show them.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            const fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$variant => &$definition,)*
                }
            }
        }
    };
}

architectures! {
    /// Six convolutions and three dense layers: the network of the reference recipe, in Keras's
    /// terms and with Keras's defaults. Reads 200 x 200 grey.
    ReferenceCnn: reference_cnn::REFERENCE_CNN,
    /// A small residual network of hilum's own, for laptops.
    CompactCnn: compact_cnn::COMPACT_CNN,
    /// A small network of hilum's own that sees 29 x 29 pixels at a time, for heat maps that show
    /// places, and the demo.
    LocalCnn: local_cnn::LOCAL_CNN,
    /// MobileNetV2 (Sandler et al., 2018), torchvision's `mobilenet_v2`.
    MobilenetV2: mobilenet_v2::MOBILENET_V2,
    /// EfficientNet-B0 (Tan & Le, 2019), torchvision's `efficientnet_b0`.
    EfficientnetB0: efficientnet::EFFICIENTNET_B0,
    /// EfficientNet-B0 as TensorFlow has it: `SAME` padding, batch-norm epsilon 1e-3 and
    /// momentum 0.99 (0.01 in PyTorch's terms). Same parameters.
    EfficientnetB0Tf: efficientnet::EFFICIENTNET_B0_TF,
    /// ResNet-18 (He et al., 2016), torchvision's `resnet18`.
    Resnet18: resnet::RESNET_18,
    /// ResNet-50 with the stride in the 3x3 convolution ("v1.5"), torchvision's `resnet50`.
    Resnet50: resnet::RESNET_50,
    /// SqueezeNet 1.1 (Iandola et al., 2016), torchvision's `squeezenet1_1`.
    Squeezenet11: squeezenet::SQUEEZENET_1_1,
}

impl Architecture {
    /// The name on the command line and in model files.
    pub const fn name(self) -> &'static str {
        self.definition().name
    }

    /// One line that helps to choose.
    pub const fn description(self) -> &'static str {
        self.definition().description
    }

    /// torchvision's name of the same network, whose weights fit as they are.
    pub const fn torchvision_name(self) -> Option<&'static str> {
        self.definition().torchvision_name
    }

    /// The image that it was made for: 200 x 200 grey for the reference CNN, 128 x 128 grey for
    /// hilum's own, 224 x 224 with three channels for those of ImageNet.
    pub const fn default_input(self) -> Shape {
        self.definition().default_input
    }

    /// The share of values that dropout before the head zeroes, as published; 0 for none.
    pub const fn default_dropout(self) -> f32 {
        self.definition().default_dropout
    }

    /// The graph for images of `input` and `class_count` classes.
    ///
    /// `dropout` is the share, in `0.0..1.0`, that is zeroed before the head; `None` takes
    /// [`default_dropout`](Self::default_dropout), 0 leaves the node out. A grey image reaches a
    /// network of colour images through [`Op::RepeatChannels`](crate::Op::RepeatChannels);
    /// `reference-cnn`, `compact-cnn` and `local-cnn` read the input's own channels.
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
        (self.definition().build)(input, head)
    }
}
