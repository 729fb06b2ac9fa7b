//! One training run, from its folder to its best model.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::{AuditSummary, Split};
use hilum_dataset::Dataset;
use hilum_dataset::audit::Audit;
use hilum_files::write_atomically;
use hilum_graph::{Engine, Parameters};
use hilum_imaging::Pixels;
use hilum_metrics::History;
use hilum_report::TrainingContext;
use hilum_train::{
    FeatureCache, Keep, LabelledSlice, Outcome, RunFolder, StopReason, Training, TrainingData,
};
use hilum_weights::{INTENDED_USE, KnownSlices, ModelFile, TrainingRecord};
use rayon::ThreadPool;
use serde::Serialize;

use super::Place;
use super::events::TrainingEvents;
use crate::calibration::{NotCalibrated, ValidSlices, calibrate_on_valid, out_of_fold};
use crate::data::{self, Audited};
use crate::detector::{Network, affordable, fit};
use crate::error::Interruptible;
use crate::places::without_places;
use crate::session::{Session, workers};
use crate::settings::RunSettings;
use crate::{Event, ExperimentError, network, rounding, weights};

/// What a run is started with, and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Where its files go.
    pub place: Place,
    /// Everything that decides it.
    pub settings: RunSettings,
}

/// What came out of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trained {
    /// The run's folder.
    pub folder: PathBuf,
    /// The model in it.
    pub model: PathBuf,
    /// Which epoch's weights became the model.
    pub keep: Keep,
    /// Whether the run ended before its last epoch, because nothing got better.
    pub stopped_early: bool,
    /// Every epoch, and which one was kept.
    pub history: History,
}

impl Trained {
    /// The run's folder, by the names of its files.
    ///
    /// # Errors
    /// [`ExperimentError::RunFolder`] if it is gone.
    pub fn run_folder(&self) -> Result<RunFolder, ExperimentError> {
        Ok(RunFolder::open(&self.folder)?)
    }
}

/// Audits the data, trains `run` to its end, or goes on with it from its checkpoint.
///
/// # Errors
/// [`ExperimentError`]; [`ExperimentError::Interrupted`] if the session was cancelled after
/// training had begun. The same run goes on with [`resume`](super::resume).
pub fn train(run: &Run, session: &Session<'_>) -> Result<Trained, ExperimentError> {
    run.place.check()?;
    let mut lock = match &run.place {
        Place::Existing(folder) => Some(folder.lock()?),
        _ => None,
    };
    let mut settings = run.settings.clone();
    weights::prepare(&mut settings.network, session)?;
    let workers = workers(settings.machine.threads)?;
    let audited = data::for_training(&settings.data, &workers, session)?;
    let Audited { dataset, audit } = data::with_valid(audited, &settings.data, session)?;
    let mut engine = network::open(&settings, dataset.classes(), session)?;
    settings.machine.engine = Some(engine.description());
    let Divided {
        train,
        valid,
        valid_samples,
    } = slices(&settings, &dataset, &workers, session)?;
    let data = TrainingData {
        classes: dataset.classes(),
        train: &train,
        valid: &valid,
    };
    let known = known_slices(&settings, &dataset, &audit, &workers, session)?;
    let mut model = template(&settings, &dataset, &data, audit.summary(), Some(known))?;
    if let Some(folder) = &settings.data.calibrate_on {
        calibrate_on(folder, &mut model, session)?;
    }
    session.cancel().check()?;
    let folder = run.place.folder(&settings)?;
    if lock.is_none() {
        lock = Some(folder.lock()?);
    }
    write_audit(&folder, &audit)?;
    let outcome = workers.install(|| {
        let training = Training {
            data,
            recipe: &settings.recipe,
            settings: &settings.training,
            folder: &folder,
            model: &model,
            features: &FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, folder.path()),
        };
        let mut events = TrainingEvents {
            session,
            curves: &folder.curves(),
            context: TrainingContext {
                validation: Some(settings.validation_role()),
                audit: model.audit.clone(),
            },
        };
        let stop = session.cancel().as_ref();
        hilum_train::train(engine.as_mut(), &training, &mut events, stop)
    })?;
    finished(&outcome, folder.path(), Interruptible::Run)?;
    if model.calibration.is_none() {
        let valid = ValidSlices {
            dataset: &dataset,
            audit: &audit,
            slices: &valid,
            samples: &valid_samples,
        };
        calibrate(
            &folder,
            &settings,
            valid,
            engine.as_mut(),
            &workers,
            session,
        )?;
    }
    detect(
        &folder,
        &settings,
        &train,
        &valid,
        engine.as_mut(),
        &workers,
        session,
    )?;
    look_at_rounding(&folder, &valid, &workers, session)?;
    drop(lock);
    Ok(Trained {
        folder: folder.path().to_owned(),
        model: folder.model(),
        keep: settings.training.keep,
        stopped_early: matches!(outcome.reason, StopReason::EarlyStopping { .. }),
        history: outcome.history,
    })
}

/// Before anything is trained: a folder of another model is refused then.
fn calibrate_on(
    folder: &Path,
    model: &mut ModelFile,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let found = out_of_fold(folder, model)?;
    session.tell(&Event::Calibrated {
        record: &found.record,
        differences: &found.differences,
    });
    model.calibration = Some(found.record);
    Ok(())
}

