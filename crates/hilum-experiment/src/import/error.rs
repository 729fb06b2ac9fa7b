//! Why nothing is imported.

use std::path::PathBuf;

use hilum_core::ClassesError;
use hilum_keras::KerasError;
use thiserror::Error;

use super::PixelRange;

/// Why a model of another program is not imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be read, or holds what hilum does not have.
    #[error(transparent)]
    Keras(#[from] KerasError),
    /// The name promises another format.
    #[error(
        "`{}` names a file of another format: the model is written as safetensors\nhint: give `{}`",
        path.display(),
        path.with_extension("safetensors").display()
    )]
    Extension {
        /// What was given.
        path: PathBuf,
    },
    /// There is a file already.
    #[error(
        "`{}` is there already\nhint: choose another name, or replace it with `--force`",
        path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A Keras file does not say what its outputs stand for.
    #[error(
        "the network has {count} outputs, and the file does not say what they stand for\n\
         hint: name them in the order of the training with `--classes A,B,...`, or give its data with \
         `--classes-from DATA`: Keras sorts the names of class folders"
    )]
    NoClasses {
        /// How many outputs there are.
        count: usize,
    },
    /// Other classes than outputs.
    #[error(
        "the network has {expected} outputs, and {found} classes are named: {names}\n\
         hint: name one class for each output, in the order of the training"
    )]
    ClassCount {
        /// Outputs.
        expected: usize,
        /// Classes.
        found: usize,
        /// Their names.
        names: String,
    },
    /// Two outputs of one class.
    #[error("class `{name}` is named twice\nhint: name one class for each output")]
    RepeatedClass {
        /// Its name.
        name: String,
    },
    /// Names that are no class set.
    #[error(transparent)]
    Classes(#[from] ClassesError),
    /// A file or folder of classes that cannot be read.
    #[error(
        "cannot read classes from `{}`: {what}\n\
         hint: give a folder of class folders, or a file with a name a line or Keras's \
         `class_indices` as JSON",
        path.display()
    )]
    UnreadableClasses {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Outputs that cannot be brought into alphabetical order.
    #[error(
        "the outputs stand in another order than their classes' names, and the last layer, `{layer}`, \
         has no weights to be reordered\n\
         hint: name the classes so that they stand in alphabetical order"
    )]
    Order {
        /// The last layer.
        layer: String,
    },
    /// A range of colours for a network that reads grey, or that does not begin with a convolution.
    #[error(
        "`--input-range {range}` is for networks that read three channels and begin with a \
         convolution\nhint: choose `unit`, `signed` or `bytes`"
    )]
    Colours {
        /// What was asked for.
        range: PixelRange,
    },
}
