//! One name, and the model that stands behind it now.

use std::fs::Metadata;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use hilum_core::Cancel;
use hilum_experiment::{
    Describe, ExperimentError, Model, ModelOrigin, Said, SharedModel, describe,
};
use serde_json::Value;

use super::ModelSource;
use crate::journal::{Entry, Journal, Level};
use crate::settings::ServeSettings;

/// One name, and the model that stands behind it now.
pub(crate) struct Slot {
    source: ModelSource,
    settings: ServeSettings,
    journal: Arc<dyn Journal>,
    current: RwLock<Current>,
    watched: Mutex<Watched>,
}

/// A model, and which one of its name it is.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) model: SharedModel,
    /// `1`, and one more with each replacement.
    pub(crate) version: u64,
    /// What it is worth, as `hilum card --format json` tells it, without places on the server.
    pub(crate) card: Arc<Value>,
    /// Why the file that stands there now is not served.
    pub(crate) trouble: Option<String>,
}

/// What tells one state of a file from another; `None` if it is gone.
type Stamp = Option<(SystemTime, u64)>;

struct Watched {
    /// The state that was opened, or could not be.
    known: Stamp,
    /// The state at the last look: a file that is still being written changes between two.
    seen: Stamp,
}

impl Slot {
    pub(super) fn open(
        source: &ModelSource,
        settings: &ServeSettings,
        journal: &Arc<dyn Journal>,
    ) -> Result<Self, Box<ExperimentError>> {
        let known = stamp(&source.origin);
        let (model, card) = open(source, settings)?;
        Ok(Self {
            source: source.clone(),
            settings: settings.clone(),
            journal: Arc::clone(journal),
            current: RwLock::new(Current {
                model,
                version: 1,
                card,
                trouble: None,
            }),
            watched: Mutex::new(Watched { known, seen: known }),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// The model as it is now; whoever holds it is answered by it, replaced or not.
    pub(crate) fn current(&self) -> Current {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it answers.
    pub(crate) fn is_ready(&self) -> bool {
        self.current().model.is_running()
    }

    /// Replaces the model if its file has changed and holds still.
    pub(super) fn look_for_change(&self) {
        let now = stamp(&self.source.origin);
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let holds_still = watched.seen == now;
        watched.seen = now;
        if now == watched.known || !holds_still {
            return;
        }
        watched.known = now;
        let outcome = match now {
            Some(_) => {
                open(&self.source, &self.settings).map_err(|error| reason(&error, &self.source))
            }
            None => Err("its file is gone".to_owned()),
        };
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let entry = match outcome {
            Ok((model, card)) => {
                let version = current.version + 1;
                *current = Current {
                    model,
                    version,
                    card,
                    trouble: None,
                };
                Entry::new(Level::Info, "model-replaced").with("version", version)
            }
            Err(trouble) => {
                let entry = Entry::new(Level::Warning, "model-not-replaced");
                let entry = entry.with("error", trouble.as_str());
                current.trouble = Some(trouble);
                entry
            }
        };
        drop(current);
        self.journal.note(&entry.with("model", self.name()));
    }
}

fn open(
    source: &ModelSource,
    settings: &ServeSettings,
) -> Result<(SharedModel, Arc<Value>), Box<ExperimentError>> {
    let session = settings.session(&(), Cancel::default());
    let model = Model::open(&source.origin, &settings.machine, &session)?;
    let described = describe(&Describe {
        model: source.origin.clone(),
        evaluations: Vec::new(),
    })?;
    let card = without_places(described.json(), source);
    let model = SharedModel::new(model, source.name_in_answers(), settings.sharing)?;
    Ok((model, Arc::new(card)))
}

/// A card, with nothing in it that says where the server keeps its files.
fn without_places(card: &Value, source: &ModelSource) -> Value {
    let mut card = card.clone();
    card["model"] = Value::from(source.name_in_answers());
    if let Some(Value::Array(evaluations)) = card.get_mut("evaluations") {
        for evaluation in evaluations.iter_mut().filter_map(Value::as_object_mut) {
            evaluation.shift_remove("folder");
            let data = evaluation.get("data").and_then(Value::as_str);
            let name = data.and_then(|data| Path::new(data).file_name());
            let name = name.map(|name| Value::from(name.to_string_lossy()));
            evaluation.insert("data".to_owned(), name.unwrap_or_default());
        }
    }
    card
}

fn stamp(origin: &ModelOrigin) -> Stamp {
    let ModelOrigin::File(path) = origin else {
        return None;
    };
    let metadata: Metadata = std::fs::metadata(path).ok()?;
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some((modified, metadata.len()))
}

/// What is wrong with a file, but not where it lies.
fn reason(error: &ExperimentError, source: &ModelSource) -> String {
    let said = Said::of(error).parts.join(": ");
    match &source.origin {
        ModelOrigin::Bundled => said,
        ModelOrigin::File(path) => said.replace(&path.display().to_string(), &source.name),
    }
}
