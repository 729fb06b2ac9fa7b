//! A model that is open: it answers, and says where it looked.

use std::mem;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hilum_experiment::{
    Doubtful, ExperimentError, Explain, FileAnswer, FileExplanation, Frames, HeatPlace,
    HeatRequest, MemoryFile, Method, Model, Predict, Session, Thoroughness, UnitAnswer, View,
    Whole, explain_each, names_objects, predict, predict_units,
};
use hilum_imaging::DecodeLimits;
use hilum_stores::{StoreSettings, Stores};
use pyo3::prelude::*;
use pythonize::pythonize;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::{Observer, call, read, verb};
use crate::choices::{AnswerChoices, Chosen};
use crate::errors;
use crate::verbs::evaluate::origin;
use crate::verbs::{Word, read_word};

/// A model that is open. Threads that share it wait for one another.
#[pyclass(frozen, name = "NativeModel", module = "hilum._hilum")]
pub(crate) struct NativeModel {
    model: Mutex<Model>,
    max_pixels: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    model: PathBuf,
    settings: Chosen,
}

/// How slices are read and judged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    paths: Vec<PathBuf>,
    batch: NonZeroUsize,
    frames: Option<Word<Frames>>,
    strict: bool,
    answers: AnswerChoices,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Explaining {
    asked: Asked,
    #[serde(deserialize_with = "read_word")]
    method: Method,
    layer: Option<String>,
    #[serde(deserialize_with = "read_word")]
    sanity: Thoroughness,
    class: Option<String>,
    out: PathBuf,
    overwrite: bool,
}

/// A file in memory: what answers call it, and its bytes.
type Named = (PathBuf, Vec<u8>);

#[pymethods]
impl NativeModel {
    /// Opens a model.
    #[new]
    #[pyo3(signature = (request, observer=None))]
    fn open(request: &Bound<'_, PyAny>, observer: Observer) -> PyResult<Self> {
        let py = request.py();
        let Opening { model, settings } = read(request)?;
        let choices = settings.choices();
        let choices = choices.map_err(|error| errors::of_request(py, &error))?;
        let open =
            |session: &Session<'_>| Model::open(&origin(&model), &choices.machine(), session);
        Ok(Self {
            model: Mutex::new(call(py, observer, open)?),
            max_pixels: choices.max_pixels(),
        })
    }

    /// What the model's file says.
    fn describe<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let described = py.detach(|| described(&self.model()));
        Ok(pythonize(py, &described)?)
    }

    /// What it says of every slice, in the library's order.
    #[pyo3(signature = (request, files, observer=None))]
    fn predict<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        files: Vec<Named>,
        observer: Observer,
    ) -> PyResult<Bound<'py, PyAny>> {
        verb(request, observer, |asked: Asked, session| {
            let request = self.request(asked, files, session)?;
            let said = predict(&mut *self.model(), &request, session)?;
            Ok(said
                .answers
                .into_iter()
                .map(with_logits)
                .collect::<Vec<_>>())
        })
    }

    /// What it says of every series or patient.
    #[pyo3(signature = (request, by, files, observer=None))]
    fn predict_whole<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        by: &str,
        files: Vec<Named>,
        observer: Observer,
    ) -> PyResult<Bound<'py, PyAny>> {
        let whole = if by == "patient" {
            Whole::Patient
        } else {
            Whole::Series
        };
        verb(request, observer, |asked: Asked, session| {
            let request = self.request(asked, files, session)?;
            let mut answers: Vec<UnitAnswer> = Vec::new();
            predict_units(
                &mut *self.model(),
                &request,
                whole,
                session,
                &mut |answer| {
                    answers.push(answer);
                    Ok(())
                },
            )?;
            Ok(answers)
        })
    }

    /// Where it looks; pictures and maps go into a folder.
    #[pyo3(signature = (request, files, observer=None))]
    fn explain<'py>(
        &self,
        request: &Bound<'py, PyAny>,
        files: Vec<Named>,
        observer: Observer,
    ) -> PyResult<Bound<'py, PyAny>> {
        verb(request, observer, |wanted: Explaining, session| {
            let request = Explain {
                predict: self.request(wanted.asked, files, session)?,
                heat: HeatRequest {
                    method: wanted.method,
                    layer: wanted.layer,
                    sanity: wanted.sanity,
                },
                class: wanted.class,
                lesions: None,
                views: View::ALL.to_vec(),
                place: if wanted.overwrite {
                    HeatPlace::Over(wanted.out)
                } else {
                    HeatPlace::At(wanted.out)
                },
            };
            let mut explained: Vec<FileExplanation> = Vec::new();
            explain_each(&mut self.model(), &request, session, &mut |one| {
                explained.push(one);
                Ok(())
            })?;
            Ok(explained)
        })
    }
}

impl NativeModel {
    /// A call that was broken off has left it as it was.
    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(
        &self,
        asked: Asked,
        files: Vec<Named>,
        session: &Session<'_>,
    ) -> Result<Predict, ExperimentError> {
        let files = files.into_iter();
        let stores = names_objects(&asked.paths).then(|| {
            Stores::new(StoreSettings {
                variables: StoreSettings::relevant(std::env::vars_os()),
                proxies: session.hub.proxies.clone(),
                patience: session.hub.patience,
                ..StoreSettings::default()
            })
        });
        Ok(Predict {
            stores: stores.transpose()?,
            files: files
                .map(|(path, bytes)| MemoryFile::new(path, bytes))
                .collect(),
            batch: asked.batch,
            limits: DecodeLimits {
                max_pixels: self.max_pixels,
            },
            frames: asked.frames.map(|word| word.0).unwrap_or_default(),
            doubtful: if asked.strict {
                Doubtful::Refuse
            } else {
                Doubtful::Warn
            },
            policy: asked.answers.policy(),
            ..Predict::new(asked.paths)
        })
    }
}

fn described(model: &Model) -> Value {
    let file = &model.file;
    json!({
        "model": model.origin.to_string(),
        "architecture": file.architecture.name.to_string(),
        "classes": file.classes,
        "engine": model.engine(),
        "recipe": file.recipe,
        "training": file.training,
        "audit": file.audit,
        "validation": file.validation,
        "calibrated": file.calibration.is_some(),
        "detector": file.detector.is_some(),
        "licence": file.licence,
        "intended_use": file.intended_use,
    })
}

/// An answer with what the network said before it was calibrated.
#[derive(Serialize)]
struct WithLogits {
    #[serde(flatten)]
    answer: FileAnswer,
    #[serde(skip_serializing_if = "Option::is_none")]
    logits: Option<Vec<f32>>,
}

fn with_logits(mut answer: FileAnswer) -> WithLogits {
    let logits = match &mut answer {
        FileAnswer::Predicted(prediction) => Some(mem::take(&mut prediction.logits)),
        FileAnswer::Unreadable { .. } => None,
    };
    WithLogits { answer, logits }
}
