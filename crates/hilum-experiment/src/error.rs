//! Every way in which a call ends badly; each knows whose fault it is.

use std::io;
use std::path::PathBuf;

use hilum_core::Cancelled;
use hilum_dataset::audit::{GateError, PageError, UnknownRule};
use hilum_dataset::{
    ClassMapError, FoldsError, MissingSplit, ReadError, StratifyError, WriteManifestError,
};
use hilum_dicomweb::{AddressError, DicomWebError};
use hilum_explain::LayerError;
use hilum_graph::{EngineError, GraphError};
use hilum_hub::FetchError;
use hilum_imaging::{DecodeError, LesionTableError, RecipeError};
use hilum_stores::StoreError;
use hilum_train::{PredictError, RunFolderError, SettingsError, TrainError, UnknownNode};
use hilum_trust::PolicyError;
use hilum_weights::{ApplyError, ModelFileError, TensorFileError, WeightsError};
use thiserror::Error;

use crate::calibration::CalibrationError;
use crate::card::CardError;
use crate::compare::CompareError;
use crate::cross_validate::LeakError;
use crate::data::UnreadableFiles;
use crate::evaluate::{ClassesDiffer, EvaluationPlaceError};
use crate::explain::{HeatPlaceError, NoSuchClass};
use crate::export::ExportError;
use crate::folds::{ContinueError, ForeignPredictions, InnerValidError, PoolError};
use crate::import::ImportError;
use crate::predict::InputsPlaceError;
use crate::search::SearchError;
use crate::settings::SettingError;
use crate::shared::SharedModelError;
use crate::train::PlaceError;
use crate::weights::StartingWeightsError;

/// Who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Arguments, files or data that cannot be used: the user can.
    BadInput,
    /// A disk, a device, the network or a computation failed.
    Failure,
    /// Somebody asked the call to stop; what was done is saved.
    Cancelled,
}

