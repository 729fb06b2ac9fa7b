//! What a model says of images, folders, DICOM files and series, in any mix.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Classes, Probabilities};
use hilum_dataset::{IgnoreReason, Ignored};
use hilum_imaging::{
    Concern, DecodeError, DecodeLimits, DecodeProblem, DicomInfo, DicomProblem, SliceFile,
    SliceFingerprint, place_mm,
};
use hilum_weights::{Acquaintance, ModelFile};
use rayon::prelude::*;
use serde::Serialize;

use crate::inputs::{self, Input};
use crate::session::Session;
use crate::slice_order::{Read, ReadSlice, arrange};
use crate::{Event, ExperimentError, Frames, Model, Task, chain};

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
    /// Which frames of files that hold several.
    pub frames: Frames,
    /// What becomes of a DICOM slice that is no axial slice of a chest by its own header.
    pub doubtful: Doubtful,
}

/// What becomes of a slice that there is something to doubt about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Doubtful {
    /// It is classified, with warnings.
    #[default]
    Warn,
    /// It is refused.
    Refuse,
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
            frames: Frames::default(),
            doubtful: Doubtful::default(),
        }
    }
}

/// What there is to say of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FileAnswer {
    /// It was classified.
    Predicted(Prediction),
    /// It could not be read, or was refused.
    Unreadable {
        /// The file.
        #[serde(serialize_with = "display")]
        path: PathBuf,
        /// Which frame of several, if it was read and refused.
        #[serde(skip_serializing_if = "Option::is_none")]
        frame: Option<usize>,
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
    /// What there is to doubt: a DICOM header that speaks of no axial slice of a chest, a file
    /// that departs from the standard, a place in its series that is not certain.
    pub warnings: Vec<String>,
    /// Whether the model was made with the slice; `None` for a stranger, or where nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<Acquaintance>,
    /// The DICOM study that the slice is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study_uid: Option<String>,
    /// The DICOM series that the slice is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series_uid: Option<String>,
    /// Its number in the series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_number: Option<i64>,
    /// Where it lies along the normal of its plane, in mm; for axial slices, towards the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_mm: Option<f64>,
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
    /// Slices that were read and refused.
    pub refused: usize,
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
        let (model, request) = (&self.model.file, self.request);
        let open = |input: &Input| Opened::of(input, model, request);
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
        let file = match input.open(self.request.limits) {
            Ok(file) => file,
            Err(error) => return self.slices(vec![Err(error)]),
        };
        let frames = self.request.frames.of(file.count());
        if frames.is_empty() {
            return self.slices(vec![Err(no_such_frame(input, &file, self.request))]);
        }
        for frames in frames.chunks(CHUNK) {
            let model = &self.model.file;
            let read = |index: &usize| read_slice(input, &file, *index, model);
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
        pass_over_indices(&mut read, session);
        let read = arrange(read);
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
                    let is_strict = self.request.doubtful == Doubtful::Refuse;
                    match refusal(&one).filter(|_| is_strict) {
                        None => FileAnswer::Predicted(prediction(self.model, one, &of_slice)),
                        Some(error) => {
                            self.counts.refused += 1;
                            let ReadSlice { path, frame, .. } = one;
                            FileAnswer::Unreadable { path, frame, error }
                        }
                    }
                }
                Err(error) => {
                    self.counts.unreadable += 1;
                    session.tell(&Event::FileUnreadable(&error));
                    FileAnswer::Unreadable {
                        error: chain(&error),
                        frame: None,
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
    let ReadSlice {
        path,
        frame,
        slice,
        warnings,
        known,
    } = read;
    let dicom = slice.info.dicom.as_deref();
    let classes: &Classes = &model.file.classes;
    let of_class = |class| (classes.name(class).clone(), probabilities.of(class));
    Prediction {
        path,
        class: classes.name(probabilities.most_likely()).clone(),
        probabilities: classes.indices().map(of_class).collect(),
        model: model.origin.to_string(),
        warnings,
        known,
        study_uid: dicom.and_then(|dicom| dicom.study_uid.clone()),
        series_uid: dicom.and_then(|dicom| dicom.series_uid.clone()),
        instance_number: dicom.and_then(|dicom| dicom.instance_number),
        position_mm: dicom.and_then(place_mm),
        frame,
    }
}

/// A file that was looked at; one of several slices is read when its turn comes, so that no chunk
/// holds more than one of them.
enum Opened {
    One(Read),
    Several,
}

impl Opened {
    fn of(input: &Input, model: &ModelFile, request: &Predict) -> Self {
        match input.open(request.limits) {
            Ok(file) if file.count() > 1 => Self::Several,
            Ok(file) if request.frames.of(1).is_empty() => {
                Self::One(Err(no_such_frame(input, &file, request)))
            }
            Ok(file) => Self::One(read_slice(input, &file, 0, model)),
            Err(error) => Self::One(Err(error)),
        }
    }
}

/// None of the frames that are wanted is in the file.
fn no_such_frame(input: &Input, file: &SliceFile, request: &Predict) -> DecodeError {
    let (count, wanted) = (file.count(), request.frames.to_string());
    DecodeError {
        path: input.path().clone(),
        problem: DecodeProblem::NoSuchFrame { count, wanted },
    }
}

/// A slice of a file, prepared, and what there is to doubt about it.
fn read_slice(input: &Input, file: &SliceFile, index: usize, model: &ModelFile) -> Read {
    let (path, recipe) = (input.path(), &model.recipe);
    let slice = file.decode(index, recipe).map_err(|problem| DecodeError {
        path: path.clone(),
        problem,
    })?;
    let known = model.known_slices.as_ref();
    let known = known.and_then(|known| known.knows(&SliceFingerprint::of(&slice.pixels)));
    let slice = recipe.prepared(slice);
    let concerns = slice.info.dicom.as_deref().map(DicomInfo::concerns);
    let concerns = concerns.unwrap_or_default();
    let concerns = concerns.iter().map(ToString::to_string);
    let notes = slice.info.notes.iter().map(ToString::to_string);
    Ok(ReadSlice {
        path: path.clone(),
        frame: (file.count() > 1).then_some(index + 1),
        warnings: concerns.chain(notes).chain(known.map(remembered)).collect(),
        slice,
        known,
    })
}

/// Leaves out files that are the index of a medium.
fn pass_over_indices(read: &mut Vec<Read>, session: &Session<'_>) {
    let is_index = |error: &DecodeError| {
        matches!(error.problem, DecodeProblem::Dicom(DicomProblem::Directory))
    };
    let mut left_out = Vec::new();
    read.retain(|one| match one {
        Err(error) if is_index(error) => {
            left_out.push(Ignored {
                path: error.path.clone(),
                reason: IgnoreReason::Index,
            });
            false
        }
        _ => true,
    });
    if !left_out.is_empty() {
        session.tell(&Event::FilesLeftOut(&left_out));
    }
}

/// What an answer about a known slice is worth.
fn remembered(known: Acquaintance) -> String {
    match known {
        Acquaintance::Learned => {
            "the model learned from this slice: its answer is remembered, not judged".to_owned()
        }
        Acquaintance::ChosenBy => {
            "the model was chosen by this slice, among others: its answer flatters".to_owned()
        }
    }
}

/// Why a slice is not classified under `--strict`; `None` if it is.
fn refusal(one: &ReadSlice) -> Option<String> {
    let concerns = one.dicom()?.concerns();
    // A file that departs from the standard may be a good slice all the same.
    let counts = |concern: &&Concern| !matches!(concern, Concern::Nonconforming(_));
    let said: Vec<String> = concerns
        .iter()
        .filter(counts)
        .map(ToString::to_string)
        .collect();
    if said.is_empty() {
        return None;
    }
    let path = one.path.display();
    let frame = one.frame.map(|frame| format!(" frame {frame}"));
    let frame = frame.unwrap_or_default();
    Some(format!("refused `{path}`{frame}: {}", said.join("; ")))
}

/// A path that is no Unicode is shown with marks, rather than not at all.
fn display<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
