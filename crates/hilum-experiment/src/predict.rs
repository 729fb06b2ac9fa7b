//! What a model says of images, folders, DICOM files and series, in any mix.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Classes, Probabilities};
use hilum_imaging::{DecodeError, DecodeLimits, DicomInfo, Recipe, Slice, SliceFile, series_order};
use rayon::prelude::*;
use serde::Serialize;

use crate::inputs::{self, Input};
use crate::session::Session;
use crate::{Event, ExperimentError, Model, Task, chain};

/// Slices that are decoded before the network sees the first of them: a long CT series, so that
/// its slices can be put in order, and a bound to the memory.
const CHUNK: usize = 1024;

/// What is predicted, and how.
#[derive(Debug, Clone)]
pub struct Predict {
    /// Images, volumes, archives, folders, DICOM files and series.
    pub paths: Vec<PathBuf>,
    /// Slices that go through the network at once.
    pub batch: NonZeroUsize,
    /// Guards against files that would fill the memory.
    pub limits: DecodeLimits,
}

impl Predict {
    /// Slices that go through the network at once, if nobody says otherwise.
    pub const BATCH: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not 0");

    /// Files within the default limits.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            paths: paths.into_iter().map(Into::into).collect(),
            batch: Self::BATCH,
            limits: DecodeLimits::default(),
        }
    }
}

/// What there is to say of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FileAnswer {
    /// It was classified.
    Predicted(Prediction),
    /// It could not be read.
    Unreadable {
        /// The file.
        #[serde(serialize_with = "display")]
        path: PathBuf,
        /// Why.
        error: String,
    },
}

/// What the model says of one slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The file.
    #[serde(serialize_with = "display")]
    pub path: PathBuf,
    /// The most likely class.
    pub class: ClassName,
    /// How likely each class is, in the order of the classes.
    pub probabilities: BTreeMap<ClassName, f64>,
    /// Which model said so.
    pub model: String,
    /// The DICOM series that the slice is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_uid: Option<String>,
    /// Its number in the series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_number: Option<i64>,
    /// Which frame, page or plane of a file that holds several, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
}

/// What came of all files.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Predictions {
    /// File by file, in order; the slices of a DICOM series as they lie in the body.
    pub answers: Vec<FileAnswer>,
}

/// How many files there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FileCounts {
    /// All of them.
    pub files: usize,
    /// Those that could not be read.
    pub unreadable: usize,
}

/// Classifies every file, and keeps the answers.
///
/// # Errors
/// [`ExperimentError::NoImages`] if there are no files, [`ExperimentError::Input`] if a path cannot be
/// looked at, [`ExperimentError::Predict`] if the engine fails. A file that cannot be read is an
/// answer.
pub fn predict(
    model: &mut Model,
    request: &Predict,
    session: &Session<'_>,
) -> Result<Predictions, ExperimentError> {
    let mut answers = Vec::new();
    predict_each(model, request, session, &mut |answer| {
        answers.push(answer);
        Ok(())
    })?;
    Ok(Predictions { answers })
}

/// The same, but that answers are handed to `take` as they come: memory stays flat at any number
/// of files.
///
/// # Errors
/// As [`predict`]; [`ExperimentError::Output`] with what `take` says.
#[expect(
    clippy::missing_panics_doc,
    reason = "the engine answers for every slice"
)]
pub fn predict_each(
    model: &mut Model,
    request: &Predict,
    session: &Session<'_>,
    take: &mut dyn FnMut(FileAnswer) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    let inputs = inputs::list(&request.paths, session)?;
    let task = Task::Predict;
    session.tell(&Event::Begins {
        task,
        total: inputs.len(),
    });
    let mut judge = Judge {
        model,
        request,
        session,
        take,
        counts: FileCounts::default(),
    };
    for chunk in inputs.chunks(CHUNK) {
        judge.files(chunk)?;
    }
    let counts = judge.counts;
    session.tell(&Event::Ends { task });
    Ok(counts)
}

/// What answers go through, a chunk of slices at a time.
struct Judge<'call, 'session> {
    model: &'call mut Model,
    request: &'call Predict,
    session: &'call Session<'session>,
    take: &'call mut dyn FnMut(FileAnswer) -> io::Result<()>,
    counts: FileCounts,
}

impl Judge<'_, '_> {
    /// Files of one slice are judged together; one of several is read by itself, a chunk of its
    /// slices at a time.
    fn files(&mut self, inputs: &[Input]) -> Result<(), ExperimentError> {
        self.session.cancel().check()?;
        let limits = self.request.limits;
        let recipe = &self.model.file.recipe;
        let open = |input: &Input| Opened::of(input, recipe, limits);
        let opened: Vec<Opened> = self
            .model
            .workers
            .install(|| inputs.par_iter().map(open).collect());
        let mut single = Vec::new();
        for (input, opened) in inputs.iter().zip(opened) {
            match opened {
                Opened::One(read) => single.push(read),
                Opened::Several => {
                    self.slices(mem::take(&mut single))?;
                    self.stack(input)?;
                }
            }
        }
        self.slices(single)
    }

