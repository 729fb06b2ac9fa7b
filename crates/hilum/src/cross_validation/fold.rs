//! One fold: trained, predicted, and remembered.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use hilum_metrics::OutOfFold;
use hilum_report::write_curves;
use hilum_train::{
    BatchDone, EpochDone, Observer, Outcome, Phase, RunFolder, StopReason, Training, TrainingData,
    epoch_line, predict_slices,
};
use indicatif::ProgressBar;

use super::predictions::read_predictions;
use super::{Part, Pool, write_predictions};
use crate::commands::train::{network, stop_flag, template};
use crate::engine;
use crate::error::CommandError;
use crate::screen::{Screen, Verbosity};
use crate::settings::RunSettings;

/// What a fold is made of.
#[derive(Clone, Copy)]
pub(crate) struct FoldRun<'a> {
    pub(crate) pool: &'a Pool,
    /// The number of each slice's group.
    pub(crate) groups: &'a [usize],
    pub(crate) part: &'a Part,
    /// With any seed; the part has its own.
    pub(crate) settings: &'a RunSettings,
    /// Where the fold's folder goes.
    pub(crate) parent: &'a Path,
    /// Whether the model and the checkpoint stay.
    pub(crate) keeps_models: bool,
}

/// What is drawn while folds are trained: one bar over all their steps.
pub(crate) struct Progress<'a> {
    pub(crate) screen: &'a Screen,
    pub(crate) bar: ProgressBar,
    /// Such as `fold 2/5`.
    pub(crate) label: String,
    /// Epochs of all trainings before this one.
    pub(crate) epochs_before: usize,
}

/// The predictions of the part's held-out slices, in order: those that lie in the folder of the
/// fold, or new ones.
///
/// The fold is trained from its checkpoint if it has one. Once the predictions are on the disk,
/// the model and the checkpoint go, unless they are to be kept.
pub(crate) fn out_of_fold(
    run: &FoldRun<'_>,
    progress: &mut Progress<'_>,
) -> Result<Vec<OutOfFold>, CommandError> {
    let name = run.name();
    let path = run.folder().join("predictions.csv");
    if let Some(done) = read_predictions(&path, run.pool, run.part, run.groups)? {
        run.clear_up()?;
        return Ok(done);
    }
    let mut settings = run.settings.clone();
    settings.training.seed = run.part.seed;
    let folder = RunFolder::begin(run.parent, &name, &settings).map_err(CommandError::failure)?;
    let predictions = train_and_predict(run, &settings, &folder, progress)?;
    write_predictions(&path, run.pool, &run.part.held_out, &predictions)?;
    run.clear_up()?;
    Ok(predictions)
}

fn train_and_predict(
    run: &FoldRun<'_>,
    settings: &RunSettings,
    folder: &RunFolder,
    progress: &mut Progress<'_>,
) -> Result<Vec<OutOfFold>, CommandError> {
    let FoldRun { pool, part, .. } = run;
    let classes = pool.dataset.classes();
    // What there is to say of the weights was said before the first fold.
    let silent = Screen::new(Verbosity::Quiet);
    let (graph, parameters) = network::build(settings, classes, &silent)?;
    let device = settings
        .machine
        .device
        .parse()
        .map_err(CommandError::bad_input)?;
    let mut engine = engine::open(device, settings.machine.threads, graph, &parameters)
        .map_err(CommandError::failure)?;
    drop(parameters);
    let held_out = pool.subset(&part.held_out);
    let inner_valid = part.inner_valid.as_deref().map(|inner| pool.subset(inner));
    let data = TrainingData {
        classes,
        train: &pool.subset(&part.train),
        // Settings that choose by validation always have an inner part; for all others these
        // slices are only measured on.
        valid: inner_valid.as_deref().unwrap_or(&held_out),
    };
    let model = template(settings, &pool.dataset, &data, pool.summary());
    let training = Training {
        data,
        recipe: &settings.recipe,
        settings: &settings.training,
        folder,
        model: &model,
        features: &pool.features,
    };
    let outcome = hilum_train::train(engine.as_mut(), &training, progress, &stop_flag())
        .map_err(CommandError::failure)?;
    finished(&outcome, folder, progress.screen)?;
    write_curves(&folder.curves(), &outcome.history, &model.audit.to_string())
        .map_err(CommandError::failure)?;
    let pixels: Vec<_> = held_out.iter().map(|slice| &slice.pixels).collect();
    let batch = NonZeroUsize::new(settings.training.batch_size).unwrap_or(NonZeroUsize::MIN);
    let recipe = &settings.recipe;
    let mut on = |_| ControlFlow::Continue(());
    let probabilities = predict_slices(engine.as_mut(), &pixels, recipe, batch, &mut on)
        .map_err(CommandError::failure)?;
    let predictions = part.held_out.iter().zip(probabilities);
    Ok(predictions
        .map(|(position, probabilities)| OutOfFold {
            repeat: part.repeat,
            fold: part.fold,
            group: run.groups[*position],
            truth: pool.slices[*position].truth,
            probabilities,
        })
        .collect())
}

fn finished(outcome: &Outcome, folder: &RunFolder, screen: &Screen) -> Result<(), CommandError> {
    let StopReason::Interrupted { discarded } = outcome.reason else {
        return Ok(());
    };
    screen.note(format_args!(
        "interrupted in epoch {discarded}; every fold and epoch before is saved in `{}`\ngo on \
         with the same command",
        folder.path().parent().unwrap_or(folder.path()).display()
    ));
    Err(CommandError::Interrupted)
}

impl FoldRun<'_> {
    /// `fold-REPEAT-FOLD`.
    fn name(&self) -> String {
        format!("fold-{}-{}", self.part.repeat, self.part.fold)
    }

    fn folder(&self) -> PathBuf {
        self.parent.join(self.name())
    }

    /// Whether nothing has to be trained any more.
    pub(crate) fn is_done(&self) -> bool {
        self.folder().join("predictions.csv").is_file()
    }

    /// Removes the model and the checkpoint, which take most of the room.
    fn clear_up(&self) -> Result<(), CommandError> {
        if self.keeps_models {
            return Ok(());
        }
        for name in ["model.safetensors", "checkpoint.safetensors"] {
            match fs_err::remove_file(self.folder().join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(CommandError::failure(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Observer for Progress<'_> {
    fn batch_done(&mut self, batch: &BatchDone) {
        let loss = match (batch.phase, batch.loss) {
            (Phase::Train, Some(loss)) => format!("  loss {loss:.3}"),
            _ => String::new(),
        };
        let epochs = self.epochs_before + batch.epoch - 1;
        self.bar.set_position(epochs as u64);
        self.bar
            .set_message(format!("{} epoch {}{loss}", self.label, batch.epoch));
    }

    fn epoch_done(&mut self, epoch: &EpochDone<'_>) {
        let epochs = self.epochs_before + epoch.row.epoch;
        self.bar.set_position(epochs as u64);
        self.screen.detail(format_args!(
            "{}: {}",
            self.label,
            epoch_line(epoch.row, epoch.epochs)
        ));
    }
}
