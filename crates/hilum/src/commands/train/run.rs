//! One training run, from its folder to its best model.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use hilum_core::{AuditSummary, Split};
use hilum_dataset::Dataset;
use hilum_dataset::audit::Audit;
use hilum_files::write_atomically;
use hilum_graph::Parameters;
use hilum_train::{FeatureCache, Keep, Outcome, RunFolder, StopReason, Training, TrainingData};
use hilum_weights::{ArchitectureDescription, INTENDED_USE, ModelFile};

use serde_json::{Value, json};

use super::network;
use super::progress::RunProgress;
use crate::audited::{self, Audited};
use crate::data;
use crate::engine;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::RunSettings;

/// What a run was started with, and where it goes.
pub(crate) struct Run {
    pub(crate) place: Place,
    pub(crate) settings: RunSettings,
}

/// Where a run's files go.
pub(crate) enum Place {
    /// A fresh folder under `runs`, made once everything else is known to be right; a taken name
    /// gets a number.
    New { runs: PathBuf, name: String },
    /// The folder of a run that goes on.
    Existing(RunFolder),
}

/// What came out of a run.
pub(crate) struct Trained {
    /// The run's folder; the best model is in it.
    pub(crate) folder: RunFolder,
    outcome: Outcome,
    keep: Keep,
}

impl Place {
    fn folder(&self, settings: &RunSettings) -> Result<RunFolder, CommandError> {
        match self {
            Self::Existing(folder) => Ok(folder.clone()),
            Self::New { runs, name } => {
                let folder = RunFolder::create(runs, name).map_err(CommandError::failure)?;
                folder
                    .write_settings(settings)
                    .map_err(CommandError::failure)?;
                Ok(folder)
            }
        }
    }
}

/// Trains `run` to its end, or goes on with it from its checkpoint.
pub(crate) fn train(run: &Run, screen: &Screen) -> Result<Trained, CommandError> {
    let mut settings = run.settings.clone();
    let device = settings
        .machine
        .device
        .parse()
        .map_err(CommandError::bad_input)?;
    let Audited { dataset, audit } = audited::for_training(&settings.data, screen)?;
    let (graph, parameters) = network::build(&settings, dataset.classes(), screen)?;
    let mut engine = engine::open(device, settings.machine.threads, graph, &parameters)
        .map_err(CommandError::failure)?;
    settings.machine.engine = Some(engine.description());
    drop(parameters);
    let load = |split| {
        data::load_split(&dataset, split, &settings.recipe, &settings.data, screen)
            .map(|loaded| data::labelled(&dataset, loaded))
    };
    let (mut train, mut valid) = (load(Split::Train)?, load(Split::Valid)?);
    if settings.data.train_on_valid {
        train.append(&mut valid);
        let numbered = train.iter_mut().enumerate();
        numbered.for_each(|(number, slice)| slice.number = number);
    }
    let data = TrainingData {
        classes: dataset.classes(),
        train: &train,
        valid: &valid,
    };
    let model = template(&settings, &dataset, &data, audit.summary());
    let folder = run.place.folder(&settings)?;
    write_audit(&folder, &audit)?;
    let training = Training {
        data,
        recipe: &settings.recipe,
        settings: &settings.training,
        folder: &folder,
        model: &model,
        features: &FeatureCache::new(FeatureCache::DEFAULT_LIMIT_BYTES, folder.path()),
    };
    let curves = folder.curves();
    let mut progress = RunProgress::new(screen, &curves, model.audit.to_string());
    let outcome = hilum_train::train(engine.as_mut(), &training, &mut progress, &stop_flag())
        .map_err(CommandError::failure)?;
    if let StopReason::Interrupted { discarded } = outcome.reason {
        screen.note(format_args!(
            "interrupted in epoch {discarded}; every epoch before is saved in `{}`\ngo on with the same command and `--resume`",
            folder.path().display()
        ));
        return Err(CommandError::Interrupted);
    }
    Ok(Trained {
        folder,
        outcome,
        keep: settings.training.keep,
    })
}

/// `audit.json`: what is known of the data behind every number of the run.
pub(crate) fn write_audit(folder: &RunFolder, audit: &Audit) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(audit).map_err(CommandError::failure)?;
    write_atomically(&folder.audit(), |file| file.write_all(text.as_bytes()))?;
    Ok(())
}

/// The model file without its weights.
pub(crate) fn template(
    settings: &RunSettings,
    dataset: &Dataset,
    data: &TrainingData<'_>,
    audit: AuditSummary,
) -> ModelFile {
    let training = json!({ "settings": settings, "data_fingerprint": data.fingerprint() });
    ModelFile {
        architecture: ArchitectureDescription {
            name: settings.network.architecture,
            input: network::input_shape(&settings.recipe),
            class_count: dataset.classes().len(),
            dropout: settings.network.dropout,
        },
        classes: dataset.classes().clone(),
        recipe: settings.recipe.clone(),
        training,
        audit,
        validation: Value::Null,
        calibration: None,
        licence: None,
        intended_use: INTENDED_USE.to_owned(),
        parameters: Parameters::new(),
    }
}

/// Set by the first Ctrl-C; a second one ends the process at once.
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&flag);
        // Without a handler Ctrl-C still ends the process, at the cost of the running epoch.
        let _ = ctrlc::set_handler(move || {
            if set.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(CommandError::Interrupted.exit_code()));
            }
        });
        flag
    });
    Arc::clone(flag)
}

impl fmt::Display for Trained {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(best) = self.outcome.history.best() else {
            return formatter.write_str("no epoch was complete");
        };
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        write!(
            formatter,
            "{} epoch {}: validation accuracy {}, macro-F1 {}, loss {}",
            match self.keep {
                Keep::Best => "best",
                Keep::Last => "last",
            },
            best.epoch,
            show(best.valid.accuracy),
            show(best.valid.macro_f1),
            show(best.valid.loss),
        )
    }
}
