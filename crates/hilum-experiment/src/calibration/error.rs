//! Why a model cannot be calibrated on what was given.

use std::path::PathBuf;

use thiserror::Error;

/// Why a model cannot be calibrated on what was given.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// The folder holds no cross-validation that is finished.
    #[error(
        "`{}` holds no finished cross-validation: there is no `{missing}`\n\
         hint: give the folder that `hilum cross-validate` names at its end, such as `runs/NAME`",
        folder.display()
    )]
    NotFinished {
        /// What was given.
        folder: PathBuf,
        /// What is not in it.
        missing: &'static str,
    },
    /// Another model was cross-validated.
    #[error(
        "`{}` was cross-validated with {what}\n  there: {there}\n  model: {model}\n\
         hint: cross-validate with the settings that the model is trained with",
        folder.display()
    )]
    OfAnotherModel {
        /// What was given.
        folder: PathBuf,
        /// What differs: `other classes`.
        what: &'static str,
        /// As the folder has it.
        there: String,
        /// As the model has it.
        model: String,
    },
    /// A file of the folder is not as it was written.
    #[error("`{}` cannot be read: {reason}\nhint: was it edited? cross-validate again", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Too few slices to say anything.
    #[error("`{}` does not suffice to calibrate by: {reason}", folder.display())]
    TooFew {
        /// What was given.
        folder: PathBuf,
        /// What is missing.
        reason: String,
    },
}
