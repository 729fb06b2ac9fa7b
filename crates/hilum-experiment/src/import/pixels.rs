//! In which range a network reads pixels, as a recipe's normalisation.

use std::fmt;

use hilum_graph::{Graph, NodeIndex, Op, Parameters};
use hilum_imaging::Normalisation;
use hilum_keras::{KerasModel, Scaling};
use serde::Serialize;

use super::ImportError;

/// In which range a network was given pixels when it was trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PixelRange {
    /// `0.0..=1.0`: `rescale=1/255` of Keras's `ImageDataGenerator`.
    Unit,
    /// `-1.0..=1.0`: `preprocess_input` of MobileNetV2, mode `tf`.
    Signed,
    /// `0..=255`: as they are.
    Bytes,
    /// ImageNet's mean and deviation of each colour: `preprocess_input` in mode `torch`.
    Torch,
    /// Blue, green, red without ImageNet's means: `preprocess_input` of ResNet-50, mode `caffe`.
    Caffe,
}

/// `keras.applications.imagenet_utils`, mode `torch`: red, green, blue.
const TORCH_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const TORCH_STD: [f64; 3] = [0.229, 0.224, 0.225];

/// The same of mode `caffe`; there they stand as blue, green, red.
const CAFFE_MEAN: [f64; 3] = [123.68, 116.779, 103.939];

impl PixelRange {
    /// The likely one of a network that does, or does not, rescale its images itself.
    pub(super) fn of_network(rescales: bool) -> Self {
        if rescales { Self::Bytes } else { Self::Unit }
    }

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Signed => "signed",
            Self::Bytes => "bytes",
            Self::Torch => "torch",
            Self::Caffe => "caffe",
        }
    }

    /// What a byte is multiplied with in a channel, and what is added then.
    fn of_byte(self, channel: usize) -> (f64, f64) {
        match self {
            Self::Unit => (255_f64.recip(), 0.0),
            Self::Signed => (127.5_f64.recip(), -1.0),
            Self::Bytes => (1.0, 0.0),
            Self::Torch => {
                let (mean, std) = (TORCH_MEAN[channel], TORCH_STD[channel]);
                ((255.0 * std).recip(), -mean / std)
            }
            Self::Caffe => (1.0, -CAFFE_MEAN[channel]),
        }
    }
}

impl fmt::Display for PixelRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What a recipe does to bytes, so that the network sees what it learned from; its first weights
/// are turned where it reads blue first.
pub(super) fn normalisation(
    keras: &mut KerasModel,
    range: PixelRange,
) -> Result<Normalisation, ImportError> {
    let channels = keras.graph.input_shape().channels;
    let is_coloured = matches!(range, PixelRange::Torch | PixelRange::Caffe);
    if is_coloured && channels != 3 {
        return Err(ImportError::Colours { range });
    }
    if range == PixelRange::Caffe {
        let turned = turn_colours(&keras.graph, &mut keras.parameters);
        turned.ok_or(ImportError::Colours { range })?;
        if let Some(Scaling { factors, summands }) = &mut keras.scaling {
            factors.reverse();
            summands.reverse();
        }
    }
    let own = keras.scaling.as_ref();
    let of_channel = |channel: usize| {
        let (factor, summand) = range.of_byte(channel);
        let (own_factor, own_summand) = own.map_or((1.0, 0.0), |own| {
            (own.factors[channel], own.summands[channel])
        });
        (factor * own_factor, summand * own_factor + own_summand)
    };
    // `(byte / 255 - mean) / std` is `byte * factor + summand`.
    let std = |factor: f64| (255.0 * factor).recip();
    let all: Vec<(f64, f64)> = (0..channels).map(of_channel).collect();
    if all
        .iter()
        .all(|(factor, summand)| (std(*factor) - 1.0).abs() < 1e-9 && *summand == 0.0)
    {
        return Ok(Normalisation::Scale);
    }
    Ok(Normalisation::MeanStd {
        mean: all
            .iter()
            .map(|(factor, summand)| (-summand * std(*factor)) as f32)
            .collect(),
        std: all.iter().map(|(factor, _)| std(*factor) as f32).collect(),
    })
}

/// Lets the layers that read the image take its colours from the other end; `None` if one of them is
/// no convolution over all colours.
fn turn_colours(graph: &Graph, parameters: &mut Parameters) -> Option<()> {
    let readers = graph
        .nodes()
        .iter()
        .filter(|node| node.inputs.contains(&NodeIndex(0)));
    for reader in readers {
        let Op::Convolution {
            kernel, groups: 1, ..
        } = reader.op
        else {
            return None;
        };
        let tensor = parameters.get_mut(&format!("{}.weight", reader.name))?;
        let places = kernel[0] * kernel[1];
        for filter in tensor.data.chunks_exact_mut(3 * places) {
            let (first, rest) = filter.split_at_mut(places);
            first.swap_with_slice(&mut rest[places..]);
        }
    }
    Some(())
}
