//! `hilum search`: which settings do best on folds of train and valid.

mod climb;
mod flags;
mod names;
mod plot;
mod record;
mod summary;
mod trial;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{ArgMatches, ValueEnum};
use hilum_train::search::Space;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::arguments::start_threads;
use crate::commands::cross_validate::FoldArguments;
use crate::commands::train::{FitArguments, network, write_audit};
use crate::cross_validation::{Grouping, begin_or_go_on, gather};
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;

use climb::Search;
use record::Trials;
use trial::Trainer;

const DEFAULT_SPACE: &str = include_str!("search/default_space.toml");

/// What `hilum search` takes.
#[derive(Debug, clap::Args)]
#[command(
    // Who prints the space needs no data.
    mut_arg("data", |data| data
        .required(false)
        .required_unless_present("print_space")
        .default_value_if("print_space", "true", ".")),
    after_help = "Every flag of `hilum train` that the space does not name is the same for all trials. The same\n\
command again goes on where it was stopped. The test split is never read.\n\n\
Examples:\n  hilum search slices/ --arch compact-cnn --epochs 20 --trials 30\n  hilum search slices/ --print-space > space.toml\n  hilum search slices/ --space space.toml --strategy halving --trials 27 --epochs 27"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    fit: FitArguments,

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
    #[arg(long, value_enum, default_value_t = Strategy::Random, help_heading = "Search")]
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

    /// What is printed; the files are the same
    #[arg(long, value_enum, default_value_t = SearchFormat::Text, help_heading = "Output")]
    format: SearchFormat,
}

/// How epochs are spent on trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Strategy {
    /// All of them on every trial.
    Random,
    /// Few on all trials, three times as many on the best third, and so on: successive halving.
    Halving,
}

/// What `hilum search` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SearchFormat {
    /// The best trials and the command that trains the winner.
    Text,
    /// What `trials.json` holds.
    Json,
}

#[derive(Debug, Error)]
enum SearchError {
    #[error("`{}` declares no space", path.display())]
    Space {
        path: PathBuf,
        #[source]
        source: hilum_train::search::SpaceError,
    },
    #[error("no trial was trained to its end: all diverged\nhint: search lower learning rates")]
    AllDiverged,
    #[error("0 trials find nothing\nhint: 20 to 60 are usual")]
    NoTrials,
}

/// What decides a search, as `settings.toml` keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchSettings {
    strategy: Strategy,
    /// Decides the rungs of halving; a random search may be given more trials later.
    trials: Option<usize>,
    folds: usize,
    splits: Vec<hilum_core::Split>,
    group: Grouping,
    /// Stands for what is divided.
    data_fingerprint: String,
    /// The space as it was declared.
    space: String,
    /// What trials share; what the space varies stands at its default here.
    run: RunSettings,
}

/// Trains every trial that is not done yet, and says which is best.
pub(crate) fn run(
    arguments: &Arguments,
    given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let text = space_text(arguments.space.as_deref())?;
    if arguments.print_space {
        write!(io::stdout().lock(), "{text}")?;
        return Ok(());
    }
    let space = parse(arguments.space.as_deref(), &text)?;
    let mut search = Search::new(arguments, given, &space)?;
    start_threads(search.settings.machine.threads);
    search.prepare_weights(screen)?;
    let pool = gather(
        &search.settings.data,
        &search.all_settings[0].recipe,
        &arguments.folds.splits(),
        arguments.folds.group,
        &arguments.fit.runs,
        screen,
    )?;
    let mut trainer = Trainer::new(arguments, &search, &pool, screen)?;
    // Weights that do not fit are told before there is a folder.
    let mut networks: Vec<&RunSettings> = search.all_settings.iter().collect();
    networks.dedup_by_key(|settings| &settings.network);
    for settings in networks {
        network::build(settings, pool.dataset.classes(), screen)?;
    }
    let settings = SearchSettings {
        strategy: arguments.strategy,
        trials: (arguments.strategy == Strategy::Halving).then_some(arguments.trials),
        folds: arguments.fold_count,
        splits: arguments.folds.splits(),
        group: arguments.folds.group,
        data_fingerprint: pool.fingerprint(),
        space: text,
        run: search.settings.clone(),
    };
    let fit = &arguments.fit;
    let name = fit
        .name
        .clone()
        .unwrap_or_else(|| format!("{}-search", fit.arch.name()));
    let begun = begin_or_go_on(&fit.runs, &name, &settings, screen)?;
    let folder = &begun.folder;
    write_audit(folder, &pool.audit)?;
    let mut trials = Trials::read_or_begin(folder.path(), pool.summary())?;
    let best = search.climb(&mut trainer, folder, &mut trials)?;
    let text = search.conclude(folder, &mut trials, &best, &space)?;
    screen.note(format_args!("results are in `{}`", folder.path().display()));
    let text = match arguments.format {
        SearchFormat::Text => text,
        SearchFormat::Json => {
            serde_json::to_string_pretty(&trials).map_err(CommandError::failure)?
        }
    };
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

fn space_text(path: Option<&Path>) -> Result<String, CommandError> {
    match path {
        None => Ok(DEFAULT_SPACE.to_owned()),
        Some(path) => fs_err::read_to_string(path).map_err(CommandError::bad_input),
    }
}

fn parse(path: Option<&Path>, text: &str) -> Result<Space, CommandError> {
    text.parse().map_err(|source| {
        let path = path.map_or_else(|| PathBuf::from("default_space.toml"), Path::to_owned);
        CommandError::bad_input(SearchError::Space { path, source })
    })
}