/// On the validation split, with the weights that became the model, which `engine` holds.
fn calibrate(
    folder: &RunFolder,
    settings: &RunSettings,
    valid: ValidSlices<'_>,
    engine: &mut dyn Engine,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let batch = NonZeroUsize::new(settings.training.batch_size).unwrap_or(NonZeroUsize::MIN);
    let found = if settings.data.train_on_valid {
        Err(NotCalibrated::TrainedOnValid)
    } else {
        calibrate_on_valid(valid, engine, &settings.recipe, batch, workers, session)?
    };
    match found {
        Ok(record) => {
            session.tell(&Event::Calibrated {
                record: &record,
                differences: "",
            });
            let mut model = ModelFile::read(&folder.model())?;
            model.calibration = Some(record);
            model.write(&folder.model())?;
        }
        Err(reason) => session.tell(&Event::NotCalibrated(&reason)),
    }
    Ok(())
}

/// A detector of what is unlike the training slices, with the weights that became the model, which
/// `engine` holds.
fn detect(
    folder: &RunFolder,
    settings: &RunSettings,
    train: &[LabelledSlice],
    valid: &[LabelledSlice],
    engine: &mut dyn Engine,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let batch = NonZeroUsize::new(settings.training.batch_size).unwrap_or(NonZeroUsize::MIN);
    let network = Network::new(engine, &settings.recipe, batch, session);
    let [train, valid] =
        [train, valid].map(|slices| slices.iter().map(|slice| &slice.pixels).collect::<Vec<_>>());
    let most = affordable(train.len() * settings.training.epochs);
    match workers.install(|| fit(network, &train, &valid, most))? {
        Ok(record) => {
            session.tell(&Event::DetectorFitted(&record));
            let mut model = ModelFile::read(&folder.model())?;
            model.detector = Some(record);
            model.write(&folder.model())?;
        }
        Err(reason) => session.tell(&Event::NoDetector(&reason)),
    }
    Ok(())
}

/// How the model answers the validation slices in `bf16`.
fn look_at_rounding(
    folder: &RunFolder,
    valid: &[LabelledSlice],
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<(), ExperimentError> {
    let mut model = ModelFile::read(&folder.model())?;
    let slices: Vec<&Pixels> = valid.iter().map(|slice| &slice.pixels).collect();
    if let Some(record) = rounding::look(&model, &slices, workers, session)? {
        session.tell(&Event::Rounded(&record));
        model.rounding = Some(record);
        model.write(&folder.model())?;
    }
    Ok(())
}

/// What is trained on and validated on.
struct Divided {
    train: Vec<LabelledSlice>,
    valid: Vec<LabelledSlice>,
    /// The position in the dataset of each slice of `valid`.
    valid_samples: Vec<usize>,
}

fn slices(
    settings: &RunSettings,
    dataset: &Dataset,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<Divided, ExperimentError> {
    let load = |split| {
        let (recipe, settings) = (&settings.recipe, &settings.data);
        data::load_split(dataset, split, recipe, settings, workers, session)
    };
    let mut divided = Divided {
        train: data::labelled(dataset, load(Split::Train)?),
        valid: Vec::new(),
        valid_samples: Vec::new(),
    };
    if settings.data.train_on_valid && dataset.of(Split::Valid).next().is_none() {
        return Ok(divided);
    }
    let loaded = load(Split::Valid)?;
    let samples = loaded.slices.iter().map(|slice| slice.sample_index);
    divided.valid_samples = samples.collect();
    divided.valid = data::labelled(dataset, loaded);
    if settings.data.train_on_valid {
        divided.train.append(&mut divided.valid);
        let numbered = divided.train.iter_mut().enumerate();
        numbered.for_each(|(number, slice)| slice.number = number);
    }
    Ok(divided)
}

/// By what the model will know its slices again, and those of the model that it begins with.
fn known_slices(
    settings: &RunSettings,
    dataset: &Dataset,
    audit: &Audit,
    workers: &ThreadPool,
    session: &Session<'_>,
) -> Result<KnownSlices, ExperimentError> {
    let learns_from =
        |split| split == Split::Train || (split == Split::Valid && settings.data.train_on_valid);
    let watched_on = |split| split == Split::Valid && !settings.data.train_on_valid;
    let of =
        |keep: &(dyn Fn(Split) -> bool + Sync)| data::fingerprints(dataset, audit, keep, workers);
    let known = KnownSlices::new(of(&learns_from), of(&watched_on));
    Ok(match weights::known_slices(&settings.network, session)? {
        Some(earlier) => known.and_those_of(earlier),
        None => known,
    })
}

/// # Errors
/// [`ExperimentError::Interrupted`] if the training did not come to its end.
pub(crate) fn finished(
    outcome: &Outcome,
    folder: &Path,
    work: Interruptible,
) -> Result<(), ExperimentError> {
    match outcome.reason {
        StopReason::Interrupted { discarded } => Err(ExperimentError::Interrupted {
            folder: folder.to_owned(),
            epoch: discarded,
            work,
        }),
        _ => Ok(()),
    }
}

/// `audit.json`: what is known of the data behind every number of the run.
pub(crate) fn write_audit(folder: &RunFolder, audit: &Audit) -> Result<(), ExperimentError> {
    let text = serde_json::to_string_pretty(audit)?;
    write_atomically(&folder.audit(), |file| file.write_all(text.as_bytes()))?;
    Ok(())
}

/// The model file without its weights.
pub(crate) fn template(
    settings: &RunSettings,
    dataset: &Dataset,
    data: &TrainingData<'_>,
    audit: AuditSummary,
    known_slices: Option<KnownSlices>,
) -> Result<ModelFile, ExperimentError> {
    let training = TrainingRecord::new(&without_places(settings), &data.fingerprint())?;
    Ok(ModelFile {
        architecture: network::description(settings, dataset.classes()),
        imported: network::imported(settings)?,
        classes: dataset.classes().clone(),
        recipe: settings.recipe.clone(),
        training,
        known_slices,
        audit,
        validation: None,
        calibration: None,
        detector: None,
        rounding: None,
        licence: None,
        intended_use: INTENDED_USE.to_owned(),
        parameters: Parameters::new(),
    })
}
