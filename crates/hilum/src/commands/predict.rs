//! `hilum predict`: images, folders, DICOM files and series, in any mix.

mod output;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ArgMatches;
use hilum_experiment::{
    Doubtful, ExperimentError, FileAnswer, Frames, Model, ModelOrigin, Predict, Session, bundled,
    predict_each,
};
use hilum_imaging::DecodeLimits;

use crate::arguments::{Chosen, Format, OfPrediction};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::Screen;
use crate::surroundings::session;
use output::Output;

/// What `hilum predict` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Slices of a DICOM series are answered together, in the order in which they lie in the body: by\nposition along their normal (axial ones from feet to head), else by instance number, else as given;\nother files as they are named. A file of several frames has an answer a frame.\n\nExamples:\n  hilum predict slice.png\n  hilum predict scans/ slice.png series/*.dcm --model runs/NAME/model.safetensors\n  hilum predict enhanced.dcm --frames 1,5-9 --strict --format json"
)]
pub(crate) struct Arguments {
    /// Images, folders, DICOM files and series, in any mix
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// The model, as `hilum train` wrote it, or the one that comes with hilum
    #[arg(long, value_name = "FILE", default_value = bundled::CHOICE)]
    model: ModelOrigin,

    /// `text` is a table; `json` is an object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Slices that go through the network at once
    #[arg(long, value_name = "COUNT", default_value_t = Predict::BATCH)]
    batch: NonZeroUsize,

    /// Frames of files that hold several, from 1, such as `1,5-9`; all of them by default
    #[arg(long, value_name = "LIST")]
    frames: Option<Frames>,

    /// Refuse DICOM slices whose header speaks of no axial slice of a chest, instead of warning
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    chosen: Chosen<OfPrediction>,
}

/// Opens the model and classifies every file.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?;
    let choices = &arguments.chosen.choices;
    let mut model = Model::open(&arguments.model, &choices.machine(), &session)?;
    let request = Predict {
        batch: arguments.batch,
        limits: DecodeLimits {
            max_pixels: choices.max_pixels(),
        },
        frames: arguments.frames.clone().unwrap_or_default(),
        doubtful: if arguments.strict {
            Doubtful::Refuse
        } else {
            Doubtful::Warn
        },
        ..Predict::new(&arguments.paths)
    };
    print(&mut model, &request, arguments.format, &session, screen)
}

/// Classifies and prints every file; those that cannot be read are told at the end.
///
/// # Errors
/// [`CommandError::Findings`] if a file could not be read; the others are printed all the same.
pub(crate) fn print(
    model: &mut Model,
    request: &Predict,
    format: Format,
    session: &Session<'_>,
    screen: &Screen,
) -> Result<(), CommandError> {
    let mut output = Output::new(format, &model.file.classes);
    let mut unreadable = Vec::new();
    let counts = predict_each(model, request, session, &mut |answer| {
        output.answer(&answer)?;
        if let FileAnswer::Unreadable { error, .. } = answer {
            unreadable.push(error);
        }
        Ok(())
    });
    let counts = counts.map_err(|error| match error {
        ExperimentError::Output(error) => CommandError::from(error),
        error => CommandError::from(error),
    })?;
    output.finish()?;
    if unreadable.is_empty() {
        return Ok(());
    }
    for error in &unreadable {
        screen.warn(error);
    }
    if counts.unreadable > 0 {
        screen.warn(format_args!(
            "{} of {} files could not be read",
            counts.unreadable, counts.files
        ));
    }
    if counts.refused > 0 {
        let slices = if counts.refused == 1 {
            "slice"
        } else {
            "slices"
        };
        screen.warn(format_args!(
            "{} {slices} refused\nhint: without `--strict` they are answered, with warnings",
            counts.refused
        ));
    }
    Err(CommandError::Findings)
}
