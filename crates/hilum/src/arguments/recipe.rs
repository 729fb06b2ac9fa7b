//! Preprocessing flags; what they leave open follows from the architecture and its weights.

use clap::{Args, ValueEnum};
use hilum_imaging::{Clahe, Fit, Interpolation, Normalisation, Recipe, Window};

/// How a slice becomes the network's input. It is stored in the model and never given again.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Preprocessing")]
pub(crate) struct RecipeArguments {
    /// Side of the network's input in pixels; the architecture's own if left out
    #[arg(long, value_name = "PIXELS")]
    pub(crate) image_size: Option<usize>,

    /// Grey or colour input; the architecture's own if left out
    #[arg(long, value_enum)]
    pub(crate) channels: Option<ChannelsChoice>,

    /// Hounsfield window of DICOM files: `lung`, `mediastinum`, `file`, or CENTER/WIDTH
    #[arg(long, default_value = "lung", allow_hyphen_values = true)]
    pub(crate) window: Window,

    /// How pixels are resampled
    #[arg(long, value_enum, default_value_t = InterpolationChoice::Bilinear)]
    pub(crate) interpolation: InterpolationChoice,

    /// Stretch to the input's shape, or keep the aspect between black bars
    #[arg(long, value_enum, default_value_t = FitChoice::Stretch)]
    pub(crate) fit: FitChoice,

    /// Equalise contrast locally (CLAHE) with this clip limit, such as 2
    #[arg(long, value_name = "CLIP_LIMIT")]
    pub(crate) clahe: Option<f64>,

    /// byte / 255, or also ImageNet's mean and standard deviation; follows the weights if left out
    #[arg(long, value_enum)]
    pub(crate) normalise: Option<NormaliseChoice>,
}

/// Grey or colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChannelsChoice {
    /// One channel.
    Grey,
    /// Three channels.
    Rgb,
}

/// How pixels are resampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InterpolationChoice {
    /// The nearest pixel.
    Nearest,
    /// Pillow's BILINEAR.
    Bilinear,
    /// Pillow's BICUBIC.
    Bicubic,
}

/// How an image of another shape fills the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FitChoice {
    /// Each side on its own.
    Stretch,
    /// The aspect is kept.
    Letterbox,
}

/// From bytes to numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NormaliseChoice {
    /// byte / 255.
    Scale,
    /// (byte / 255 - mean) / std of ImageNet.
    Imagenet,
}
