//! Ways to ask a network where it looked, one a file.
//!
//! Class activation maps weigh what one layer makes of an image; the others change the image and see
//! what becomes of the logit. Logits are asked, not probabilities: a probability also moves when
//! another class changes its mind.

mod activation;
mod eigen;
mod integrated_gradients;
mod occlusion;
#[cfg(test)]
pub(crate) mod peers;
mod score;
mod smooth_grad;

use std::fmt;
use std::str::FromStr;

use hilum_core::{Cancel, Cancelled, ClassIndex};
use hilum_graph::{Batch, Engine, EngineError, Gradient, Logits, NodeIndex, Shape};
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::HeatMap;

pub use integrated_gradients::{IntegratedGradients, gauss_legendre};
pub use occlusion::Occlusion;
pub use smooth_grad::SmoothGrad;

/// A way to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Selvaraju et al., ICCV 2017: channels by the mean of their gradient.
    GradCam,
    /// Chattopadhay et al., WACV 2018: by a mean of positive gradients that weighs small regions up.
    GradCamPlusPlus,
    /// Draelos & Carin, 2020: each place's activation by its own gradient.
    HiresCam,
    /// Jiang et al., TIP 2021: the same with positive gradients alone.
    LayerCam,
    /// Muhammad & Yeasin, IJCNN 2020: the first principal component of a layer; asks for no class.
    EigenCam,
    /// Wang et al., CVPRW 2020: channels by what is left of the logit when they mask the image.
    ScoreCam,
    /// Zeiler & Fergus, ECCV 2014: what the logit loses when a window is blacked out.
    Occlusion,
    /// Sundararajan, Taly & Yan, ICML 2017: gradients along the way from a black image.
    IntegratedGradients,
    /// Smilkov et al., 2017: the mean gradient of noisy copies.
    SmoothGrad,
}

impl Method {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::GradCam,
        Self::GradCamPlusPlus,
        Self::HiresCam,
        Self::LayerCam,
        Self::EigenCam,
        Self::ScoreCam,
        Self::Occlusion,
        Self::IntegratedGradients,
        Self::SmoothGrad,
    ];

    /// As it is written on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GradCam => "grad-cam",
            Self::GradCamPlusPlus => "grad-cam++",
            Self::HiresCam => "hires-cam",
            Self::LayerCam => "layer-cam",
            Self::EigenCam => "eigen-cam",
            Self::ScoreCam => "score-cam",
            Self::Occlusion => "occlusion",
            Self::IntegratedGradients => "integrated-gradients",
            Self::SmoothGrad => "smooth-grad",
        }
    }

    /// As it is written in its paper.
    pub fn title(self) -> &'static str {
        match self {
            Self::GradCam => "Grad-CAM",
            Self::GradCamPlusPlus => "Grad-CAM++",
            Self::HiresCam => "HiResCAM",
            Self::LayerCam => "Layer-CAM",
            Self::EigenCam => "Eigen-CAM",
            Self::ScoreCam => "Score-CAM",
            Self::Occlusion => "occlusion",
            Self::IntegratedGradients => "integrated gradients",
            Self::SmoothGrad => "SmoothGrad",
        }
    }

    /// Whether it looks at a layer, rather than at the image itself.
    pub fn reads_layer(self) -> bool {
        !matches!(
            self,
            Self::Occlusion | Self::IntegratedGradients | Self::SmoothGrad
        )
    }

    /// Whether another class could have another map.
    pub fn asks_for_class(self) -> bool {
        self != Self::EigenCam
    }

    /// What of a map speaks for the class, and is drawn: what is above zero; of SmoothGrad, whose
    /// sign says in which direction a grey value would have to change, the size.
    pub fn heat(self, map: &HeatMap) -> HeatMap {
        let of_value = |value: &f32| match self {
            Self::SmoothGrad => value.abs(),
            // Not `max`, which would make a number of what is none.
            _ if *value < 0.0 => 0.0,
            _ => *value,
        };
        let values = map.values().iter().map(of_value).collect();
        HeatMap::new(map.width(), map.height(), values)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A name that no method has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no method\nhint: one of {}", names())]
pub struct UnknownMethod {
    /// What was given.
    pub name: String,
}

fn names() -> String {
    Method::ALL.map(Method::name).join(", ")
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        // `grad_cam`, `GradCAM` and `Grad-CAM` are meant alike.
        let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
        let is_it = |method: &Self| plain(method.name()) == plain(name);
        Self::ALL
            .into_iter()
            .find(is_it)
            .ok_or_else(|| UnknownMethod {
                name: name.to_owned(),
            })
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Everything that a method may be told besides the image and the class.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Which method.
    pub method: Method,
    /// The layer whose results are weighed; see [`layer`](crate::layer).
    pub layer: NodeIndex,
    /// Images that go through the network at once; what is larger goes in parts.
    pub batch: usize,
    /// How windows are blacked out.
    pub occlusion: Occlusion,
    /// How far apart the images on the way from black are.
    pub integrated_gradients: IntegratedGradients,
    /// Which noise.
    pub smooth_grad: SmoothGrad,
    /// What black is to the network, one value per channel of its input.
    pub black: Vec<f32>,
}

/// What a method says of some images.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The network's answers.
    pub logits: Logits,
    /// The class of each image that the map is of.
    pub classes: Vec<ClassIndex>,
    /// A map of each image, of the layer's or the image's size; above zero speaks for the class.
    pub maps: Vec<HeatMap>,
}

