//! The weights that a training begins with, as the user names them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hilum_hub::{NameError, RemoteWeights};
use serde::{Deserialize, Serialize};

use crate::bundled;

/// Where weights come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WeightsSource {
    /// A file.
    File(PathBuf),
    /// Published under a name or an address.
    Published(RemoteWeights),
    /// The model that is part of the program.
    Bundled,
}

/// What a user chooses: a source, or `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightsChoice(
    /// `None` for `none`.
    pub Option<WeightsSource>,
);

/// The weights of a run, as `settings.toml` keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartingWeights {
    /// As the user named them.
    pub source: WeightsSource,
    /// SHA-256 of their file; absent until it is at hand. A record, not a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl From<WeightsSource> for StartingWeights {
    fn from(source: WeightsSource) -> Self {
        Self {
            source,
            sha256: None,
        }
    }
}

impl FromStr for WeightsSource {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == bundled::CHOICE {
            return Ok(Self::Bundled);
        }
        let published = RemoteWeights::parse(text)?;
        Ok(published.map_or_else(|| Self::File(PathBuf::from(text)), Self::Published))
    }
}

impl FromStr for WeightsChoice {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            text => text.parse().map(|source| Self(Some(source))),
        }
    }
}

impl TryFrom<String> for WeightsSource {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<WeightsSource> for String {
    fn from(source: WeightsSource) -> Self {
        source.to_string()
    }
}

impl fmt::Display for WeightsSource {
    /// As the user wrote it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Published(weights) => weights.fmt(formatter),
            Self::Bundled => formatter.pad(bundled::CHOICE),
        }
    }
}

impl fmt::Display for WeightsChoice {
    /// As the user wrote it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => formatter.pad("none"),
            Some(source) => source.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_written_as_it_was_given() {
        for text in [
            "weights/mobilenet_v2.pth",
            "torchvision:mobilenet_v2.IMAGENET1K_V1",
            "hf:owner/model@v1/w.safetensors",
            "https://example.org/w.pth",
            "bundled",
            "./none",
        ] {
            let choice: WeightsChoice = text.parse().unwrap();
            assert_eq!(choice.0.unwrap().to_string(), text);
        }
        assert_eq!("none".parse(), Ok(WeightsChoice(None)));
        assert!("torchvision:lenet".parse::<WeightsChoice>().is_err());
    }

    #[test]
    fn every_network_of_torchvision_has_weights_to_fetch() {
        for architecture in hilum_graph::Architecture::ALL {
            if let Some(name) = architecture.torchvision_name() {
                let choice = format!("torchvision:{name}").parse::<WeightsSource>();
                assert!(choice.is_ok(), "{name}");
            }
        }
    }
}
