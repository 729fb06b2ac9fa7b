//! Networks by name.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::Architecture;

/// A name that no architecture has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown architecture `{name}`\nhint: did you mean `{nearest}`? `hilum arch` lists all")]
pub struct UnknownArchitecture {
    /// What was asked for.
    pub name: String,
    /// The known name nearest to it.
    pub nearest: Architecture,
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Architecture {
    type Err = UnknownArchitecture;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(known) = Self::ALL.into_iter().find(|known| known.name() == name) {
            return Ok(known);
        }
        let nearest = hilum_core::most_similar(name, Self::ALL.map(Self::name));
        let nearest = Self::ALL
            .into_iter()
            .find(|known| Some(known.name()) == nearest);
        let nearest = nearest.expect("there are architectures");
        Err(UnknownArchitecture {
            name: name.to_owned(),
            nearest,
        })
    }
}

impl TryFrom<String> for Architecture {
    type Error = UnknownArchitecture;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> Self {
        architecture.name().to_owned()
    }
}
