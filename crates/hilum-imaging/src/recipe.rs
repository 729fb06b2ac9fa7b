//! The one description of preprocessing; it travels in the model file.

use serde::{Deserialize, Serialize};

use crate::{Channels, Depth};

/// How a file's pixels become a network's input.
///
/// `predict`, `evaluate` and `explain` read it from the model; no flag changes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Height of the network's input in pixels.
    pub height: usize,
    /// Width of the network's input in pixels.
    pub width: usize,
    /// Grey or three channels.
    pub channels: Channels,
    /// Which Hounsfield units become black and white; read where a file holds Hounsfield units.
    pub window: Window,
    /// What values of more than eight bits stand for; read for PNG and TIFF only.
    #[serde(default, skip_serializing_if = "Depth::is_auto")]
    pub depth: Depth,
    /// What is brought into the image; the whole of it by default.
    #[serde(default, skip_serializing_if = "Frame::is_none")]
    pub frame: Frame,
    /// How an image of another shape fills the input.
    pub fit: Fit,
    /// How pixels are resampled.
    pub interpolation: Interpolation,
    /// Contrast-limited adaptive histogram equalisation, after resizing.
    pub clahe: Option<Clahe>,
    /// From bytes to the numbers that a network sees.
    pub normalisation: Normalisation,
    /// In which views a slice is judged; the logits of all are averaged.
    #[serde(default)]
    pub views: Views,
}

/// What of a slice is brought into the image, and in which tones.
///
/// Body and lungs are found in each slice by itself ([`Anatomy`](crate::Anatomy)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// All of it, as it is.
    #[default]
    None,
    /// The body's box; black outside of its hull.
    Cut,
    /// All of it; lungs and soft tissue at two fixed grey levels.
    Tones,
    /// Both.
    Both,
}

impl Frame {
    /// Whether nothing is done.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Whether what is outside of the body goes.
    pub fn is_cut(self) -> bool {
        matches!(self, Self::Cut | Self::Both)
    }

    /// Whether grey levels are set by the tissues.
    pub fn is_toned(self) -> bool {
        matches!(self, Self::Tones | Self::Both)
    }
}

/// In which views a slice is judged when it is not trained on: test-time augmentation.
///
/// The answer of several views is the mean of their logits, which is the geometric mean of their
/// probabilities, normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Views {
    /// As it is.
    #[default]
    Single,
    /// As it is, and mirrored left to right.
    Mirrored,
    /// As it is, and mirrored as well where that leaves the network unsure, averaged by how unsure.
    #[serde(rename = "mirrored-if-unsure")]
    MirroredIfUnsure,
}

impl Views {
    /// With its likeliest class as probable as this, before it is calibrated, a first view leaves no
    /// doubt.
    pub const SURE: f64 = 0.65;
    /// With no class more probable than this, both views count the same; between the two the second
    /// counts for less, so that a small change of the first never makes a large one of the answer.
    pub const UNSURE: f64 = 0.5;

    /// How many views there are at most.
    pub fn count(self) -> usize {
        match self {
            Self::Single => 1,
            Self::Mirrored | Self::MirroredIfUnsure => 2,
        }
    }
}

/// Which Hounsfield units become black and white (DICOM PS3.3 C.11.2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The first window that the file itself names; `lung` where it names none.
    File,
    /// Centre and width in Hounsfield units.
    Hounsfield {
        /// The middle of the grey ramp.
        center_hu: f64,
        /// The length of the grey ramp; at least 1.
        width_hu: f64,
    },
}

/// How an image of another shape fills the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Both sides are scaled on their own, as Keras and torchvision's `Resize((h, w))` do.
    Stretch,
    /// The aspect is kept; what is left over is black.
    Letterbox,
}

/// How pixels are resampled; all but `Nearest` widen their support when shrinking, as Pillow does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The nearest pixel, as Keras's `ImageDataGenerator` does.
    Nearest,
    /// Pillow's `BILINEAR` (a triangle filter with antialiasing).
    Bilinear,
    /// Pillow's `BICUBIC` (Keys' cubic, a = -0.5, with antialiasing).
    Bicubic,
}

/// Contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Clahe {
    /// The largest share of a tile's histogram in one bin, in multiples of an even one; 1 or more.
    pub clip_limit: f64,
    /// Tiles per side; 1 or more.
    pub tile_count: usize,
}

/// From bytes to the numbers that a network sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// `byte / 255`, in `0.0..=1.0`.
    Scale,
    /// `(byte / 255 - mean) / std`, one value per channel.
    MeanStd {
        /// Subtracted from each channel.
        mean: Vec<f32>,
        /// Divides each channel; positive.
        std: Vec<f32>,
    },
}
