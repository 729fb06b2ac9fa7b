//! Where a model comes from.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hilum_weights::ModelFile;

use crate::{ExperimentError, bundled};

/// Where a model comes from: a file, or the program itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelOrigin {
    /// `bundled`; a file of that name is `./bundled`.
    Bundled,
    /// A file.
    File(PathBuf),
}

impl ModelOrigin {
    /// What the file of the model says.
    ///
    /// # Errors
    /// [`ExperimentError::Model`] if there is no such file or it holds no model.
    pub fn read(&self) -> Result<ModelFile, ExperimentError> {
        match self {
            Self::Bundled => bundled::read(),
            Self::File(path) => Ok(ModelFile::read(path)?),
        }
    }

    /// BLAKE3 over the bytes of its file, as hexadecimal digits; `None` if it is gone.
    pub fn digest(&self) -> Option<String> {
        let digest = match self {
            Self::Bundled => blake3::hash(hilum_models::bundled()),
            Self::File(path) => blake3::hash(&fs_err::read(path).ok()?),
        };
        Some(digest.to_hex().to_string())
    }

    /// As a command takes it: the path, or `bundled`.
    pub fn argument(&self) -> String {
        match self {
            Self::Bundled => bundled::CHOICE.to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// `evaluation` in the folder of the model; that of the bundled one is the current folder.
    pub fn evaluation_folder(&self) -> PathBuf {
        match self {
            Self::Bundled => PathBuf::from("evaluation"),
            Self::File(path) => path.with_file_name("evaluation"),
        }
    }
}

impl FromStr for ModelOrigin {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == bundled::CHOICE {
            Self::Bundled
        } else {
            Self::File(PathBuf::from(text))
        })
    }
}

impl fmt::Display for ModelOrigin {
    /// The path, or `bundled:NAME`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => formatter.pad(&bundled::name()),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}
