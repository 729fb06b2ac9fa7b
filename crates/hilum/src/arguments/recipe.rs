//! Preprocessing flags; what they leave open follows from the architecture and its weights.

use clap::{Args, ValueEnum};
use hilum_graph::Shape;
use hilum_imaging::{Channels, Clahe, Fit, Interpolation, Normalisation, Recipe, Views, Window};

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

    /// In which views a slice is judged: as it is, or also mirrored left to right, the answers
    /// averaged [default: single, or mirrored from pre-trained weights]
    #[arg(long, value_enum)]
    pub(crate) views: Option<ViewsChoice>,
}

/// In which views a slice is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViewsChoice {
    /// As it is.
    Single,
    /// As it is, and mirrored left to right.
    Mirrored,
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

impl RecipeArguments {
    /// The recipe for a network whose own input is `input`.
    ///
    /// What the flags leave open is the architecture's own: its size, its channels, and
    /// ImageNet's mean and deviation where it reads colour; and the `views`.
    pub(crate) fn resolve(&self, input: Shape, views: Views) -> Recipe {
        let own = if input.channels == 1 {
            Recipe::reference()
        } else {
            Recipe::imagenet(input.height)
        };
        self.resolve_as(&Recipe {
            height: input.height,
            width: input.width,
            views,
            ..own
        })
    }

    /// The recipe for weights that learned from what `own` prepares: its size, channels,
    /// normalisation and views are taken where the flags leave them open.
    pub(crate) fn resolve_as(&self, own: &Recipe) -> Recipe {
        let is_grey = match self.channels {
            Some(choice) => choice == ChannelsChoice::Grey,
            None => own.channels == Channels::Grey,
        };
        let normalisation = match self.normalise {
            None => own.normalisation.clone(),
            Some(NormaliseChoice::Scale) => Normalisation::Scale,
            Some(NormaliseChoice::Imagenet) => Recipe::imagenet(own.height).normalisation,
        };
        Recipe {
            height: self.image_size.unwrap_or(own.height),
            width: self.image_size.unwrap_or(own.width),
            channels: if is_grey {
                Channels::Grey
            } else {
                Channels::Rgb
            },
            window: self.window,
            fit: match self.fit {
                FitChoice::Stretch => Fit::Stretch,
                FitChoice::Letterbox => Fit::Letterbox,
            },
            interpolation: match self.interpolation {
                InterpolationChoice::Nearest => Interpolation::Nearest,
                InterpolationChoice::Bilinear => Interpolation::Bilinear,
                InterpolationChoice::Bicubic => Interpolation::Bicubic,
            },
            clahe: self.clahe.map(|clip_limit| Clahe {
                clip_limit,
                tile_count: 8,
            }),
            normalisation: if is_grey {
                averaged(&normalisation)
            } else {
                normalisation
            },
            views: match self.views {
                Some(ViewsChoice::Single) => Views::Single,
                Some(ViewsChoice::Mirrored) => Views::Mirrored,
                None => own.views,
            },
        }
    }
}

/// One channel that stands for all takes the mean of what each would take.
fn averaged(normalisation: &Normalisation) -> Normalisation {
    let average = |values: &[f32]| vec![values.iter().sum::<f32>() / values.len() as f32];
    match normalisation {
        Normalisation::Scale => Normalisation::Scale,
        Normalisation::MeanStd { mean, std } => Normalisation::MeanStd {
            mean: average(mean),
            std: average(std),
        },
    }
}
