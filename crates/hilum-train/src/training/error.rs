//! Why a run cannot begin or go on.

use std::io;
use std::path::PathBuf;

use hilum_core::{ClassName, Split};
use hilum_graph::{EngineError, ParametersError, Shape};
use hilum_weights::ModelFileError;
use thiserror::Error;

use crate::hyperparameters::{SettingsError, UnknownNode};
use crate::records::{CheckpointError, RunFolder};

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
    #[error(transparent)]
    UnknownNode {
        /// What was asked for.
        #[from]
        source: UnknownNode,
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

impl TrainError {
    /// The network has diverged; says what is left of the run in `folder`.
    pub(super) fn not_finite(
        what: &'static str,
        epoch: usize,
        step: usize,
        learning_rate: f64,
        folder: &RunFolder,
    ) -> Self {
        let model = folder.model();
        let kept = if model.is_file() {
            format!("the best model so far is in `{}`", model.display())
        } else {
            "no epoch was complete, so there is no model".to_owned()
        };
        Self::NotFinite {
            what,
            epoch,
            step,
            learning_rate,
            kept,
        }
    }
}