/// Which class each image is explained for, once its logits are known.
pub type Choose<'a> = &'a dyn Fn(usize, &[f32]) -> ClassIndex;

/// Why there is no map.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Whoever asked does not want it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Asks `engine` about images, in parts of [`Settings::batch`].
///
/// # Errors
/// [`ExplainError::Engine`] if the engine fails, [`ExplainError::Cancelled`].
pub fn explain(
    engine: &mut dyn Engine,
    images: &Batch,
    settings: &Settings,
    choose: Choose<'_>,
    cancel: &Cancel,
) -> Result<Explained, ExplainError> {
    let mut all = Explained {
        logits: Logits::new(engine.graph().class_count(), Vec::new()),
        classes: Vec::new(),
        maps: Vec::new(),
    };
    let mut logits = Vec::new();
    for (first, part) in parts(images, settings.batch) {
        cancel.check()?;
        let choose = |image: usize, logits: &[f32]| choose(first + image, logits);
        let found = explain_part(engine, &part, settings, &choose, cancel)?;
        logits.extend_from_slice(found.logits.as_slice());
        all.classes.extend(found.classes);
        all.maps.extend(found.maps);
    }
    all.logits = Logits::new(engine.graph().class_count(), logits);
    Ok(all)
}

fn explain_part(
    engine: &mut dyn Engine,
    images: &Batch,
    settings: &Settings,
    choose: Choose<'_>,
    cancel: &Cancel,
) -> Result<Explained, ExplainError> {
    if !settings.method.reads_layer() {
        let logits = engine.forward(images)?;
        let classes = chosen(&logits, choose);
        let maps = match settings.method {
            Method::Occlusion => {
                occlusion::maps(engine, images, settings, &logits, &classes, cancel)?
            }
            Method::IntegratedGradients => {
                integrated_gradients::maps(engine, images, settings, &classes, cancel)?
            }
            _ => smooth_grad::maps(engine, images, settings, &classes, cancel)?,
        };
        return Ok(Explained {
            logits,
            classes,
            maps,
        });
    }
    let found = gradient(engine, images, settings.layer, choose)?;
    let classes = chosen(&found.logits, choose);
    let layers = (0..images.count).map(|image| Layer::of(&found, image));
    let maps = match settings.method {
        Method::ScoreCam => score::maps(engine, images, settings, &found, &classes, cancel)?,
        Method::EigenCam => layers.map(|layer| eigen::map(&layer)).collect(),
        method => layers
            .map(|layer| activation::map(method, &layer))
            .collect(),
    };
    Ok(Explained {
        logits: found.logits,
        classes,
        maps,
    })
}

/// The gradient of the chosen class of each image.
pub(crate) fn gradient(
    engine: &mut dyn Engine,
    images: &Batch,
    node: NodeIndex,
    choose: Choose<'_>,
) -> Result<Gradient, EngineError> {
    engine.gradient(images, node, &|logits| {
        let classes = chosen(logits, choose);
        let mut factors = vec![0.0; logits.as_slice().len()];
        let rows = factors.chunks_exact_mut(logits.as_slice().len() / classes.len());
        for (row, class) in rows.zip(&classes) {
            row[class.get()] = 1.0;
        }
        factors
    })
}

fn chosen(logits: &Logits, choose: Choose<'_>) -> Vec<ClassIndex> {
    let rows = logits.rows().enumerate();
    rows.map(|(image, row)| choose(image, row)).collect()
}

/// Images in parts of at most `batch`, and the number of each part's first.
fn parts(images: &Batch, batch: usize) -> impl Iterator<Item = (usize, Batch)> {
    let (batch, len) = (batch.max(1), images.shape.value_count());
    let values = images.data.chunks(batch * len).enumerate();
    values.map(move |(part, data)| {
        let images = Batch::new(data.len() / len, images.shape, data.to_vec());
        (part * batch, images)
    })
}

/// What a layer made of one image, and how the class answers to it; channels innermost.
struct Layer<'a> {
    shape: Shape,
    results: &'a [f32],
    gradient: &'a [f32],
}

impl<'a> Layer<'a> {
    fn of(found: &'a Gradient, image: usize) -> Self {
        let shape = found.results.shape;
        let part = image * shape.value_count()..(image + 1) * shape.value_count();
        Self {
            shape,
            results: &found.results.data[part.clone()],
            gradient: &found.gradient.data[part],
        }
    }

    /// Activations and gradients of all channels, place by place.
    fn places(&self) -> impl Iterator<Item = (&'a [f32], &'a [f32])> {
        let channels = self.shape.channels;
        let results = self.results.chunks_exact(channels);
        results.zip(self.gradient.chunks_exact(channels))
    }

    fn map(&self, values: Vec<f32>) -> HeatMap {
        HeatMap::new(self.shape.width, self.shape.height, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_known_by_any_spelling() {
        for method in Method::ALL {
            assert_eq!(method.name().parse(), Ok(method));
        }
        assert_eq!("GradCAM".parse(), Ok(Method::GradCam));
        assert_eq!("grad_cam++".parse(), Ok(Method::GradCamPlusPlus));
        let error = "gradcan".parse::<Method>().unwrap_err();
        assert!(error.to_string().contains("hint: one of grad-cam, "));
    }
}
