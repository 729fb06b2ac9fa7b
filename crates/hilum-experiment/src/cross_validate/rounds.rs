//! Rounds of folds: planned, trained, judged and written down.

use std::collections::BTreeMap;
use std::path::Path;

use hilum_files::write_atomically;
use hilum_metrics::{Bootstrap, CrossValidated, CrossValidationReport, Headline, OutOfFold};
use hilum_report::{confusion_matrix, write_plot};
use hilum_train::RunFolder;
use rayon::ThreadPool;

use super::{CrossValidation, CrossValidationSettings, out_of_fold_caption};
use crate::calibration::cross_fitted;
use crate::event::FoldPosition;
use crate::folds::{
    Begun, FoldRun, FoldSettings, Plan, Pool, Reached, Workplace, begin_or_go_on, gather,
    inner_share, out_of_fold, write_predictions,
};
use crate::session::Session;
use crate::settings::RunSettings;
use crate::train::write_audit;
use crate::{Event, ExperimentError, Task};

/// Every training of one way to divide the slices.
pub(super) struct Rounds<'a> {
    pub(super) pool: Pool,
    pub(super) settings: CrossValidationSettings,
    plan: Plan,
    keeps_models: bool,
    workers: &'a ThreadPool,
}

impl<'a> Rounds<'a> {
    /// Reads the slices that `run` is to learn from, and divides them as `folds` say.
    pub(super) fn plan(
        request: &CrossValidation,
        run: RunSettings,
        folds: &FoldSettings,
        workers: &'a ThreadPool,
        session: &Session<'_>,
    ) -> Result<Self, ExperimentError> {
        let inner_valid = inner_share(folds.inner_valid, &run.training)?;
        let (data, recipe) = (&run.data, &run.recipe);
        let pool = gather(data, recipe, folds, &request.runs, workers, session)?;
        let seed = run.training.seed;
        let (fold_count, repeats) = (folds.fold_count, request.repeat_count);
        let plan = Plan::new(&pool, fold_count, repeats, seed, inner_valid)?;
        let settings = CrossValidationSettings {
            folds: fold_count,
            repeats,
            splits: pool.splits.clone(),
            group: folds.group,
            inner_valid,
            data_fingerprint: pool.fingerprint(),
            run,
        };
        Ok(Self {
            pool,
            settings,
            plan,
            keeps_models: request.keeps_models,
            workers,
        })
    }

    /// Their folder, begun or gone on with, with what is known before the first training.
    pub(super) fn begin(
        &self,
        workplace: &Workplace,
        session: &Session<'_>,
    ) -> Result<Begun, ExperimentError> {
        let begun = begin_or_go_on(workplace, &self.settings, session)?;
        write_audit(&begun.folder, &self.pool.audit)?;
        let path = begun.folder.path().join("folds.csv");
        self.plan.write(&self.pool, &path)?;
        Ok(begun)
    }

    /// The positions in the pool of the slices that are predicted, in the order of predictions.
    pub(super) fn positions(&self) -> Vec<usize> {
        let folds = self.plan.folds.iter();
        folds
            .flat_map(|fold| fold.held_out.iter().copied())
            .collect()
    }

    /// Trains every fold that is not done yet; all predictions, in order of repeat and fold.
    pub(super) fn train(
        &self,
        folder: &RunFolder,
        session: &Session<'_>,
    ) -> Result<Vec<OutOfFold>, ExperimentError> {
        let Self { pool, settings, .. } = self;
        let groups = pool.group_numbers();
        let epochs = settings.run.training.epochs;
        let (task, total) = (Task::Folds, self.plan.folds.len() * epochs);
        session.tell(&Event::Begins { task, total });
        let mut predictions = Vec::new();
        for (number, fold) in self.plan.folds.iter().enumerate() {
            let position = FoldPosition {
                trial: None,
                repeat: fold.repeat,
                repeat_count: settings.repeats,
                fold: fold.number,
                fold_count: settings.folds,
            };
            let run = FoldRun {
                pool,
                workers: self.workers,
                groups: &groups,
                fold,
                settings: &settings.run,
                parent: folder.path(),
                keeps_models: self.keeps_models,
                reached: Reached {
                    position,
                    epochs_before: number * epochs,
                },
            };
            let (was_done, start) = (run.is_done(), std::time::Instant::now());
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

    /// What all predictions amount to.
    pub(super) fn judge(&self, predictions: &[OutOfFold]) -> CrossValidationReport {
        let (pool, settings, run) = (&self.pool, &self.settings, &self.settings.run);
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
        let (classes, bootstrap) = (run.classes, run.bootstrap);
        self.workers.install(|| CrossValidationReport {
            calibrated: cross_fitted(classes, predictions, &bootstrap),
            ..CrossValidationReport::compute(run, predictions)
        })
    }

    /// Writes every file of results.
    pub(super) fn write(
        &self,
        folder: &RunFolder,
        predictions: &[OutOfFold],
        report: &CrossValidationReport,
        session: &Session<'_>,
    ) -> Result<(), ExperimentError> {
        let path = |name: &str| folder.path().join(name);
        let csv = path("predictions.csv");
        write_predictions(&csv, &self.pool, &self.positions(), predictions)?;
        let matrix = confusion_matrix(&report.out_of_fold.confusion, &out_of_fold_caption(report));
        write_plot(&path("confusion-matrix.svg"), &matrix, session.plots)?;
        write_metrics(folder, report)
    }
}

/// Writes `metrics.json`.
pub(super) fn write_metrics(
    folder: &RunFolder,
    report: &CrossValidationReport,
) -> Result<(), ExperimentError> {
    let metrics = serde_json::to_string_pretty(report)?;
    write(&folder.path().join("metrics.json"), &metrics)
}

fn write(path: &Path, text: &str) -> Result<(), ExperimentError> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))?;
    Ok(())
}
