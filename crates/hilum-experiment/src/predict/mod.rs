//! What a model says of images, folders, DICOM files and series, in any mix.

mod answer_each;
pub(crate) mod batch;
mod frames;
mod in_order;
mod input_files;
mod judge;
mod parts;
mod prepared;
mod reading;
mod shard;
mod slice_order;
mod units;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hilum_core::ClassName;
use hilum_imaging::DecodeLimits;
use hilum_stores::Stores;
use hilum_trust::{Policy, Reason};
use hilum_weights::Acquaintance;
use serde::Serialize;

use crate::judging::Judging;
use crate::session::Session;
use crate::{ExperimentError, MemoryFile};

pub(crate) use judge::{Judge, JudgedFile, KEPT_CHUNK, Progress};

pub use answer_each::{Features, GivenAnswer, GivenHeat, Wishes, answer_each};
pub use frames::{Frames, FramesError};
pub use parts::answer_parts;
pub use prepared::{Prepared, PreparedAnswer, predict_prepared};
pub use shard::{Shard, ShardError};
pub use units::{
    Evidence, SliceCounts, UnitAnswer, UnitPrediction, UnitReason, Whole, answer_series,
    predict_units, predict_units_and_slices,
};

/// What is predicted, and how.
#[derive(Debug, Clone)]
pub struct Predict {
    /// Images, volumes, archives, folders, DICOM files and series.
    pub paths: Vec<PathBuf>,
    /// The same in memory, after those on the disk.
    pub files: Vec<MemoryFile>,
    /// Paths and addresses of a listing, each as it is called there; see [`Shard`].
    pub listed: Vec<PathBuf>,
    /// Which part of all that.
    pub shard: Shard,
    /// Who fetches what paths name by addresses of objects, `s3://...`; without it an address is
    /// a path.
    pub stores: Option<Stores>,
    /// More files than this, members of archives among them, are refused before one is decoded.
    pub most_files: usize,
    /// Slices that go through the network at once.
    pub batch: NonZeroUsize,
    /// Guards against files that would fill the memory.
    pub limits: DecodeLimits,
    /// Which frames of files that hold several.
    pub frames: Frames,
    /// What becomes of a DICOM slice that is no axial slice of a chest by its own header.
    pub doubtful: Doubtful,
    /// When there is no answer, and how often sets hold the truth.
    pub policy: Policy,
    /// A folder, empty or not there yet, for what the network reads of each slice.
    pub inputs_out: Option<PathBuf>,
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

    /// Files in memory, within the default limits.
    pub fn of_memory(files: Vec<MemoryFile>) -> Self {
        Self {
            files,
            ..Self::new(Vec::<PathBuf>::new())
        }
    }

    /// Files within the default limits.
    pub fn new(paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            paths: paths.into_iter().map(Into::into).collect(),
            files: Vec::new(),
            listed: Vec::new(),
            shard: Shard::WHOLE,
            stores: None,
            most_files: usize::MAX,
            batch: Self::BATCH,
            limits: DecodeLimits::default(),
            frames: Frames::default(),
            doubtful: Doubtful::default(),
            policy: Policy::default(),
            inputs_out: None,
        }
    }
}

/// What there is to say of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every file is judged: a box would be one for each"
)]
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
    /// The most likely class; `None` if the answer is "I don't know".
    pub class: Option<ClassName>,
    /// Whether the answer is "I don't know".
    pub abstained: bool,
    /// Why it is.
    pub reason: Option<Reason>,
    /// How likely each class is, in the order of the classes.
    pub probabilities: BTreeMap<ClassName, f64>,
    /// What the network said, before it was calibrated: a value a class, in their order, the mean
    /// of the views.
    #[serde(skip)]
    pub logits: Vec<f32>,
    /// Whether the probabilities are calibrated.
    pub calibrated: bool,
    /// The classes among which the truth is as often as [`Policy::coverage`] says, the most likely
    /// first; `None` if the model has no quantiles, or the slice is unlike the training data.
    pub set: Option<Vec<ClassName>>,
    /// The share of held-out slices of the training's kind that are as unlike it or more, in
    /// `0.0..=1.0`; `None` if the model has no detector.
    pub as_unlike: Option<f64>,
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
    /// What was written of what the network reads, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<InputFiles>,
}

/// What the network reads of a slice, for a model that runs elsewhere: names in
/// [`Predict::inputs_out`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputFiles {
    /// PNG, as decoded, in the body's frame if the model has one: what a whole ONNX file reads.
    pub image: String,
    /// NumPy's: views x channels x height x width, prepared: what a bare ONNX file reads.
    pub values: String,
}

/// What was read of slices goes nowhere.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not empty\nhint: choose another folder with `--inputs-out`", path.display())]
pub struct InputsPlaceError {
    /// The folder.
    pub path: PathBuf,
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
/// [`ExperimentError::Policy`] if a number of the policy is out of its range,
/// [`ExperimentError::NoImages`] if there are no files, [`ExperimentError::TooManyFiles`], [`ExperimentError::Input`] if a path cannot be
/// looked at, [`ExperimentError::Predict`] if the engine fails. A file that cannot be read is an
/// answer.
pub fn predict<'m>(
    model: impl Into<Judging<'m>>,
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
pub fn predict_each<'m>(
    model: impl Into<Judging<'m>>,
    request: &Predict,
    session: &Session<'_>,
    take: &mut dyn FnMut(FileAnswer) -> io::Result<()>,
) -> Result<FileCounts, ExperimentError> {
    let wishes = Wishes::default();
    answer_each(model, request, &wishes, session, &mut |given| match given {
        GivenAnswer::Slice { answer, .. } => take(answer),
        GivenAnswer::Unit(_) => Ok(()),
    })
}

/// A path that is no Unicode is shown with marks, rather than not at all.
pub(crate) fn display<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