/// Why a call stopped. What it says, its causes and its hints are those of the error inside.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A choice that no setting takes.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Settings that cannot be trained with.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A recipe that prepares nothing.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The validation split cannot both be trained on and choose.
    #[error(
        "`--train-on-valid` leaves nothing to choose the epoch or the learning rate by\n\
         hint: add `--keep last --patience 0`, and `--schedule one-cycle` in place of `plateau`"
    )]
    NothingToChooseBy,
    /// Folders that cannot be mapped to classes.
    #[error(transparent)]
    ClassMap(#[from] ClassMapError),
    /// Data that cannot be read.
    #[error(transparent)]
    Data(#[from] ReadError),
    /// A split that the data does not have.
    #[error(transparent)]
    MissingSplit(#[from] MissingSplit),
    /// An audit rule that does not exist.
    #[error(transparent)]
    UnknownRule(#[from] UnknownRule),
    /// Data that the audit does not let pass.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// Files of a dataset that cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnreadableFiles),
    /// A file that cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Data that cannot be divided.
    #[error(transparent)]
    Stratify(#[from] StratifyError),
    /// Data that cannot be divided into folds.
    #[error(transparent)]
    Folds(#[from] FoldsError),
    /// There is no validation split, and train is too small to cut one from.
    #[error(
        "the data has no `valid`, and none can be set aside from `train`\n\
         hint: add `valid/CLASS`, or divide all of it with `hilum split`"
    )]
    NoValid {
        /// Why not.
        source: FoldsError,
    },
    /// A policy that says nothing.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Nothing to predict.
    #[error("no images in what was given")]
    NoImages,
    /// An address of a DICOMweb server that is none.
    #[error(transparent)]
    DicomWebAddress(#[from] AddressError),
    /// A study or series that cannot be fetched.
    #[error(transparent)]
    DicomWeb(#[from] DicomWebError),
    /// Objects that cannot be listed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file that the user named cannot be read; the error names it.
    #[error(transparent)]
    Input(io::Error),

    /// A network that cannot be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A layer that the network does not have.
    #[error(transparent)]
    UnknownNode(#[from] UnknownNode),
    /// Weights that a run cannot begin with.
    #[error(transparent)]
    StartingWeights(#[from] StartingWeightsError),
    /// A file that holds no weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Weights that do not fit the network.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Weights that cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A model file that cannot be read or written.
    #[error(transparent)]
    Model(#[from] ModelFileError),
    /// A model that was made for other classes than the data has.
    #[error(transparent)]
    ClassesDiffer(#[from] ClassesDiffer),
    /// Models that cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A cross-validation that a model cannot be calibrated on.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// A model of which no card can be told.
    #[error(transparent)]
    Card(#[from] CardError),
    /// A name that a model is not exported under.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A model of another program that cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// What the network reads cannot be written there.
    #[error(transparent)]
    InputsPlace(#[from] InputsPlaceError),
    /// A folder of results that is taken.
    #[error(transparent)]
    EvaluationPlace(#[from] EvaluationPlaceError),
    /// A layer that heat cannot be read at.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A table of lesions that cannot be read.
    #[error(transparent)]
    Lesions(#[from] LesionTableError),
    /// A class whose heat cannot be asked for.
    #[error(transparent)]
    NoSuchClass(#[from] NoSuchClass),
    /// A folder of pictures that is taken.
    #[error(transparent)]
    HeatPlace(#[from] HeatPlaceError),
    /// A device that does not do its part.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A model that several ask at once does not answer.
    #[error(transparent)]
    SharedModel(#[from] SharedModelError),
    /// More files than are looked at.
    #[error("{count} files, and no more than {limit} are taken at once\nhint: send them in parts")]
    TooManyFiles {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Archives of stores that would fill the memory.
    #[error(
        "the archives of these addresses hold more than {limit} bytes together\n\
         hint: predict them in parts, or as files"
    )]
    TooManyArchives {
        /// Bytes that they may hold.
        limit: u64,
    },

    /// A training that cannot begin or go on.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Slices that cannot be predicted.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// The folder of a run that cannot be made, read or written.
    #[error(transparent)]
    RunFolder(#[from] RunFolderError),
    /// A place that a run cannot take or go on in.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A cross-validation or search that cannot go on where it was begun.
    #[error(transparent)]
    Continue(#[from] ContinueError),
    /// Slices that folds cannot be made of.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// Slices between which nothing can leak.
    #[error(transparent)]
    Leak(#[from] LeakError),
    /// Nothing to choose by, inside of a fold.
    #[error(transparent)]
    InnerValid(#[from] InnerValidError),
    /// Predictions of another fold.
    #[error(transparent)]
    ForeignPredictions(#[from] ForeignPredictions),
    /// A search that cannot begin or found nothing.
    #[error(transparent)]
    Search(#[from] SearchError),

    /// A file of results cannot be written; the error names it.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A plot or a report cannot be written.
    #[error(transparent)]
    Report(#[from] hilum_report::WriteError),
    /// A picture cannot be written.
    #[error(transparent)]
    Picture(#[from] hilum_imaging::WriteError),
    /// The page of an audit cannot be written.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A manifest cannot be written.
    #[error(transparent)]
    Manifest(#[from] WriteManifestError),
    /// A result does not fit its file.
    #[error("a result cannot be written")]
    Json(#[from] serde_json::Error),
    /// The same of TOML.
    #[error("a result cannot be written")]
    Toml(#[from] toml::ser::Error),
    /// The system has no more threads.
    #[error("cannot start threads\nhint: use fewer with `--threads`")]
    Threads {
        /// What the system said.
        source: rayon::ThreadPoolBuildError,
    },

    /// Training was stopped between two batches. What the running epoch had done is lost, nothing
    /// else.
    #[error("interrupted in epoch {epoch}; every epoch before is saved in `{}`", folder.display())]
    Interrupted {
        /// The folder that holds what was done.
        folder: PathBuf,
        /// The epoch that was running.
        epoch: usize,
        /// What was interrupted.
        work: Interruptible,
    },
    /// The call was stopped before it had done anything.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Work that can be gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruptible {
    /// One training.
    Run,
    /// Many, each in its fold.
    Folds,
}

impl ExperimentError {
    /// Who can mend it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Interrupted { .. }
            | Self::Cancelled(_)
            | Self::Data(ReadError::Cancelled(_))
            | Self::DicomWeb(DicomWebError::Cancelled(_))
            | Self::Fetch(FetchError::Cancelled(_))
            | Self::Store(StoreError::Cancelled(_)) => ErrorKind::Cancelled,
            Self::Store(error) if !error.is_bad_input() => ErrorKind::Failure,
            Self::DicomWeb(error) if !error.is_bad_input() => ErrorKind::Failure,
            Self::Fetch(error) => fetching(error),
            Self::Model(error) => of_model_file(error),
            Self::Train(error) => training(error),
            Self::RunFolder(error) => of_run_folder(error),
            Self::Engine(_)
            | Self::SharedModel(_)
            | Self::Predict(_)
            | Self::Output(_)
            | Self::Report(_)
            | Self::Picture(_)
            | Self::Page(_)
            | Self::Json(_)
            | Self::Toml(_)
            | Self::Threads { .. } => ErrorKind::Failure,
            _ => ErrorKind::BadInput,
        }
    }
}

fn fetching(error: &FetchError) -> ErrorKind {
    match error {
        FetchError::Unreachable { .. }
        | FetchError::Dropped { .. }
        | FetchError::Status { .. }
        | FetchError::Write { .. }
        | FetchError::Read { .. } => ErrorKind::Failure,
        _ => ErrorKind::BadInput,
    }
}

fn of_model_file(error: &ModelFileError) -> ErrorKind {
    match error {
        ModelFileError::TensorFile(TensorFileError::Write { .. }) => ErrorKind::Failure,
        _ => ErrorKind::BadInput,
    }
}

fn training(error: &TrainError) -> ErrorKind {
    match error {
        TrainError::Settings { .. } => ErrorKind::BadInput,
        _ => ErrorKind::Failure,
    }
}

fn of_run_folder(error: &RunFolderError) -> ErrorKind {
    match error {
        RunFolderError::Name { .. }
        | RunFolderError::Absent { .. }
        | RunFolderError::InUse { .. }
        | RunFolderError::Settings { .. }
        | RunFolderError::Read { .. } => ErrorKind::BadInput,
        _ => ErrorKind::Failure,
    }
}
