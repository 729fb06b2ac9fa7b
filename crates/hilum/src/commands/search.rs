//! `hilum search`: which settings do best on folds of train and valid.

mod flags;
mod plot;
mod record;
mod summary;
mod trial;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{ArgMatches, ValueEnum};
use hilum_files::write_atomically;
use hilum_report::trials as draw_trials;
use hilum_train::RunFolder;
use hilum_train::search::{Halving, Rung, Space, Values, best_first, optimism};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::arguments::start_threads;
use crate::commands::cross_validate::FoldArguments;
use crate::commands::train::{FitArguments, network, write_audit};
use crate::cross_validation::{Grouping, begin_or_go_on, gather, inner_share};
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;
use crate::weights;

use flags::Flags;
use record::{Flattery, TrialRecord, Trials};
use summary::summary;
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
    #[arg(long, value_enum, default_value_t = SearchFormat::Text)]
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

/// What is tried, and in which steps.
struct Search {
    flags: Flags,
    /// Of each trial.
    values: Vec<Values>,
    /// Of each trial, with all its epochs.
    all_settings: Vec<RunSettings>,
    rungs: Vec<Rung>,
    /// What trials share.
    settings: RunSettings,
}

impl Search {
    /// Brings the weights of all trials to this machine.
    fn prepare_weights(&mut self, screen: &Screen) -> Result<(), CommandError> {
        weights::prepare(&mut self.settings.network, screen)?;
        for settings in &mut self.all_settings {
            weights::prepare(&mut settings.network, screen)?;
        }
        Ok(())
    }

    /// Draws every trial and checks that it can be trained.
    fn new(arguments: &Arguments, given: &ArgMatches, space: &Space) -> Result<Self, CommandError> {
        if arguments.trials == 0 {
            return Err(CommandError::bad_input(SearchError::NoTrials));
        }
        let settings = arguments.fit.checked_settings()?;
        let flags = Flags::new(given, space)?;
        let values: Vec<Values> = (1..=arguments.trials)
            .map(|trial| space.sample(settings.training.seed, trial))
            .collect();
        let all_settings = flags.all_settings(&values)?;
        for settings in &all_settings {
            inner_share(arguments.folds.inner_valid, &settings.training)?;
        }
        let epochs = all_settings.iter().map(|settings| settings.training.epochs);
        let rungs = match arguments.strategy {
            Strategy::Random => vec![Rung {
                trial_count: arguments.trials,
                divisor: 1,
            }],
            Strategy::Halving => Halving::new(arguments.trials, epochs.min().unwrap_or(1))
                .map_err(CommandError::bad_input)?
                .rungs()
                .to_vec(),
        };
        Ok(Self {
            flags,
            values,
            all_settings,
            rungs,
            settings,
        })
    }

    /// Trains rung after rung; gives the numbers of the last rung's trials, the best first.
    fn climb(
        &self,
        trainer: &mut Trainer<'_>,
        folder: &RunFolder,
        trials: &mut Trials,
    ) -> Result<Vec<usize>, CommandError> {
        let mut contenders: Vec<usize> = (1..=self.values.len()).collect();
        for (index, rung) in self.rungs.iter().enumerate() {
            let number = index + 1;
            contenders.truncate(rung.trial_count);
            contenders.sort_unstable();
            trainer.begin_rung(self, number, *rung, &contenders, trials);
            for trial in &contenders {
                if trials.find(*trial, number).is_none() {
                    let record = trainer.train(self, *trial, number, *rung, folder)?;
                    trials.records.push(record);
                    trials.write(folder.path())?;
                }
            }
            let records: Vec<&TrialRecord> = contenders
                .iter()
                .filter_map(|trial| trials.find(*trial, number))
                .collect();
            let scores: Vec<_> = records.iter().map(|record| record.score()).collect();
            let order = best_first(&scores);
            contenders = order.into_iter().map(|at| records[at].trial).collect();
        }
        Ok(contenders)
    }

    /// Writes everything that is known at the end, and gives what is printed.
    fn conclude(
        &self,
        folder: &RunFolder,
        trials: &mut Trials,
        best: &[usize],
        space: &Space,
    ) -> Result<String, CommandError> {
        let last = self.rungs.len();
        let winner = best.first().and_then(|best| trials.find(*best, last));
        let Some(winner) = winner.filter(|winner| winner.score().macro_f1.is_some()) else {
            return Err(CommandError::bad_input(SearchError::AllDiverged));
        };
        let values = winner.values.clone();
        trials.best = Some(winner.trial);
        let first_rung = trials.records.iter().filter(|record| record.rung == 1);
        let fold_scores: Vec<_> = first_rung.map(TrialRecord::fold_scores).collect();
        trials.flattery = optimism(&fold_scores).map(|found| Flattery {
            best_macro_f1: found.best,
            judged_apart_macro_f1: found.judged_apart,
        });
        trials.write(folder.path())?;
        let drawing = draw_trials(&plot::plot(trials, last, space, folder.path()));
        write(&folder.path().join("trials.svg"), &drawing)?;
        let command = self.flags.train_command(&values);
        let table = toml::to_string_pretty(&self.flags.train_table(&values))
            .map_err(CommandError::failure)?;
        let head = format!(
            "# The best of {} trials, as defaults for `hilum.toml`; on the command line:\n# {command}\n\n",
            self.values.len()
        );
        write(&folder.path().join("best.toml"), &format!("{head}{table}"))?;
        Ok(summary(trials, best, last, &command))
    }
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
}