    /// Every slice of a file that holds several.
    fn stack(&mut self, input: &Input) -> Result<(), ExperimentError> {
        let before = self.counts.files;
        let file = match input.open(&self.request.limits) {
            Ok(file) => file,
            Err(error) => return self.slices(vec![Err(error)]),
        };
        let frames: Vec<usize> = (0..file.count()).collect();
        for frames in frames.chunks(CHUNK) {
            let recipe = &self.model.file.recipe;
            let read = |index: &usize| read_slice(input, &file, *index, recipe);
            let read = self
                .model
                .workers
                .install(|| frames.par_iter().map(read).collect());
            self.slices(read)?;
            // They are one file, however many there are.
            self.counts.files = before + 1;
        }
        Ok(())
    }

    /// Judges slices, or says why there is none.
    fn slices(&mut self, mut read: Vec<Read>) -> Result<(), ExperimentError> {
        let (task, session) = (Task::Predict, self.session);
        session.cancel().check()?;
        order_series(&mut read);
        let slices = read.iter().flatten();
        let pixels: Vec<_> = slices.map(|one| &one.slice.pixels).collect();
        let (before, count) = (self.counts.files, read.len());
        let told = |done: usize| {
            let done = before + count * done / pixels.len();
            session.tell(&Event::Advances { task, done });
        };
        let batch = self.request.batch;
        let probabilities = self
            .model
            .probabilities(&pixels, batch, &told, session.cancel())?;
        let mut probabilities = probabilities.into_iter();
        self.counts.files += count;
        for one in read {
            let answer = match one {
                Ok(one) => {
                    let of_slice = probabilities.next().expect("one for each slice");
                    FileAnswer::Predicted(prediction(self.model, one, &of_slice))
                }
                Err(error) => {
                    self.counts.unreadable += 1;
                    session.tell(&Event::FileUnreadable(&error));
                    FileAnswer::Unreadable {
                        error: chain(&error),
                        path: error.path,
                    }
                }
            };
            (self.take)(answer)?;
        }
        Ok(())
    }
}

fn prediction(model: &Model, read: ReadSlice, probabilities: &Probabilities) -> Prediction {
    let ReadSlice { path, frame, slice } = read;
    let dicom = slice.info.dicom;
    let dicom = dicom.as_deref();
    let classes: &Classes = &model.file.classes;
    let of_class = |class| (classes.name(class).clone(), probabilities.of(class));
    Prediction {
        path,
        class: classes.name(probabilities.most_likely()).clone(),
        probabilities: classes.indices().map(of_class).collect(),
        model: model.origin.to_string(),
        series_uid: dicom.and_then(|dicom| dicom.series_uid.clone()),
        instance_number: dicom.and_then(|dicom| dicom.instance_number),
        frame,
    }
}

/// A slice that is ready for the network, and where it is from.
#[derive(Debug, Clone)]
struct ReadSlice {
    path: PathBuf,
    /// Which of several in its file, from 1.
    frame: Option<usize>,
    slice: Slice,
}

type Read = Result<ReadSlice, DecodeError>;

/// A file that was looked at; one of several slices is read when its turn comes, so that no chunk
/// holds more than one of them.
enum Opened {
    One(Read),
    Several,
}

impl Opened {
    fn of(input: &Input, recipe: &Recipe, limits: DecodeLimits) -> Self {
        match input.open(&limits) {
            Ok(file) if file.count() > 1 => Self::Several,
            Ok(file) => Self::One(read_slice(input, &file, 0, recipe)),
            Err(error) => Self::One(Err(error)),
        }
    }
}

/// A slice of a file, prepared.
fn read_slice(input: &Input, file: &SliceFile, index: usize, recipe: &Recipe) -> Read {
    let path = input.path();
    let slice = recipe.read(file, index).map_err(|problem| DecodeError {
        path: path.clone(),
        problem,
    })?;
    Ok(ReadSlice {
        path: path.clone(),
        frame: (file.count() > 1).then_some(index + 1),
        slice,
    })
}

/// Puts the slices of each DICOM series of a folder in the order in which they lie in the body.
fn order_series(read: &mut [Read]) {
    let mut series: BTreeMap<(PathBuf, String), Vec<usize>> = BTreeMap::new();
    for (index, one) in read.iter().enumerate() {
        let Ok(one) = one else { continue };
        let dicom = one.slice.info.dicom.as_ref();
        let uid = dicom.and_then(|dicom| dicom.series_uid.clone());
        if let (Some(uid), Some(folder)) = (uid, one.path.parent().map(Path::to_owned)) {
            series.entry((folder, uid)).or_default().push(index);
        }
    }
    for places in series.into_values() {
        let infos: Vec<&DicomInfo> = places
            .iter()
            .filter_map(|place| read[*place].as_ref().ok()?.slice.info.dicom.as_deref())
            .collect();
        let (order, _) = series_order(&infos);
        let ordered: Vec<_> = order
            .iter()
            .map(|index| read[places[*index]].as_ref().ok().cloned())
            .collect();
        for (place, one) in places.into_iter().zip(ordered) {
            read[place] = Ok(one.expect("only slices that were read are in a series"));
        }
    }
}

/// A path that is no Unicode is shown with marks, rather than not at all.
fn display<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
