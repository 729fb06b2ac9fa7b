//! What to expect of a model that is trained with given settings.

mod leak;
mod rounds;

use std::path::PathBuf;

use hilum_core::{Grouping, Split};
use hilum_metrics::CrossValidationReport;
use serde::{Deserialize, Serialize};

use crate::folds::{FoldSettings, Workplace, default_name, inner_share};
use crate::session::{Session, workers};
use crate::settings::RunSettings;
use crate::{Event, ExperimentError, network, weights};
use leak::ByGroup;
use rounds::{Rounds, write_metrics};

pub use leak::LeakError;

/// What is cross-validated, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// What each fold is trained with; repeat `r` adds `r - 1` to the seed.
    pub settings: RunSettings,
    /// How folds are made.
    pub folds: FoldSettings,
    /// Rounds of folds; each has its own seed, for folds and training.
    pub repeat_count: usize,
    /// Whether the model and the checkpoint of each fold stay; else only logs, curves and
    /// predictions do.
    pub keeps_models: bool,
    /// The folder of all runs.
    pub runs: PathBuf,
    /// What the work is called; made of the architecture's name if absent.
    pub name: Option<String>,
    /// Whether all of it is done again with folds by slice.
    pub leak: LeakMeasure,
}

/// Whether it is measured what folds by slice would have claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeakMeasure {
    /// It is not.
    #[default]
    Skip,
    /// It is, which doubles the work.
    Take,
}

/// What decides a cross-validation, as `settings.toml` keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrossValidationSettings {
    pub(crate) folds: usize,
    pub(crate) repeats: usize,
    pub(crate) splits: Vec<Split>,
    pub(crate) group: Grouping,
    /// The share that chooses; absent if nothing is chosen.
    pub(crate) inner_valid: Option<f64>,
    /// Stands for what is divided.
    pub(crate) data_fingerprint: String,
    /// What each fold is trained with; repeat `r` adds `r - 1` to the seed.
    pub(crate) run: RunSettings,
}

/// What came out of a cross-validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossValidatedRun {
    /// Where all results are.
    pub folder: PathBuf,
    /// `metrics.json`.
    #[serde(flatten)]
    pub report: CrossValidationReport,
}

/// Trains every fold that is not done yet, then says what all predictions amount to.
///
/// The same call goes on where an earlier one was stopped, and repeats nothing that is finished;
/// one that asks for the leak takes the folds by group from an earlier one that did not.
///
/// # Errors
/// [`ExperimentError`]; [`ExperimentError::Interrupted`] if the session was cancelled in between.
pub fn cross_validate(
    request: &CrossValidation,
    session: &Session<'_>,
) -> Result<CrossValidatedRun, ExperimentError> {
    let mut settings = request.settings.clone();
    // Before anything is fetched or read.
    inner_share(request.folds.inner_valid, &settings.training)?;
    let workers = workers(settings.machine.threads)?;
    weights::prepare(&mut settings.network, session)?;
    let workplace = Workplace {
        runs: request.runs.clone(),
        name: request
            .name
            .clone()
            .unwrap_or_else(|| default_name(&settings, "cross-validation")),
    };
    let rounds = Rounds::plan(request, settings, &request.folds, &workers, session)?;
    if request.leak == LeakMeasure::Take {
        leak::check(&rounds)?;
    }
    // Weights that do not fit are told before there is a folder.
    let classes = rounds.pool.dataset.classes();
    network::build(&rounds.settings.run, classes, session)?;
    let begun = rounds.begin(&workplace, session)?;
    let folder = &begun.folder;
    let predictions = rounds.train(folder, session)?;
    let mut report = rounds.judge(&predictions);
    rounds.write(folder, &predictions, &report, session)?;
    if request.leak == LeakMeasure::Take {
        let by_group = ByGroup {
            run: rounds.settings.run.clone(),
            paths: rounds.pool.paths.iter().cloned().collect(),
            predictions: &predictions,
            folder,
        };
        // Slices in memory once, not twice.
        drop(rounds);
        report.leak = Some(leak::measure(request, by_group, &workers, session)?);
        write_metrics(folder, &report)?;
    }
    session.tell(&Event::ResultsIn(folder.path()));
    Ok(CrossValidatedRun {
        folder: folder.path().to_owned(),
        report,
    })
}

/// Which slices the figures are of, and what was kept together.
pub fn out_of_fold_caption(report: &CrossValidationReport) -> String {
    let splits = report.splits.iter().map(|split| format!("`{split}`"));
    let repeats = match report.repeat_count {
        1 => String::new(),
        count => format!(" {count} times"),
    };
    let groups = match report.grouping {
        Grouping::Inferred => "groups inferred where none are named, which is a guess",
        Grouping::Given => "groups as the data names them",
        Grouping::None => "no groups kept together",
    };
    format!(
        "out-of-fold predictions: {} slices of {} in {} folds{repeats}; {groups}",
        report.out_of_fold.count / report.repeat_count.max(1),
        splits.collect::<Vec<_>>().join(" and "),
        report.fold_count,
    )
}
