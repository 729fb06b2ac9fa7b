//! Augmentation flags, in the words of Keras's `ImageDataGenerator`.

use clap::{Args, ValueEnum};

/// How training slices are varied.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Augmentation (training slices only)")]
pub(crate) struct AugmentationArguments {
    /// What the flags below start from
    #[arg(long, value_enum, default_value_t = AugmentChoice::Reference)]
    pub(crate) augment: AugmentChoice,

    /// Rotate by up to this many degrees
    #[arg(long, value_name = "DEGREES")]
    pub(crate) rotation: Option<f32>,

    /// Shift across by up to this fraction of the width
    #[arg(long, value_name = "FRACTION")]
    pub(crate) width_shift: Option<f32>,

    /// Shift down by up to this fraction of the height
    #[arg(long, value_name = "FRACTION")]
    pub(crate) height_shift: Option<f32>,

    /// Shear by up to this many degrees
    #[arg(long, value_name = "DEGREES")]
    pub(crate) shear: Option<f32>,

    /// Zoom each axis by a factor between 1 - FRACTION and 1 + FRACTION
    #[arg(long, value_name = "FRACTION")]
    pub(crate) zoom: Option<f32>,

    /// Mirror half of the slices left to right
    #[arg(long, value_name = "BOOL")]
    pub(crate) horizontal_flip: Option<bool>,

    /// Mirror half of the slices top to bottom
    #[arg(long, value_name = "BOOL")]
    pub(crate) vertical_flip: Option<bool>,

    /// Multiply brightness by a factor between these two
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"])]
    pub(crate) brightness: Option<Vec<f32>>,

    /// Stretch contrast about the mean by a factor between these two
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"])]
    pub(crate) contrast: Option<Vec<f32>>,

    /// Add up to this many grey levels to each channel
    #[arg(long, value_name = "LEVELS")]
    pub(crate) channel_shift: Option<f32>,

    /// Add Gaussian noise of this standard deviation in grey levels
    #[arg(long, value_name = "LEVELS")]
    pub(crate) noise: Option<f32>,

    /// Erase a random rectangle with this probability
    #[arg(long, value_name = "PROBABILITY")]
    pub(crate) erase: Option<f32>,

    /// What stands outside the slice after it was moved
    #[arg(long, value_enum)]
    pub(crate) fill: Option<FillChoice>,
}

/// What the augmentation flags start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AugmentChoice {
    /// Rotation 60, shear 0.1, zoom 0.1, both flips, fill nearest.
    Reference,
    /// Nothing is varied.
    None,
}

/// What stands outside the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FillChoice {
    /// aaaa|abcd|dddd
    Nearest,
    /// Black.
    Constant,
    /// dcba|abcd|dcba
    Reflect,
    /// abcd|abcd|abcd
    Wrap,
}
