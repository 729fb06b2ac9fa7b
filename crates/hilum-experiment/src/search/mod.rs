//! Which settings do best on folds of train and valid.

mod elsewhere;
mod plot;
mod record;
mod rungs;
mod space;
mod trial;
mod winner;

use std::path::{Path, PathBuf};

use hilum_core::{Grouping, Split};
use hilum_train::search::{Space, SpaceError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::folds::{Begun, FoldSettings, Pool, Workplace, begin_or_go_on, default_name, gather};
use crate::session::{Session, workers};
use crate::settings::{Choices, RunSettings, words};
use crate::train::write_audit;
use crate::{Event, ExperimentError, network, weights};

pub use elsewhere::{TrialsAhead, judge_trial, trials_ahead};
pub use record::{TrialRecord, TrialState, Trials};
pub use winner::Winner;

use space::Searched;
use trial::Trainer;

/// What is searched unless the user declares something else.
pub const DEFAULT_SPACE: &str = include_str!("default_space.toml");

words! {
    /// How epochs are spent on trials.
    Strategy {
        /// All of them on every trial.
        Random = "random",
        /// Few on all trials, three times as many on the best third, and so on: successive halving.
        Halving = "halving",
    }
}

/// What is searched, and how.
#[derive(Debug, Clone)]
pub struct Search {
    /// What trials share, where the space does not vary it.
    pub choices: Choices,
    /// What they learn from.
    pub data: PathBuf,
    /// What is varied, as TOML.
    pub space: String,
    /// Where that was read, for errors.
    pub space_path: PathBuf,
    /// How many trials there are.
    pub trial_count: usize,
    /// How epochs are spent on them.
    pub strategy: Strategy,
    /// How folds are made; the same for all trials.
    pub folds: FoldSettings,
    /// The folder of all runs.
    pub runs: PathBuf,
    /// What the work is called; made of the architecture's name if absent.
    pub name: Option<String>,
    /// Trials that other machines have trained ([`judge_trial`]); they are not trained again.
    pub known: Vec<TrialRecord>,
}

/// What came out of a search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchOutcome {
    /// Where all results are.
    pub folder: PathBuf,
    /// `trials.json`.
    pub trials: Trials,
    /// The numbers of the last rung's trials, the best first.
    pub ranking: Vec<usize>,
    /// The last rung; the first is 1.
    pub last_rung: usize,
    /// How the best is trained.
    pub winner: Winner,
}

/// Why a search cannot begin, or found nothing.
#[derive(Debug, Error)]
pub enum SearchError {
    /// The file is no space.
    #[error("`{}` declares no space", path.display())]
    Space {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SpaceError,
    },
    /// A setting that all trials share.
    #[error("`{name}` cannot be searched\nhint: {reason}")]
    Fixed {
        /// What the space calls it.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// One setting under two names.
    #[error("`{first}` and `{second}` in the space are one setting\nhint: leave one of them out")]
    Twice {
        /// One name,
        first: String,
        /// and the other.
        second: String,
    },
    /// Values that a run cannot have.
    #[error("trial {trial} cannot be trained with {values}")]
    Refused {
        /// Which trial.
        trial: usize,
        /// What it would be trained with.
        values: String,
        /// Why not.
        #[source]
        source: Box<ExperimentError>,
    },
    /// Trials that cannot share decoded slices.
    #[error(
        "trial {trial} would read slices by another recipe than the other trials\nhint: all trials share the decoded slices; give `--image-size`, `--channels` and `--normalise`, or search one architecture at a time"
    )]
    OtherRecipe {
        /// Which trial.
        trial: usize,
    },
    /// Too few trials to halve.
    #[error(transparent)]
    Halving(#[from] hilum_train::search::HalvingError),
    /// Nothing was learned.
    #[error("no trial was trained to its end: all diverged\nhint: search lower learning rates")]
    AllDiverged,
    /// A record of another search.
    #[error(
        "trial {trial} at rung {rung}, trained elsewhere, is none of this search\nhint: train it with the same space, seed and settings"
    )]
    ForeignTrial {
        /// Which trial.
        trial: usize,
        /// At which rung.
        rung: usize,
    },
    /// Nothing is tried.
    #[error("0 trials find nothing\nhint: 20 to 60 are usual")]
    NoTrials,
    /// The folder holds something else.
    #[error("`{}` does not hold the trials of a search\nhint: choose another `--name`", path.display())]
    ForeignTrials {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// What decides a search, as `settings.toml` keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchSettings {
    pub(crate) strategy: Strategy,
    /// Decides the rungs of halving; a random search may be given more trials later.
    pub(crate) trials: Option<usize>,
    pub(crate) folds: usize,
    pub(crate) splits: Vec<Split>,
    pub(crate) group: Grouping,
    /// Stands for what is divided.
    pub(crate) data_fingerprint: String,
    /// The space as it was declared.
    pub(crate) space: String,
    /// What trials share; what the space varies stands at its default here.
    pub(crate) run: RunSettings,
}

