//! One trial at one rung: trained on every fold, and judged by what it held out.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hilum_metrics::{FoldScores, Headline, HeadlineSpread, OutOfFold};
use hilum_train::search::Rung;
use hilum_train::{Freeze, RunFolder, Schedule, Settings, TrainError};
use rayon::ThreadPool;

use super::Search;
use super::record::{TrialRecord, TrialState};
use super::space::Searched;
use crate::event::FoldPosition;
use crate::folds::{FoldRun, FoldSettings, Plan, Pool, Reached, inner_share, out_of_fold};
use crate::session::Session;
use crate::settings::RunSettings;
use crate::{Event, ExperimentError, Task};

/// Trains trials on the same folds of the same slices.
pub(super) struct Trainer<'a> {
    pool: &'a Pool,
    workers: &'a ThreadPool,
    groups: Vec<usize>,
    folds: &'a FoldSettings,
    session: &'a Session<'a>,
}

impl<'a> Trainer<'a> {
    /// Checks that every trial's folds can be made.
    pub(super) fn new(
        request: &'a Search,
        searched: &Searched,
        pool: &'a Pool,
        workers: &'a ThreadPool,
        session: &'a Session<'a>,
    ) -> Result<Self, ExperimentError> {
        let trainer = Self {
            pool,
            workers,
            groups: pool.group_numbers(),
            folds: &request.folds,
            session,
        };
        let mut all: Vec<&RunSettings> = searched
            .trials
            .iter()
            .map(|trial| &trial.settings)
            .collect();
        all.dedup_by_key(|settings| settings.training.chooses_by_validation());
        for settings in all {
            trainer.plan(settings)?;
        }
        Ok(trainer)
    }

    /// Says what is `ahead` of a rung: those of its contenders that are not trained yet.
    pub(super) fn begin_rung(
        &self,
        searched: &Searched,
        number: usize,
        rung: Rung,
        contenders: &[usize],
        ahead: &[usize],
    ) {
        self.session.tell(&Event::RungBegins {
            number,
            count: searched.rungs.len(),
            trials: contenders.len(),
            done_before: contenders.len() - ahead.len(),
            folds: self.folds.fold_count,
        });
        let epochs = ahead.iter().map(|trial| {
            let all = searched.trials[*trial - 1].settings.training.epochs;
            rung.epochs(all) * self.folds.fold_count
        });
        let (task, total) = (Task::Folds, epochs.sum());
        self.session.tell(&Event::Begins { task, total });
    }

    /// Says that the rung is over.
    pub(super) fn end_rung(&self) {
        let task = Task::Folds;
        self.session.tell(&Event::Ends { task });
    }

    /// Epochs of all folds of a trial.
    pub(super) fn epochs(&self, record: &TrialRecord) -> usize {
        record.epochs * self.folds.fold_count
    }

    /// Trains and judges; folds that an earlier start has finished are not trained again.
    pub(super) fn train(
        &self,
        searched: &Searched,
        trial: usize,
        number: usize,
        rung: Rung,
        epochs_before: usize,
        folder: &RunFolder,
    ) -> Result<TrialRecord, ExperimentError> {
        let start = Instant::now();
        let own = &searched.trials[trial - 1];
        let mut settings = own.settings.clone();
        settings.training = in_epochs(&settings.training, rung.epochs(settings.training.epochs));
        let mut parent: PathBuf = folder.path().to_owned();
        if searched.rungs.len() > 1 {
            parent.push(format!("rung-{number}"));
        }
        parent.push(format!("trial-{trial:03}"));
        let predictions = self.all_folds(&settings, trial, epochs_before, &parent)?;
        let (state, folds) = match predictions {
            Some(predictions) => {
                let class_count = self.pool.dataset.classes().len();
                let folds = FoldScores::of_all(class_count, &predictions);
                (TrialState::Done, folds)
            }
            None => (TrialState::Diverged, Vec::new()),
        };
        let scores: Vec<Headline> = folds.iter().map(|fold| fold.scores).collect();
        let record = TrialRecord {
            trial,
            rung: number,
            epochs: settings.training.epochs,
            state,
            values: own.values.clone(),
            over_folds: HeadlineSpread::of(&scores),
            folds,
            seconds: start.elapsed().as_secs_f64(),
        };
        self.session.tell(&Event::TrialDone(&record));
        Ok(record)
    }

    fn plan(&self, settings: &RunSettings) -> Result<Plan, ExperimentError> {
        let inner = inner_share(self.folds.inner_valid, &settings.training)?;
        let seed = settings.training.seed;
        Plan::new(self.pool, self.folds.fold_count, 1, seed, inner)
    }

    /// The predictions of every fold; `None` once one diverges.
    fn all_folds(
        &self,
        settings: &RunSettings,
        trial: usize,
        epochs_before: usize,
        parent: &Path,
    ) -> Result<Option<Vec<OutOfFold>>, ExperimentError> {
        let plan = self.plan(settings)?;
        let mut predictions = Vec::new();
        for (index, fold) in plan.folds.iter().enumerate() {
            let run = FoldRun {
                pool: self.pool,
                workers: self.workers,
                groups: &self.groups,
                fold,
                settings,
                parent,
                keeps_models: false,
                reached: Reached {
                    position: FoldPosition {
                        trial: Some(trial),
                        repeat: 1,
                        repeat_count: 1,
                        fold: fold.number,
                        fold_count: self.folds.fold_count,
                    },
                    epochs_before: epochs_before + index * settings.training.epochs,
                },
            };
            match out_of_fold(&run, self.session) {
                Ok(of_fold) => predictions.extend(of_fold),
                Err(ExperimentError::Train(TrainError::NotFinite { .. })) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(predictions))
    }
}

/// The same settings with what counts epochs in proportion; schedules span the run, so they
/// stretch by themselves.
fn in_epochs(settings: &Settings, epochs: usize) -> Settings {
    let mut shorter = settings.clone();
    let scaled = |count: usize| (count * epochs / settings.epochs).min(epochs - 1);
    shorter.epochs = epochs;
    if let Freeze::Staged { head_epochs, .. } = &mut shorter.freeze {
        *head_epochs = scaled(*head_epochs);
    }
    if let Schedule::Cosine { warm_up_epochs } = &mut shorter.schedule {
        *warm_up_epochs = scaled(*warm_up_epochs);
    }
    shorter
}
