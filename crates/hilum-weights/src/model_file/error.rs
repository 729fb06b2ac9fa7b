//! Why a model file is refused.

use std::path::PathBuf;

use thiserror::Error;

use hilum_graph::{GraphError, ParametersError, UnknownArchitecture};

use crate::TensorFileError;

/// Why a model could not be written or read.
#[derive(Debug, Error)]
pub enum ModelFileError {
    /// The file cannot be written or read, or is truncated or altered.
    #[error(transparent)]
    TensorFile(#[from] TensorFileError),
    /// A safetensors file of another program.
    #[error(
        "`{}` is a plain weights file, not a model: it does not say which network, classes and \
         preprocessing it is for\n\
         hint: train a model from it with `hilum train DATA --weights {}`",
        path.display(), path.display()
    )]
    PlainWeights {
        /// The file.
        path: PathBuf,
    },
    /// A file that Keras saved.
    #[error(
        "`{}` is a model of Keras\n\
         hint: make one of hilum's of it: `hilum import {} --out {}`",
        path.display(), path.display(), path.with_extension("safetensors").display()
    )]
    Keras {
        /// The file.
        path: PathBuf,
    },
    /// Something else, such as a checkpoint or an image.
    #[error(
        "`{}` is not a model: {reason}\n\
         hint: a run's model is its `model.safetensors`",
        path.display()
    )]
    NotAModel {
        /// The file.
        path: PathBuf,
        /// What a model has and this file has not.
        reason: String,
    },
    /// Written by a later version.
    #[error(
        "`{}` has format version {found}, this hilum reads {supported}\n\
         hint: install a newer hilum",
        path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The latest version that can be read.
        supported: u32,
    },
    /// A part of the metadata was written by a later version.
    #[error(
        "`{key}` of `{}` has version {found}, this hilum reads {supported}\n\
         hint: install a newer hilum",
        path.display()
    )]
    NewerRecord {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: &'static str,
        /// Its version.
        found: u32,
        /// The latest version that can be read.
        supported: u32,
    },
    /// The file names a network that does not exist here.
    #[error(
        "`{}` holds the network `{}`, which this hilum does not know\n\
         hint: install the hilum that wrote it, or a newer one",
        path.display(), source.name
    )]
    UnknownArchitecture {
        /// The file.
        path: PathBuf,
        /// The name.
        #[source]
        source: UnknownArchitecture,
    },
    /// An entry of the metadata is not what it should be.
    #[error("`{key}` of `{}` cannot be read", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The entry.
        key: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Two entries contradict each other.
    #[error("`{}` contradicts itself: {what}", path.display())]
    Inconsistent {
        /// The file.
        path: PathBuf,
        /// What does not go together.
        what: String,
    },
    /// The network cannot be built.
    #[error("the network of `{}` cannot be built", path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        #[source]
        source: GraphError,
    },
    /// The parameters are not those of the network, or not finite.
    #[error("the parameters of `{}` do not fit its network", path.display())]
    Parameters {
        /// The file.
        path: PathBuf,
        /// The first that does not fit.
        #[source]
        source: ParametersError,
    },
}
