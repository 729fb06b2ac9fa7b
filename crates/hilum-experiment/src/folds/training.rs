//! One fold: trained, predicted, and remembered.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::{Probabilities, ValidationRole};
use hilum_metrics::OutOfFold;
use hilum_report::{TrainingContext, write_curves};
use hilum_train::{BatchDone, EpochDone, Observer, RunFolder, Training, TrainingData};
use rayon::ThreadPool;

use super::predictions::read_predictions;
use super::{Fold, Pool, write_predictions};
use crate::error::Interruptible;
use crate::event::{FoldPosition, FoldProgress};
use crate::model::logits;
use crate::session::Session;
use crate::settings::RunSettings;
use crate::train::{finished, template};
use crate::{Event, ExperimentError, network};

/// What the training of a fold is made of.
#[derive(Clone, Copy)]
pub(crate) struct FoldRun<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) workers: &'a ThreadPool,
    /// The number of each slice's group.
    pub(crate) groups: &'a [usize],
    pub(crate) fold: &'a Fold,
    /// With any seed; the fold has its own.
    pub(crate) settings: &'a RunSettings,
    /// Where the fold's folder goes.
    pub(crate) parent: &'a Path,
    /// Whether the model and the checkpoint stay.
    pub(crate) keeps_models: bool,
    /// Where in all the work it stands.
    pub(crate) reached: Reached,
}

/// How far all folds or trials have come.
#[derive(Clone, Copy)]
pub(crate) struct Reached {
    /// Which fold comes now.
    pub(crate) position: FoldPosition,
    /// Epochs of all trainings before this one.
    pub(crate) epochs_before: usize,
}

/// The predictions of the fold's held-out slices, in order: those that lie in its folder, or new
/// ones.
///
/// The fold is trained from its checkpoint if it has one. Once the predictions are on the disk,
/// the model and the checkpoint go, unless they are to be kept.
pub(crate) fn out_of_fold(
    run: &FoldRun<'_>,
    session: &Session<'_>,
) -> Result<Vec<OutOfFold>, ExperimentError> {
    let path = run.folder().join("predictions.csv");
    if let Some(done) = read_predictions(&path, run.pool, run.fold, run.groups)? {
        run.clear_up()?;
        return Ok(done);
    }
    let mut settings = run.settings.clone();
    settings.training.seed = run.fold.seed;
    let folder = RunFolder::begin(run.parent, &run.name(), &settings)?;
    let predictions = run
        .workers
        .install(|| train_and_predict(run, &settings, &folder, session))?;
    write_predictions(&path, run.pool, &run.fold.held_out, &predictions)?;
    run.clear_up()?;
    Ok(predictions)
}

/// In the pool that this is called in.
fn train_and_predict(
    run: &FoldRun<'_>,
    settings: &RunSettings,
    folder: &RunFolder,
    session: &Session<'_>,
) -> Result<Vec<OutOfFold>, ExperimentError> {
    let FoldRun { pool, fold, .. } = run;
    let classes = pool.dataset.classes();
    // What there is to say of the weights was said before the first fold.
    let mut engine = network::open(settings, classes, &session.silent())?;
    let held_out = pool.subset(&fold.held_out);
    let inner_valid = fold.inner_valid.as_deref().map(|inner| pool.subset(inner));
    let data = TrainingData {
        classes,
        train: &pool.subset(&fold.train),
        // Settings that choose by validation always have an inner part; for all others these
        // slices are only measured on.
        valid: inner_valid.as_deref().unwrap_or(&held_out),
    };
    let known = pool.known(&fold.train, fold.inner_valid.as_deref().unwrap_or(&[]));
    let model = template(settings, &pool.dataset, &data, pool.summary(), Some(known))?;
    let training = Training {
        data,
        recipe: &settings.recipe,
        settings: &settings.training,
        folder,
        model: &model,
        features: &pool.features,
    };
    let mut events = FoldEvents {
        session,
        reached: run.reached,
    };
    let cancel = session.cancel();
    let outcome = hilum_train::train(engine.as_mut(), &training, &mut events, cancel.as_ref())?;
    finished(&outcome, run.parent, Interruptible::Folds)?;
    let decided = settings.training.decided_by_validation();
    let context = TrainingContext {
        validation: Some(ValidationRole::KeptBack(decided)),
        audit: model.audit.clone(),
    };
    write_curves(&folder.curves(), &outcome.history, &context, session.plots)?;
    let pixels: Vec<_> = held_out.iter().map(|slice| &slice.pixels).collect();
    let batch = NonZeroUsize::new(settings.training.batch_size).unwrap_or(NonZeroUsize::MIN);
    let recipe = &settings.recipe;
    let logits = logits(engine.as_mut(), &pixels, recipe, batch, &|_| {}, cancel)?;
    let predictions = fold.held_out.iter().zip(logits);
    Ok(predictions
        .map(|(position, logits)| OutOfFold {
            repeat: fold.repeat,
            fold: fold.number,
            group: run.groups[*position],
            truth: pool.slices[*position].truth,
            probabilities: Probabilities::from_logits(&logits),
        })
        .collect())
}

impl FoldRun<'_> {
    /// `fold-REPEAT-FOLD`.
    fn name(&self) -> String {
        format!("fold-{}-{}", self.fold.repeat, self.fold.number)
    }

    fn folder(&self) -> PathBuf {
        self.parent.join(self.name())
    }

    /// Whether nothing has to be trained any more.
    pub(crate) fn is_done(&self) -> bool {
        self.folder().join("predictions.csv").is_file()
    }

    /// Removes the model and the checkpoint, which take most of the room.
    fn clear_up(&self) -> Result<(), ExperimentError> {
        if self.keeps_models {
            return Ok(());
        }
        for name in ["model.safetensors", "checkpoint.safetensors"] {
            match fs_err::remove_file(self.folder().join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

struct FoldEvents<'a> {
    session: &'a Session<'a>,
    reached: Reached,
}

impl Observer for FoldEvents<'_> {
    fn batch_done(&mut self, batch: &BatchDone) {
        self.session.tell(&Event::FoldAdvances(&FoldProgress {
            position: self.reached.position,
            epochs_done: self.reached.epochs_before + batch.epoch - 1,
            batch: Some(batch),
            epoch: None,
        }));
    }

    fn epoch_done(&mut self, epoch: &EpochDone<'_>) {
        self.session.tell(&Event::FoldAdvances(&FoldProgress {
            position: self.reached.position,
            epochs_done: self.reached.epochs_before + epoch.row.epoch,
            batch: None,
            epoch: Some(epoch),
        }));
    }
}
