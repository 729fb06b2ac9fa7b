//! Augmentation flags, in the words of Keras's `ImageDataGenerator`.

use clap::{Args, ValueEnum};
use hilum_imaging::{Augmentation, FillMode, RandomErasing, ZoomRange};

/// How training slices are varied.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Augmentation (training slices only)")]
pub(crate) struct AugmentationArguments {
    /// What the flags below start from [default: reference, or transfer from pre-trained weights]
    #[arg(long, value_enum)]
    pub(crate) augment: Option<AugmentChoice>,

    /// Rotate by up to this many degrees
    #[arg(long, value_name = "DEGREES")]
    pub(crate) rotation: Option<f64>,

    /// Shift across by up to this fraction of the width
    #[arg(long, value_name = "FRACTION")]
    pub(crate) width_shift: Option<f64>,

    /// Shift down by up to this fraction of the height
    #[arg(long, value_name = "FRACTION")]
    pub(crate) height_shift: Option<f64>,

    /// Shear by up to this many degrees
    #[arg(long, value_name = "DEGREES")]
    pub(crate) shear: Option<f64>,

    /// Zoom each axis by a factor between 1 - FRACTION and 1 + FRACTION
    #[arg(long, value_name = "FRACTION")]
    pub(crate) zoom: Option<f64>,

    /// Mirror half of the slices left to right
    #[arg(long, value_name = "BOOL")]
    pub(crate) horizontal_flip: Option<bool>,

    /// Mirror half of the slices top to bottom
    #[arg(long, value_name = "BOOL")]
    pub(crate) vertical_flip: Option<bool>,

    /// Multiply brightness by a factor between these two
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"])]
    pub(crate) brightness: Option<Vec<f64>>,

    /// Stretch contrast about the mean by a factor between these two
    #[arg(long, num_args = 2, value_names = ["LOW", "HIGH"])]
    pub(crate) contrast: Option<Vec<f64>>,

    /// Add up to this many grey levels to each channel
    #[arg(long, value_name = "LEVELS")]
    pub(crate) channel_shift: Option<f64>,

    /// Add Gaussian noise of this standard deviation in grey levels
    #[arg(long, value_name = "LEVELS")]
    pub(crate) noise: Option<f64>,

    /// Blacken a random rectangle with this probability; 0 for never
    #[arg(long, value_name = "PROBABILITY")]
    pub(crate) erase: Option<f64>,

    /// What stands outside the slice after it was moved
    #[arg(long, value_enum)]
    pub(crate) fill: Option<FillChoice>,
}

/// What the augmentation flags start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AugmentChoice {
    /// Rotation 60, shear 0.1, zoom 0.1, both flips, fill nearest.
    Reference,
    /// Rotation 15, zoom 0.1, shifts 0.05, left-right flip, brightness and contrast 0.25.
    Transfer,
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

impl AugmentationArguments {
    /// The chosen preset, or `preset`, with what the other flags change in it.
    pub(crate) fn resolve(&self, preset: Augmentation) -> Augmentation {
        let preset = match self.augment {
            Some(AugmentChoice::Reference) => Augmentation::reference(),
            Some(AugmentChoice::Transfer) => Augmentation::transfer(),
            Some(AugmentChoice::None) => Augmentation::none(),
            None => preset,
        };
        let range = |given: &Option<Vec<f64>>, preset| match given.as_deref() {
            Some([low, high]) => Some([*low, *high]),
            _ => preset,
        };
        Augmentation {
            rotation_range: self.rotation.unwrap_or(preset.rotation_range),
            width_shift_range: self.width_shift.unwrap_or(preset.width_shift_range),
            height_shift_range: self.height_shift.unwrap_or(preset.height_shift_range),
            shear_range: self.shear.unwrap_or(preset.shear_range),
            zoom_range: self.zoom.map_or(preset.zoom_range, ZoomRange::Around),
            horizontal_flip: self.horizontal_flip.unwrap_or(preset.horizontal_flip),
            vertical_flip: self.vertical_flip.unwrap_or(preset.vertical_flip),
            fill_mode: self.fill.map_or(preset.fill_mode, FillChoice::resolve),
            brightness_range: range(&self.brightness, preset.brightness_range),
            contrast_range: range(&self.contrast, preset.contrast_range),
            channel_shift_range: self.channel_shift.unwrap_or(preset.channel_shift_range),
            noise_std: self.noise.unwrap_or(preset.noise_std),
            random_erasing: self
                .erase
                .map_or(preset.random_erasing, RandomErasing::black),
            ..preset
        }
    }
}

impl FillChoice {
    fn resolve(self) -> FillMode {
        match self {
            Self::Nearest => FillMode::Nearest,
            Self::Constant => FillMode::Constant,
            Self::Reflect => FillMode::Reflect,
            Self::Wrap => FillMode::Wrap,
        }
    }
}
