//! What to expect of a model that is trained with given settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hilum_core::{Grouping, Split};
use hilum_files::write_atomically;
use hilum_metrics::{Bootstrap, CrossValidated, CrossValidationReport, Headline, OutOfFold};
use hilum_report::confusion_matrix;
use hilum_train::RunFolder;
use rayon::ThreadPool;
use serde::{Deserialize, Serialize};

use crate::event::FoldPosition;
use crate::folds::{
    FoldRun, FoldSettings, Plan, Pool, Reached, Workplace, begin_or_go_on, default_name, gather,
    inner_share, out_of_fold, write_predictions,
};
use crate::session::{Session, workers};
use crate::settings::RunSettings;
use crate::train::write_audit;
use crate::{Event, ExperimentError, Task, network, weights};

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
/// The same call goes on where an earlier one was stopped, and repeats nothing that is finished.
///
/// # Errors
/// [`ExperimentError`]; [`ExperimentError::Interrupted`] if the session was cancelled in between.
pub fn cross_validate(
    request: &CrossValidation,
    session: &Session<'_>,
) -> Result<CrossValidatedRun, ExperimentError> {
    let mut settings = request.settings.clone();
    let folds = &request.folds;
    let inner_valid = inner_share(folds.inner_valid, &settings.training)?;
    let workers = workers(settings.machine.threads)?;
    weights::prepare(&mut settings.network, session)?;
    let (data, recipe) = (&settings.data, &settings.recipe);
    let pool = gather(data, recipe, folds, &request.runs, &workers, session)?;
    let plan = Plan::new(
        &pool,
        folds.fold_count,
        request.repeat_count,
        settings.training.seed,
        inner_valid,
    )?;
    // Weights that do not fit are told before there is a folder.
    network::build(&settings, pool.dataset.classes(), session)?;
    let workplace = Workplace {
        runs: request.runs.clone(),
        name: request
            .name
            .clone()
            .unwrap_or_else(|| default_name(&settings, "cross-validation")),
    };
    let settings = CrossValidationSettings {
        folds: folds.fold_count,
        repeats: request.repeat_count,
        splits: pool.splits.clone(),
        group: folds.group,
        inner_valid,
        data_fingerprint: pool.fingerprint(),
        run: settings,
    };
    let begun = begin_or_go_on(&workplace, &settings, session)?;
    let folder = &begun.folder;
    write_audit(folder, &pool.audit)?;
    plan.write(&pool, &folder.path().join("folds.csv"))?;
    let predictions = train_folds(&plan, &pool, request, &settings, folder, &workers, session)?;
    let report = workers.install(|| judge(&pool, &settings, &predictions));
    write_results(folder, &pool, &plan, &predictions, &report)?;
    session.tell(&Event::ResultsIn(folder.path()));
    Ok(CrossValidatedRun {
        folder: folder.path().to_owned(),
        report,
    })
}

fn train_folds(
    plan: &Plan,
    pool: &Pool,
    request: &CrossValidation,
    settings: &CrossValidationSettings,
    folder: &RunFolder,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Vec<OutOfFold>, ExperimentError> {
    let groups = pool.group_numbers();
    let epochs = settings.run.training.epochs;
    let (task, total) = (Task::Folds, plan.folds.len() * epochs);
    session.tell(&Event::Begins { task, total });
    let mut predictions = Vec::new();
    for (number, fold) in plan.folds.iter().enumerate() {
        let position = FoldPosition {
            trial: None,
            repeat: fold.repeat,
            repeat_count: settings.repeats,
            fold: fold.number,
            fold_count: settings.folds,
        };
        let run = FoldRun {
            pool,
            workers,
            groups: &groups,
            fold,
            settings: &settings.run,
            parent: folder.path(),
            keeps_models: request.keeps_models,
            reached: Reached {
                position,
                epochs_before: number * epochs,
            },
        };
        let (was_done, start) = (run.is_done(), Instant::now());
        let of_fold = out_of_fold(&run, session)?;
        session.tell(&Event::FoldDone {
            fold: position,
            scores: &Headline::compute(pool.dataset.classes().len(), &of_fold),
            seconds: (!was_done).then(|| start.elapsed().as_secs_f64()),
        });
        predictions.extend(of_fold);
    }
    session.tell(&Event::Ends { task });
    Ok(predictions)
}

fn judge(
    pool: &Pool,
    settings: &CrossValidationSettings,
    predictions: &[OutOfFold],
) -> CrossValidationReport {
    let run = &settings.run;
    let chosen = match settings.inner_valid {
        Some(share) => format!("by an inner {}% of what is trained on", share * 100.0),
        None => "nothing is chosen; the last epoch predicts".to_owned(),
    };
    let details = [
        ("data", run.data.path.display().to_string()),
        ("data_fingerprint", settings.data_fingerprint.clone()),
        ("architecture", run.network.architecture.to_string()),
        ("seed", run.training.seed.to_string()),
        ("epoch and learning rate", chosen),
        ("hilum", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let run = CrossValidated {
        classes: pool.dataset.classes(),
        splits: &settings.splits,
        grouping: settings.group,
        bootstrap: Bootstrap {
            seed: run.training.seed,
            ..Bootstrap::default()
        },
        audit: pool.summary(),
        details: BTreeMap::from(details.map(|(name, value)| (name.to_owned(), value))),
    };
    CrossValidationReport::compute(run, predictions)
}

fn write_results(
    folder: &RunFolder,
    pool: &Pool,
    plan: &Plan,
    predictions: &[OutOfFold],
    report: &CrossValidationReport,
) -> Result<(), ExperimentError> {
    let path = |name: &str| folder.path().join(name);
    let positions: Vec<usize> = plan
        .folds
        .iter()
        .flat_map(|fold| fold.held_out.iter().copied())
        .collect();
    write_predictions(&path("predictions.csv"), pool, &positions, predictions)?;
    let matrix = confusion_matrix(&report.out_of_fold.confusion, &out_of_fold_caption(report));
    write(&path("confusion-matrix.svg"), &matrix)?;
    let metrics = serde_json::to_string_pretty(report)?;
    write(&path("metrics.json"), &metrics)
}

fn write(path: &Path, text: &str) -> Result<(), ExperimentError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
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
