//! `hilum cross-validate`: what to expect of a model that is trained like this.

use std::num::NonZeroUsize;

use clap::ArgMatches;
use hilum_experiment::{CrossValidation, LeakMeasure, cross_validate};

use crate::arguments::{FitArguments, FoldArguments, Format, OfFolds, PlotArguments};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary;
use crate::surroundings::session;

/// What `hilum cross-validate` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The test split is never read. What is held out chooses nothing: settings that choose by \
validation (`--keep best`, `--patience` above 0, `--schedule plateau`) choose by an inner part of \
what is trained on, 10% unless `--inner-valid` says otherwise; with none of them all of it is \
trained on. The same command again goes on where it was stopped.\n\n\
Examples:\n  hilum cross-validate slices/ --arch compact-cnn --epochs 20\n  hilum cross-validate slices/ --weights torchvision:mobilenet_v2 --repeats 3\n  hilum cross-validate slices/ --arch compact-cnn --epochs 20 --leak"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    folds: FoldArguments,

    /// Rounds of folds; each has its own seed, for folds and training
    #[arg(
        long,
        value_name = "COUNT",
        default_value = "1",
        help_heading = "Folds"
    )]
    repeats: NonZeroUsize,

    /// Folds of each round
    #[arg(
        long = "folds",
        value_name = "COUNT",
        default_value_t = 5,
        help_heading = "Folds"
    )]
    fold_count: usize,

    /// Keep the model and the checkpoint of each fold; else only logs, curves and predictions stay
    #[arg(long, help_heading = "Folds")]
    keep_models: bool,

    /// Do it all again with folds by slice, copies and all, to see what leakage would have claimed
    #[arg(long, help_heading = "Folds")]
    leak: bool,

    /// What is printed, a table or what `metrics.json` holds; the files are the same
    #[arg(long, value_parser = Format::text_or_json(), value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    plots: PlotArguments,

    #[command(flatten)]
    fit: FitArguments<OfFolds>,
}

/// Trains every fold that is not done yet, then prints what all predictions amount to.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let narrator = Narrator::new(screen);
    let fit = &arguments.fit;
    let choices = &fit.chosen.choices;
    if choices.begins_with_bundled() {
        screen.note(summary::BUNDLED_BEGINNING);
    }
    if choices.takes_bundled() {
        screen.warn(summary::BUNDLED_KNOWS);
    }
    let request = CrossValidation {
        settings: choices.resolve(&fit.data.path)?,
        folds: arguments.folds.settings(arguments.fold_count),
        repeat_count: arguments.repeats.get(),
        keeps_models: arguments.keep_models,
        runs: fit.runs.clone(),
        name: fit.name.clone(),
        leak: if arguments.leak {
            LeakMeasure::Take
        } else {
            LeakMeasure::Skip
        },
    };
    let session = session(&narrator)?.drawn_as(arguments.plots.plots);
    let report = cross_validate(&request, &session)?.report;
    match arguments.format {
        Format::Json => screen::print_json(&serde_json::to_string_pretty(&report)?)?,
        _ => screen::print(summary::cross_validation(&report))?,
    }
    Ok(())
}
