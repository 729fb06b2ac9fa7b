//! One trial at one rung: trained on every fold, and judged by what it held out.

use std::path::PathBuf;
use std::time::Instant;

use hilum_metrics::{FoldScores, Headline, HeadlineSpread, OutOfFold};
use hilum_train::search::Rung;
use hilum_train::{Freeze, RunFolder, Schedule, Settings, TrainError};

use super::Arguments;
use super::climb::Search;
use super::record::{TrialRecord, TrialState, Trials};
use crate::cross_validation::{
    FoldRun, InnerValid, Plan, Pool, Progress, inner_share, out_of_fold,
};
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;

/// Trains trials on the same folds of the same slices.
pub(super) struct Trainer<'a> {
    pool: &'a Pool,
    groups: Vec<usize>,
    fold_count: usize,
    asked_inner_valid: Option<InnerValid>,
    screen: &'a Screen,
    bar: indicatif::ProgressBar,
    /// Epochs of this rung that are done.
    epochs_done: usize,
}

impl<'a> Trainer<'a> {
    /// Checks that every trial's folds can be made.
    pub(super) fn new(
        arguments: &Arguments,
        search: &Search,
        pool: &'a Pool,
        screen: &'a Screen,
    ) -> Result<Self, CommandError> {
        let trainer = Self {
            pool,
            groups: pool.group_numbers(),
            fold_count: arguments.fold_count,
            asked_inner_valid: arguments.folds.inner_valid,
            screen,
            bar: indicatif::ProgressBar::hidden(),
            epochs_done: 0,
        };
        let mut all: Vec<&RunSettings> = search.all_settings.iter().collect();
        all.dedup_by_key(|settings| settings.training.chooses_by_validation());
        for settings in all {
            trainer.plan(settings)?;
        }
        Ok(trainer)
    }

    /// Says what is ahead.
    pub(super) fn begin_rung(
        &mut self,
        search: &Search,
        number: usize,
        rung: Rung,
        contenders: &[usize],
        trials: &Trials,
    ) {
        let ahead: Vec<&usize> = contenders
            .iter()
            .filter(|trial| trials.find(**trial, number).is_none())
            .collect();
        let of_rungs = match search.rungs.len() {
            1 => String::new(),
            count => format!("rung {number} of {count}: "),
        };
        let before = match contenders.len() - ahead.len() {
            0 => String::new(),
            done => format!(", {done} of them done before"),
        };
        self.screen.note(format_args!(
            "{of_rungs}{} trials of {} folds{before}",
            contenders.len(),
            self.fold_count
        ));
        let epochs = ahead.iter().map(|trial| {
            let all = search.all_settings[**trial - 1].training.epochs;
            rung.epochs(all) * self.fold_count
        });
        self.bar.finish_and_clear();
        self.bar = self.screen.bar(epochs.sum(), "trials");
        self.epochs_done = 0;
    }

    /// Trains and judges; folds that an earlier start has finished are not trained again.
    pub(super) fn train(
        &mut self,
        search: &Search,
        trial: usize,
        number: usize,
        rung: Rung,
        folder: &RunFolder,
    ) -> Result<TrialRecord, CommandError> {
        let start = Instant::now();
        let mut settings = search.all_settings[trial - 1].clone();
        settings.training = in_epochs(&settings.training, rung.epochs(settings.training.epochs));
        let mut parent: PathBuf = folder.path().to_owned();
        if search.rungs.len() > 1 {
            parent.push(format!("rung-{number}"));
        }
        parent.push(format!("trial-{trial:03}"));
        let predictions = self.all_folds(&settings, trial, &parent)?;
        self.epochs_done += settings.training.epochs * self.fold_count;
        let (state, folds) = match predictions {
            Some(predictions) => {
                let class_count = self.pool.dataset.classes().len();
                (
                    TrialState::Done,
                    FoldScores::of_all(class_count, &predictions),
                )
            }
            None => (TrialState::Diverged, Vec::new()),
        };
        let scores: Vec<Headline> = folds.iter().map(|fold| fold.scores).collect();
        let values = search.values[trial - 1].clone();
        let record = TrialRecord {
            trial,
            rung: number,
            epochs: settings.training.epochs,
            state,
            over_folds: HeadlineSpread::of(&scores),
            folds,
            seconds: start.elapsed().as_secs_f64(),
            values,
        };
        self.say(&record, &search.flags.show(&record.values));
        Ok(record)
    }

    fn plan(&self, settings: &RunSettings) -> Result<Plan, CommandError> {
        let inner = inner_share(self.asked_inner_valid, &settings.training)?;
        let seed = settings.training.seed;
        Plan::new(self.pool, self.fold_count, 1, seed, inner)
    }

    /// The predictions of every fold; `None` once one diverges.
    fn all_folds(
        &self,
        settings: &RunSettings,
        trial: usize,
        parent: &std::path::Path,
    ) -> Result<Option<Vec<OutOfFold>>, CommandError> {
        let plan = self.plan(settings)?;
        let mut predictions = Vec::new();
        for (index, part) in plan.parts.iter().enumerate() {
            let fold = FoldRun {
                pool: self.pool,
                groups: &self.groups,
                part,
                settings,
                parent,
                keeps_models: false,
            };
            let mut progress = Progress {
                screen: self.screen,
                bar: self.bar.clone(),
                label: format!("trial {trial} fold {}/{}", part.fold, self.fold_count),
                epochs_before: self.epochs_done + index * settings.training.epochs,
            };
            match out_of_fold(&fold, &mut progress) {
                Ok(of_fold) => predictions.extend(of_fold),
                Err(error) if has_diverged(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(predictions))
    }

    fn say(&self, record: &TrialRecord, values: &str) {
        let macro_f1 = super::summary::spread(&record.over_folds.macro_f1);
        let outcome = match record.state {
            TrialState::Done => format!("macro-F1 {macro_f1}, {:.1} s", record.seconds),
            TrialState::Diverged => "diverged".to_owned(),
        };
        self.screen
            .note(format_args!("trial {}: {outcome}  {values}", record.trial));
    }
}

fn has_diverged(error: &CommandError) -> bool {
    let CommandError::Failure(error) = error else {
        return false;
    };
    matches!(
        error.downcast_ref::<TrainError>(),
        Some(TrainError::NotFinite { .. })
    )
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
