//! Why a card is not told.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a card is not told.
#[derive(Debug, Error)]
pub enum CardError {
    /// A folder in which no model lies.
    #[error(
        "`{}` holds no `model.safetensors`\nhint: give a model file, the folder of a run, or `bundled`",
        folder.display()
    )]
    NoModel {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder in which no evaluation lies.
    #[error(
        "`{}` holds no evaluation\nhint: make one with `hilum evaluate DATA --model FILE --out {}`",
        folder.display(), folder.display()
    )]
    NoEvaluation {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of another kind, such as the figures of a cross-validation.
    #[error("`{}` is not of an evaluation", path.display())]
    NotAnEvaluation {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Counts that are none.
    #[error("`{}` contradicts itself: its confusion is not one of its classes", path.display())]
    Contradictory {
        /// The file.
        path: PathBuf,
    },
    /// An evaluation of a model of other classes.
    #[error(
        "`{}` is of another model: it judges {found}\nhint: the model tells {expected} apart",
        folder.display()
    )]
    OtherClasses {
        /// The folder.
        folder: PathBuf,
        /// The evaluation's.
        found: String,
        /// The model's.
        expected: String,
    },
}
