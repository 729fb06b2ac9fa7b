//! `hilum search`: which settings do best on folds of train and valid.

use std::path::PathBuf;

use clap::ArgMatches;
use hilum_experiment::{DEFAULT_SPACE, ExperimentError, Search, Strategy, search};

use crate::arguments::{FitArguments, FoldArguments, Format, OfFolds, PlotArguments, one_of};
use crate::error::CommandError;
use crate::narrator::Narrator;
use crate::screen::{self, Screen};
use crate::summary;
use crate::surroundings::session;

/// What `hilum search` takes.
#[derive(Debug, clap::Args)]
#[command(
    // Who prints the space needs no data.
    mut_arg("data", |data| data
        .required_unless_present("print_space")),
    after_help = "Every flag of `hilum train` that the space does not name is the same for all trials. The same \
command again goes on where it was stopped. The test split is never read.\n\n\
Examples:\n  hilum search slices/ --arch compact-cnn --epochs 20 --trials 30\n  hilum search slices/ --print-space > space.toml\n  hilum search slices/ --space space.toml --strategy halving --trials 27"
)]
pub(crate) struct Arguments {
    /// What is varied, as TOML; `--print-space` shows an example
    #[arg(long, value_name = "FILE", help_heading = "Search")]
    space: Option<PathBuf>,

    /// Sets of values that are tried
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 20,
        help_heading = "Search"
    )]
    trials: usize,

    /// How epochs are spent on trials
    #[arg(long, value_name = "STRATEGY", value_parser = one_of::<Strategy>(Strategy::WORDS), default_value_t = Strategy::Random, help_heading = "Search")]
    strategy: Strategy,

    /// Folds that judge each trial; the same for all
    #[arg(
        long = "folds",
        value_name = "COUNT",
        default_value_t = 3,
        help_heading = "Folds"
    )]
    fold_count: usize,

    #[command(flatten)]
    folds: FoldArguments,

    /// Print what would be varied, and train nothing
    #[arg(long, help_heading = "Search")]
    print_space: bool,

    /// What is printed, the best trials or what `trials.json` holds; the files are the same
    #[arg(long, value_parser = Format::text_or_json(), value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    plots: PlotArguments,

    #[command(flatten)]
    fit: FitArguments<OfFolds>,
}

/// Trains every trial that is not done yet, and prints which is best.
pub(super) fn run(
    arguments: &Arguments,
    _given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let space = match &arguments.space {
        None => DEFAULT_SPACE.to_owned(),
        Some(path) => fs_err::read_to_string(path).map_err(ExperimentError::Input)?,
    };
    if arguments.print_space {
        screen::print(space)?;
        return Ok(());
    }
    let narrator = Narrator::new(screen);
    let fit = &arguments.fit;
    let choices = &fit.chosen.choices;
    if choices.begins_with_bundled() {
        screen.note(summary::BUNDLED_BEGINNING);
    }
    if choices.takes_bundled() {
        screen.warn(summary::BUNDLED_KNOWS);
    }
    let space_path = arguments.space.clone();
    let request = Search {
        choices: choices.clone(),
        data: fit.data.path.clone(),
        space,
        space_path: space_path.unwrap_or_else(|| PathBuf::from("default_space.toml")),
        trial_count: arguments.trials,
        strategy: arguments.strategy,
        folds: arguments.folds.settings(arguments.fold_count),
        runs: fit.runs.clone(),
        name: fit.name.clone(),
        known: Vec::new(),
    };
    let session = session(&narrator)?.drawn_as(arguments.plots.plots);
    let outcome = search(&request, &session)?;
    match arguments.format {
        Format::Json => screen::print_json(&serde_json::to_string_pretty(&outcome.trials)?)?,
        _ => screen::print(summary::search(&outcome))?,
    }
    Ok(())
}
