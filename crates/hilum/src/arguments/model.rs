//! Which model is meant.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::bundled;

/// A model file, or the model that is part of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ModelChoice {
    /// `bundled`; a file of that name is `./bundled`.
    Bundled,
    /// A file.
    File(PathBuf),
}

impl FromStr for ModelChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == bundled::CHOICE {
            Self::Bundled
        } else {
            Self::File(PathBuf::from(text))
        })
    }
}

impl fmt::Display for ModelChoice {
    /// The path, or `bundled:NAME`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => formatter.pad(&bundled::name()),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}
