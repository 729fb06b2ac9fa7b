//! Networks by name, those that were imported among them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Architecture, UnknownArchitecture};

/// The network of a model: one that hilum knows, or one that came from another program and is
/// described by the model's file alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NetworkName {
    /// A network that hilum knows.
    Known(Architecture),
    /// A network whose graph lies in the model's file.
    Imported,
}

/// What a network is called that has no name here.
const IMPORTED: &str = "imported";

impl NetworkName {
    /// The name in model files and lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known(architecture) => architecture.name(),
            Self::Imported => IMPORTED,
        }
    }

    /// The network, if hilum knows it.
    pub const fn known(self) -> Option<Architecture> {
        match self {
            Self::Known(architecture) => Some(architecture),
            Self::Imported => None,
        }
    }
}

impl From<Architecture> for NetworkName {
    fn from(architecture: Architecture) -> Self {
        Self::Known(architecture)
    }
}

impl PartialEq<Architecture> for NetworkName {
    fn eq(&self, other: &Architecture) -> bool {
        self.known() == Some(*other)
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for NetworkName {
    type Err = UnknownArchitecture;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == IMPORTED {
            return Ok(Self::Imported);
        }
        name.parse().map(Self::Known)
    }
}

impl TryFrom<String> for NetworkName {
    type Error = UnknownArchitecture;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<NetworkName> for String {
    fn from(name: NetworkName) -> Self {
        name.name().to_owned()
    }
}
