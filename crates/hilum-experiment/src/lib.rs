//! hilum for programs: audit, train, cross-validate, search, evaluate, compare, predict and export, each
//! one call that takes settings and gives a typed result.
//!
//! ```
//! use hilum_experiment::{
//!     Choices, Evaluate, Model, ModelOrigin, Place, Predict, Run, Session, evaluate, predict, train,
//! };
//! use hilum_imaging::{DatasetSettings, write_dataset};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let slices = folder.join("slices");
//! write_dataset(&slices, &DatasetSettings { size: 64, ..DatasetSettings::default() }, |_, _| {})?;
//!
//! let mut choices = Choices::default();
//! for (name, value) in [("arch", "compact-cnn"), ("epochs", "2"), ("image_size", "32")] {
//!     choices.choose(name, value)?;
//! }
//! let session = Session::default();
//! let settings = choices.resolve(&slices)?;
//! let place = Place::At(folder.join("run"));
//! let trained = train(&Run { place, settings: settings.clone() }, &session)?;
//!
//! let origin = ModelOrigin::File(trained.model);
//! let mut model = Model::open(&origin, &settings.machine, &session)?;
//! let report = evaluate(&mut model, &Evaluate::new(settings.data, &origin), &session)?;
//! assert!(report.as_is.scores.accuracy.is_some());
//!
//! let said = predict(&mut model, &Predict::new([slices.join("test")]), &session)?;
//! assert_eq!(said.answers.len(), report.as_is.count);
//! # Ok(())
//! # }
//! ```
//!
//! # What a call does and does not
//!
//! - It takes settings in which nothing is open. [`Choices`] are what a user chose; every setting
//!   is declared once, in [`SETTINGS`], under the names that it has everywhere.
//! - It tells an [`Observer`] what happens, as [`Event`]s, and gives a result that can be
//!   serialised. It prints nothing.
//! - It reads no environment variable: caches, mirrors and instruction sets are in the
//!   [`Session`].
//! - It can be cancelled from another thread ([`Session::cancelled_by`]); what it wrote before can
//!   be gone on with.
//! - It ends with an [`ExperimentError`] that knows whether the user can mend it, never with the process.
//! - It has its own threads: calls run side by side in one process.

mod audit;
mod bench;
pub mod bundled;
mod calibration;
mod card;
mod chain;
mod compare;
mod cross_validate;
mod data;
mod detector;
#[cfg(test)]
mod earlier;
mod engine;
mod error;
mod evaluate;
mod event;
mod explain;
mod export;
mod folds;
mod import;
mod inputs;
mod judging;
mod model;
mod model_origin;
mod named_model;
mod network;
mod own_training;
mod places;
mod predict;
mod ready_network;
mod rounding;
mod search;
mod session;
pub mod settings;
mod shared;
mod slice_names;
mod split;
mod train;
mod weights;

pub use audit::{AuditOutput, AuditRequest, audit};
pub use bench::{Bench, BenchFigure, BenchMode, bench};
pub use calibration::{CalibrationError, NotCalibrated};
pub use card::{CardError, Describe, Description, describe};
pub use chain::{Said, chain};
pub use compare::{Compare, CompareError, ComparedData, ComparisonPlace, Subject, compare};
pub use cross_validate::{
    CrossValidatedRun, CrossValidation, LeakError, LeakMeasure, cross_validate, out_of_fold_caption,
};
pub use data::UnreadableFiles;
pub use error::{ErrorKind, ExperimentError, Interruptible};
pub use evaluate::{
    ClassesDiffer, Division, Evaluate, EvaluationPlace, EvaluationPlaceError, StressGrid,
    UnknownStressGrid, evaluate,
};
pub use event::{Event, FoldPosition, FoldProgress, Observer, Passage, Task};
pub use explain::{
    Explain, Explained, Explanation, FileExplanation, HeatPlace, HeatPlaceError, HeatRequest,
    NoSuchClass, SliceHeat, explain_each, heat_of,
};
pub use export::{CardRequest, Export, ExportError, ExportFormat, Exported, export};
pub use folds::{
    ContinueError, FoldSettings, ForeignPredictions, Group, Grouped, InnerValid, InnerValidError,
    PoolError, parse_split,
};
pub use hilum_cpu::{InstructionSet, InstructionSetError};
pub use hilum_explain::sanity::{Checks, Placement, Thoroughness};
pub use hilum_explain::{HeatMap, Method, Signal, View};
pub use hilum_report::{Checklist, Guideline, PlotFormat};
pub use import::{ClassNames, Import, ImportError, Imported, PixelRange, import};
pub use inputs::{
    Listing, MemoryFile, Sources, fetch_dicomweb, names_dicomweb, names_objects, read_every_slice,
};
pub use judging::Judging;
pub use model::Model;
pub use model_origin::ModelOrigin;
pub use named_model::NamedModel;
pub use predict::{
    Doubtful, Evidence, Features, FileAnswer, FileCounts, Frames, FramesError, GivenAnswer,
    GivenHeat, InputFiles, InputsPlaceError, Predict, Prediction, Predictions, Prepared,
    PreparedAnswer, Shard, ShardError, SliceCounts, UnitAnswer, UnitPrediction, UnitReason, Whole,
    Wishes, answer_each, answer_parts, answer_series, predict, predict_each, predict_prepared,
    predict_units, predict_units_and_slices,
};
pub use search::{
    DEFAULT_SPACE, Search, SearchError, SearchOutcome, Strategy, TrialRecord, TrialState, Trials,
    TrialsAhead, Winner, judge_trial, search, trials_ahead,
};
pub use session::Session;
pub use settings::{Choices, RunSettings, SETTINGS, Setting, SettingError};
pub use shared::{SharedLoad, SharedModel, SharedModelError, Sharing};
pub use split::{SplitRequest, split};
pub use train::{Place, PlaceError, Resume, Run, Trained, preview, resume, train};
pub use weights::{StartingWeights, StartingWeightsError, WeightsChoice, WeightsSource};
