//! `hilum train`: a network on a folder of slices.

use std::path::PathBuf;

use clap::ArgMatches;
use hilum_experiment::{Place, Resume, Run, preview, resume, train};

use crate::arguments::{FitArguments, OfRun, PlotArguments};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary;
use crate::surroundings::session;

/// What `hilum train` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum train slices/\n  hilum train slices/ --weights torchvision:mobilenet_v2 --epochs 12\n  hilum train slices/ --arch reference-cnn\n  hilum train slices/ --resume"
)]
pub(crate) struct Arguments {
    /// Folder of the run itself, instead of one of its name under `--runs`; it must not hold a run,
    /// unless `--resume` goes on with it
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Run",
        conflicts_with = "name"
    )]
    out: Option<PathBuf>,

    /// Go on with a run that was interrupted: the one in `--out`, the one called `--name`, or the
    /// latest on this data
    #[arg(long, help_heading = "Run")]
    resume: bool,

    /// Write a picture of augmented slices of each class, and train nothing
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "preview.png", help_heading = "Run")]
    preview: Option<PathBuf>,

    #[command(flatten)]
    plots: PlotArguments,

    #[command(flatten)]
    fit: FitArguments<OfRun>,
}

/// Trains, resumes or previews.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let narrator = Narrator::new(screen);
    let session = session(&narrator)?.drawn_as(arguments.plots.plots);
    let fit = &arguments.fit;
    let run = if arguments.resume {
        resume(&Resume {
            out: arguments.out.clone(),
            runs: fit.runs.clone(),
            name: fit.name.clone(),
            data: fit.data.path.clone(),
            given: fit.chosen.typed.clone(),
        })?
    } else {
        let choices = &fit.chosen.choices;
        let settings = choices.resolve(&fit.data.path)?;
        if let Some(path) = &arguments.preview {
            return Ok(preview(path, &settings, &session)?);
        }
        if choices.begins_with_bundled() {
            screen.note(summary::BUNDLED_BEGINNING);
        }
        let name = fit.name.as_deref();
        let name = name.unwrap_or(settings.network.architecture.name());
        let place = match &arguments.out {
            Some(path) => Place::At(path.clone()),
            None => Place::New {
                runs: fit.runs.clone(),
                name: name.to_owned(),
            },
        };
        Run { place, settings }
    };
    let trained = train(&run, &session)?;
    screen.note(summary::training(&trained));
    screen::print(trained.model.display())?;
    Ok(())
}
