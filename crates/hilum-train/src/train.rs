//! One call that trains.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use hilum_core::{ClassName, Split};
use hilum_graph::{Engine, EngineError, ParametersError, Shape};
use hilum_imaging::Recipe;
use hilum_metrics::History;
use hilum_weights::ModelFileError;
use thiserror::Error;

use crate::run::Run;
use crate::{
    CheckpointError, FeatureCache, ModelWriter, Observer, RunFolder, Settings, SettingsError,
    TrainingData,
};

/// What a run is made of.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// What is learnt from.
    pub data: TrainingData<'a>,
    /// How pixels become the network's input.
    pub recipe: &'a Recipe,
    /// How the network is trained.
    pub settings: &'a Settings,
    /// Where the run's files go.
    pub folder: &'a RunFolder,
    /// What makes the model file of the best weights, such as a template
    /// [`ModelFile`](hilum_weights::ModelFile).
    pub model: &'a dyn ModelWriter,
    /// Where results of frozen layers are kept; runs on the same slices may share it.
    pub features: &'a FeatureCache,
}

/// What came out of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Why it ended.
    pub reason: StopReason,
    /// Every complete epoch, and which one was kept.
    pub history: History,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// Nothing got better for as many epochs as the settings allow.
    EarlyStopping {
        /// The last epoch.
        epoch: usize,
    },
    /// The stop flag was set. What `discarded` had done so far is lost, nothing else; the same
    /// call goes on from the epoch before.
    Interrupted {
        /// The epoch that was running.
        discarded: usize,
    },
}

/// Why a run cannot begin or go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A setting cannot be used.
    #[error("the settings cannot be trained with")]
    Settings {
        /// Which, and why.
        #[source]
        source: SettingsError,
    },
    /// A class has nothing to learn from or to be judged by.
    #[error(
        "class `{class}` has no images in `{split}`\n\
         hint: is its folder named differently there? map it with `--class-map`"
    )]
    ClassMissing {
        /// The class.
        class: ClassName,
        /// Where it is missing.
        split: Split,
    },
    /// Nothing of this name could be the first to learn.
    #[error("`{graph}` has no layer `{node}`\nhint: `hilum arch {graph}` lists its layers")]
    UnknownNode {
        /// The network.
        graph: String,
        /// What was asked for.
        node: String,
    },
    /// The network tells another number of classes apart than the data has.
    #[error("`{graph}` tells {found} classes apart, the data has {expected}")]
    ClassCount {
        /// The network.
        graph: String,
        /// Classes in the data.
        expected: usize,
        /// Logits of the network.
        found: usize,
    },
    /// The recipe makes images that the network does not read.
    #[error("`{graph}` reads images of {expected}, the recipe makes {found}")]
    ImageShape {
        /// The network.
        graph: String,
        /// What it reads.
        expected: Shape,
        /// What the recipe makes.
        found: Shape,
    },
    /// A slice does not have the recipe's size.
    #[error(
        "slice {index} of `{split}` was prepared by another recipe: it is {found}, not {expected}"
    )]
    SliceShape {
        /// Its split.
        split: Split,
        /// Its position in the split, from 0.
        index: usize,
        /// What the recipe makes.
        expected: Shape,
        /// What it is.
        found: Shape,
    },
    /// The initial weights do not fit or are not finite.
    #[error("the initial weights cannot be trained")]
    InitialWeights {
        /// Which, and why.
        #[source]
        source: ParametersError,
    },
    /// The engine cannot do its part.
    #[error("the engine failed")]
    Engine {
        /// Why.
        #[source]
        source: EngineError,
    },
    /// The network has diverged.
    #[error(
        "the {what} stopped being finite in epoch {epoch}, step {step}, at a learning rate of \
         {learning_rate}\n\
         hint: lower the learning rate, such as to {}; {kept}",
        learning_rate / 10.0
    )]
    NotFinite {
        /// `loss`, `logits` or `weights`.
        what: &'static str,
        /// The epoch; the first is 1.
        epoch: usize,
        /// The step of the epoch; the first is 1.
        step: usize,
        /// The learning rate of that step.
        learning_rate: f64,
        /// What is left of the run: where the best model is.
        kept: String,
    },
    /// The checkpoint cannot be written, read or gone on from.
    #[error("the run cannot be secured or resumed")]
    Checkpoint {
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// The best model cannot be written.
    #[error(
        "the best model cannot be written\n\
         hint: make room on the disk, then go on with `--resume`: all complete epochs are safe"
    )]
    Model {
        /// Why.
        #[source]
        source: ModelFileError,
    },
    /// What frozen layers made of slices cannot be put aside.
    #[error(
        "cannot keep the features of the frozen layers\n\
         hint: make room on the disk, or keep fewer variations"
    )]
    Features {
        /// What the disk says.
        #[source]
        source: io::Error,
    },
    /// A log cannot be written.
    #[error(
        "cannot write `{}`\n\
         hint: make room on the disk, then go on with `--resume`: all complete epochs are safe",
        path.display()
    )]
    Log {
        /// The file.
        path: PathBuf,
        /// What the disk says.
        #[source]
        source: io::Error,
    },
}

/// Trains `engine`'s network and leaves the best weights in it and in the run's folder.
///
/// Goes on from the folder's checkpoint if there is one; the log and the weights are then the
/// same to the bit as those of a run that was never interrupted (but for seconds and images per
/// second), given the same engine and thread count.
///
/// After each epoch these are written, in this order: `checkpoint.safetensors`, from which all
/// else can be made again; `model.safetensors`, if the validation macro-F1 is higher than ever,
/// or as high with a lower loss; `log.csv`; the TensorBoard events. A process that is killed
/// loses at most the running epoch.
///
/// Once `stop` is set, the run ends before the next batch. The running epoch is discarded.
///
/// # Errors
/// [`TrainError`]; the best model so far stays where it is.
pub fn train(
    engine: &mut dyn Engine,
    training: &Training<'_>,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Outcome, TrainError> {
    Run::start(engine, training, observer, stop)?.finish()
}

impl Training<'_> {
    /// The network has diverged; says what is left.
    pub(crate) fn not_finite(
        &self,
        what: &'static str,
        epoch: usize,
        step: usize,
        learning_rate: f64,
    ) -> TrainError {
        let model = self.folder.model();
        let kept = if model.is_file() {
            format!("the best model so far is in `{}`", model.display())
        } else {
            "no epoch was complete, so there is no model".to_owned()
        };
        TrainError::NotFinite {
            what,
            epoch,
            step,
            learning_rate,
            kept,
        }
    }
}
