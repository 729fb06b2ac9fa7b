//! Where a model looks: heat of images, folders, DICOM files and series, with what checks say of it.

mod files;
mod heat;
mod lesions;
mod place;
mod slice_heat;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hilum_core::{ClassIndex, ClassName, Classes, closest};
use hilum_explain::sanity::{Checks, Placement};
use hilum_explain::{ExplainError, Method, Signal, View};
use hilum_trust::Reason;
use serde::Serialize;
use thiserror::Error;

use crate::inputs::{Fetched, Input};
use crate::judging::Judging;
use crate::predict::{Judge, JudgedFile, KEPT_CHUNK, Progress};
use crate::session::Session;
use crate::{Event, ExperimentError, FileCounts, Model, Predict, Task, inputs};
use files::Files;
use lesions::Lesions;

pub(crate) use heat::{Heat, HeatPlan, OwnSubject, Subject};

pub use heat::HeatRequest;
pub use place::{HeatPlace, HeatPlaceError};
pub use slice_heat::{SliceHeat, heat_of};

/// What is explained, and how.
#[derive(Debug, Clone)]
pub struct Explain {
    /// Which slices, and how they are judged.
    pub predict: Predict,
    /// How heat is found and checked.
    pub heat: HeatRequest,
    /// The class that the heat is to speak for; each slice's most likely one, if absent.
    pub class: Option<String>,
    /// A table of where lesions lie, of slices whose truth is known.
    pub lesions: Option<PathBuf>,
    /// What a slice's picture shows, side by side.
    pub views: Vec<View>,
    /// Where pictures go.
    pub place: HeatPlace,
}

/// What there is to say of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FileExplanation {
    /// It was judged, and asked for its heat.
    Explained(Box<Explanation>),
    /// It could not be read, or was refused.
    Unreadable {
        /// The file.
        #[serde(serialize_with = "crate::predict::display")]
        path: PathBuf,
        /// Which frame of several, if it was read and refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        frame: Option<usize>,
        /// Why.
        error: String,
    },
}

/// The heat of one slice in words and figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The file.
    #[serde(serialize_with = "crate::predict::display")]
    pub path: PathBuf,
    /// Which frame, page or plane of a file that holds several, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    /// The class that the heat speaks for.
    pub class: ClassName,
    /// How likely it is.
    pub probability: f64,
    /// The model's answer; `None` if it is "I don't know".
    pub answer: Option<ClassName>,
    /// Whether it is.
    pub abstained: bool,
    /// Why it is.
    pub reason: Option<Reason>,
    /// Which model said so.
    pub model: String,
    /// How heat was found.
    pub method: Method,
    /// The layer that was read; `None` for methods that look at the image alone.
    pub layer: Option<String>,
    /// Whether the map says anything.
    pub signal: Signal,
    /// Where in the chest the heat lies.
    #[serde(flatten)]
    pub placement: Placement,
    /// What checks found; nothing where there is no signal.
    pub sanity: Checks,
    /// The picture.
    #[serde(serialize_with = "crate::predict::display")]
    pub picture: PathBuf,
    /// The map as the method gave it: `float32`, of the file's own size.
    #[serde(serialize_with = "crate::predict::display")]
    pub map: PathBuf,
    /// What there is to doubt about the slice.
    pub warnings: Vec<String>,
}

/// A class that the model does not tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the model knows no class `{name}`\nhint: {hint}")]
pub struct NoSuchClass {
    name: String,
    hint: String,
}

/// What came of all files.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// How many there were.
    pub counts: FileCounts,
    /// The folder of the pictures.
    pub folder: PathBuf,
    /// Pages of many slices.
    pub pages: Vec<PathBuf>,
}

/// Judges every slice, finds its heat, writes pictures and maps, and hands an explanation of each to
/// `take` as it comes: memory stays flat but for the thumbnails of pages.
///
/// # Errors
/// As [`predict_each`](crate::predict_each); [`ExperimentError::Layer`] if the network has no such
/// layer, [`ExperimentError::NoSuchClass`], [`ExperimentError::HeatPlace`] if the folder is taken.
pub fn explain_each(
    model: &mut Model,
    request: &Explain,
    session: &Session<'_>,
    take: &mut dyn FnMut(FileExplanation) -> io::Result<()>,
) -> Result<Explained, ExperimentError> {
    request.predict.policy.check()?;
    request.place.check()?;
    let class = request
        .class
        .as_ref()
        .map(|name| class_of(&model.file.classes, name));
    let class = class.transpose()?;
    let graph = model.file.graph()?;
    let batch = request.predict.batch.get();
    let plan = HeatPlan::new(&request.heat, &graph, &model.file.recipe, batch)?;
    let inputs: Arc<[Input]> = inputs::list(&request.predict, session)?.into();
    let lesions = Lesions::read(request.lesions.as_deref())?;
    let mut files = Files::new(request, &plan, request.place.folder()?);
    let task = Task::Predict;
    let total = inputs.len();
    session.tell(&Event::Begins { task, total });
    let mut explain = |model: &mut Judging<'_>, judged: Vec<JudgedFile>| {
        let pixels = judged.iter().filter_map(|file| file.pixels.as_ref());
        let subjects: Vec<Subject<'_>> = pixels
            .map(|pixels| Subject {
                decoded: &pixels.decoded,
                prepared: &pixels.prepared,
                class: class.unwrap_or(pixels.most_likely),
            })
            .collect();
        let lesions = lesions.of(&judged);
        let heat = model.heat(&plan, &subjects, &lesions, session.cancel())?;
        for explanation in files.write(model, &judged, &subjects, &heat)? {
            take(explanation)?;
        }
        Ok(())
    };
    let order = (0..inputs.len()).collect();
    let fetched = Fetched::begin(&inputs, order, session.cancel());
    let mut judge = Judge {
        model: &mut Judging::Own(model),
        request: &request.predict,
        session,
        take: &mut explain,
        keeps_pixels: true,
        keeps_features: false,
        fetched: fetched.as_ref(),
        progress: Progress::default(),
    };
    for chunk in inputs.chunks(KEPT_CHUNK) {
        judge.files(&chunk.iter().collect::<Vec<_>>())?;
    }
    let counts = judge.progress.counts;
    session.tell(&Event::Ends { task });
    let pages = files.write_pages()?;
    for path in &pages {
        session.tell(&Event::WroteResult { path });
    }
    let folder = files.into_folder();
    session.tell(&Event::ResultsIn(&folder));
    Ok(Explained {
        counts,
        folder,
        pages,
    })
}

/// The class of this name.
pub(crate) fn class_of(classes: &Classes, name: &str) -> Result<ClassIndex, NoSuchClass> {
    let known = classes
        .indices()
        .find(|index| classes.name(*index).as_str() == name);
    known.ok_or_else(|| {
        let names: Vec<&str> = classes.names().iter().map(ClassName::as_str).collect();
        let near = closest(name, names.iter().copied());
        let all = names.join(", ");
        NoSuchClass {
            name: name.to_owned(),
            hint: near.map_or_else(
                || format!("one of {all}"),
                |near| format!("did you mean `{near}`? it tells apart {all}"),
            ),
        }
    })
}

impl From<ExplainError> for ExperimentError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::Engine(error) => error.into(),
            ExplainError::Cancelled(error) => error.into(),
        }
    }
}