/// Trains every trial that is not done yet, and says which is best.
///
/// The same call goes on where an earlier one was stopped, and repeats nothing that is finished.
///
/// # Errors
/// [`ExperimentError`]; [`ExperimentError::Interrupted`] if the session was cancelled in between.
pub fn search(request: &Search, session: &Session<'_>) -> Result<SearchOutcome, ExperimentError> {
    let space = parse(&request.space_path, &request.space)?;
    let searched = Searched::new(request, &space)?;
    elsewhere::check(&request.known, &searched)?;
    prepared(request, searched, session, |searched, trainer, pool| {
        let begun = place(request, searched, pool, None, session)?;
        let folder = &begun.folder;
        write_audit(folder, &pool.audit)?;
        let mut trials = Trials::read_or_begin(folder.path(), pool.summary())?;
        trials.take(&request.known);
        let ranking = rungs::run(searched, trainer, folder, &mut trials)?;
        let winner = winner::conclude(searched, folder, &mut trials, &ranking, &space, session)?;
        session.tell(&Event::ResultsIn(folder.path()));
        Ok(SearchOutcome {
            folder: folder.path().to_owned(),
            trials,
            ranking,
            last_rung: searched.rungs.len(),
            winner,
        })
    })
}

/// Reads the slices, checks that every trial can be trained on their folds, and does `work` with
/// what trains them.
fn prepared<T>(
    request: &Search,
    mut searched: Searched,
    session: &Session<'_>,
    work: impl FnOnce(&Searched, &Trainer<'_>, &Pool) -> Result<T, ExperimentError>,
) -> Result<T, ExperimentError> {
    let workers = workers(searched.settings.machine.threads)?;
    prepare_weights(&mut searched, session)?;
    let (data, recipe) = (&searched.settings.data, &searched.trials[0].settings.recipe);
    let pool = gather(
        data,
        recipe,
        &request.folds,
        &request.runs,
        &workers,
        session,
    )?;
    let trainer = Trainer::new(request, &searched, &pool, &workers, session)?;
    // Weights that do not fit are told before there is a folder.
    let mut networks: Vec<&RunSettings> = searched
        .trials
        .iter()
        .map(|trial| &trial.settings)
        .collect();
    networks.dedup_by_key(|settings| &settings.network);
    for settings in networks {
        network::build(settings, pool.dataset.classes(), session)?;
    }
    work(&searched, &trainer, &pool)
}

/// The folder of the search, or that of one trial of it, begun or gone on with.
fn place(
    request: &Search,
    searched: &Searched,
    pool: &Pool,
    part: Option<&str>,
    session: &Session<'_>,
) -> Result<Begun, ExperimentError> {
    let settings = SearchSettings {
        strategy: request.strategy,
        trials: (request.strategy == Strategy::Halving).then_some(request.trial_count),
        folds: request.folds.fold_count,
        splits: pool.splits.clone(),
        group: request.folds.group,
        data_fingerprint: pool.fingerprint(),
        space: request.space.clone(),
        run: searched.settings.clone(),
    };
    let name = request.name.clone();
    let name = name.unwrap_or_else(|| default_name(&searched.settings, "search"));
    let workplace = Workplace {
        runs: request.runs.clone(),
        name: part.map_or(name.clone(), |part| format!("{name}-{part}")),
    };
    begin_or_go_on(&workplace, &settings, session)
}

/// Brings the weights of all trials to this machine.
fn prepare_weights(searched: &mut Searched, session: &Session<'_>) -> Result<(), ExperimentError> {
    weights::prepare(&mut searched.settings.network, session)?;
    for trial in &mut searched.trials {
        weights::prepare(&mut trial.settings.network, session)?;
    }
    Ok(())
}

fn parse(path: &Path, text: &str) -> Result<Space, SearchError> {
    text.parse().map_err(|source| {
        let path = path.to_owned();
        SearchError::Space { path, source }
    })
}
