//! `hilum import`: a model that Keras saved, as one of hilum's.

use std::path::PathBuf;

use clap::{ArgMatches, ValueEnum};
use hilum_core::ClassName;
use hilum_experiment::{ClassNames, Import, Imported, PixelRange, import};
use hilum_imaging::Interpolation;

use crate::arguments::Format;
use crate::error::CommandError;
use crate::screen::{self, Screen};

/// What `hilum import` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum import chest.h5 --classes-from slices --out chest.safetensors\n  hilum import chest.keras --classes benign,malignant --out chest.safetensors\n  hilum predict scan.dcm --model chest.safetensors\n  hilum train slices --weights chest.safetensors"
)]
pub(crate) struct Arguments {
    /// What `model.save(...)` of Keras 2 or 3 wrote, `.h5` or `.keras`
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Where the model is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Replace the file of `--out` if it exists
    #[arg(long)]
    force: bool,

    /// What the outputs stand for, in the order of the training, which in Keras is that of the class
    /// folders' names
    #[arg(
        long,
        value_name = "A,B,...",
        value_delimiter = ',',
        conflicts_with = "classes_from"
    )]
    classes: Vec<String>,

    /// Take the classes from the data that it was trained on, a folder of class folders, or from a
    /// file: a name a line, or Keras's `class_indices` as JSON
    #[arg(long, value_name = "PATH")]
    classes_from: Option<PathBuf>,

    /// In which range it was given pixels [default: bytes if it rescales them itself, unit if not]
    #[arg(long, value_enum, value_name = "RANGE")]
    input_range: Option<RangeChoice>,

    /// Side of the images in pixels, where the network reads any size
    #[arg(long, value_name = "PIXELS")]
    image_size: Option<usize>,

    /// How its images were resized
    #[arg(long, value_enum, default_value_t = InterpolationChoice::Bilinear)]
    interpolation: InterpolationChoice,

    /// Under which terms the model may be used
    #[arg(long, value_name = "TEXT")]
    licence: Option<String>,

    /// `text` is the model's path, `json` what is known of it too
    #[arg(long, value_parser = Format::text_or_json(), default_value = "text")]
    format: Format,
}

/// In which range pixels were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RangeChoice {
    /// 0 to 1: `rescale=1/255`
    Unit,
    /// -1 to 1: `preprocess_input` of MobileNetV2
    Signed,
    /// 0 to 255
    Bytes,
    /// ImageNet's mean and deviation of each colour
    Torch,
    /// Blue first, without ImageNet's means: `preprocess_input` of ResNet-50
    Caffe,
}

impl From<RangeChoice> for PixelRange {
    fn from(choice: RangeChoice) -> Self {
        match choice {
            RangeChoice::Unit => Self::Unit,
            RangeChoice::Signed => Self::Signed,
            RangeChoice::Bytes => Self::Bytes,
            RangeChoice::Torch => Self::Torch,
            RangeChoice::Caffe => Self::Caffe,
        }
    }
}

/// How images were resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InterpolationChoice {
    /// The nearest pixel, as `ImageDataGenerator` does unasked
    Nearest,
    /// With antialiasing
    Bilinear,
    /// With antialiasing
    Bicubic,
}

impl From<InterpolationChoice> for Interpolation {
    fn from(choice: InterpolationChoice) -> Self {
        match choice {
            InterpolationChoice::Nearest => Self::Nearest,
            InterpolationChoice::Bilinear => Self::Bilinear,
            InterpolationChoice::Bicubic => Self::Bicubic,
        }
    }
}

/// Writes the model, says what was found, and prints its path.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let listed = (!arguments.classes.is_empty()).then(|| arguments.classes.clone());
    let from = arguments.classes_from.clone().map(ClassNames::From);
    let imported = import(&Import {
        file: arguments.file.clone(),
        out: arguments.out.clone(),
        classes: from.or(listed.map(ClassNames::Listed)),
        pixels: arguments.input_range.map(PixelRange::from),
        image_size: arguments.image_size,
        interpolation: arguments.interpolation.into(),
        licence: arguments.licence.clone(),
        replaces: arguments.force,
    })?;
    tell(&imported, screen);
    match arguments.format {
        Format::Json => screen::print_json(&serde_json::to_string(&imported)?)?,
        _ => screen::print(imported.model.display())?,
    }
    Ok(())
}

fn tell(imported: &Imported, screen: &Screen) {
    let Imported {
        written_by,
        architecture,
        input,
        parameters,
        statistics,
        classes,
        pixels,
        ..
    } = imported;
    let names: Vec<&str> = classes.names().iter().map(ClassName::as_str).collect();
    screen.note(format_args!(
        "{written_by}: `{architecture}`, reads {input}, {parameters} parameters and {statistics} \
         running statistics, {} classes: {}",
        names.len(),
        names.join(", ")
    ));
    for what in &imported.left_out {
        screen.note(format_args!("left out: {what}"));
    }
    if imported.pixels_are_a_guess {
        let why = match pixels {
            PixelRange::Bytes => "the network rescales them itself",
            _ => "the network does not rescale them",
        };
        screen.note(format_args!(
            "pixels are taken as `{pixels}`, since {why}; `--input-range` says otherwise"
        ));
    }
}
