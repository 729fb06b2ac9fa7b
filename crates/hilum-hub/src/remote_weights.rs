//! Weights that somebody publishes, as they are named on the command line.

use std::fmt;

use thiserror::Error;

use crate::hugging_face::HubFile;
use crate::torchvision::TorchvisionWeights;
use crate::web::WebFile;

/// Weights that are not a file on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteWeights {
    given: String,
    pub(crate) publisher: Publisher,
}

/// Who publishes them, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Publisher {
    Torchvision(TorchvisionWeights),
    HuggingFace(HubFile),
    Web(WebFile),
}

/// Why a name stands for no weights.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// torchvision has no such network, or hilum has not.
    #[error(
        "no torchvision weights for `{name}`\nhint: there are weights for {}",
        networks()
    )]
    UnknownNetwork {
        /// What was asked for.
        name: String,
    },
    /// torchvision has weights of that network, in other versions.
    #[error("torchvision's `{network}` has no version `{version}`\nhint: it has {known}")]
    UnknownVersion {
        /// The network.
        network: String,
        /// What was asked for.
        version: String,
        /// The versions that it has.
        known: String,
    },
    /// No file of a repository.
    #[error(
        "`hf:{name}` names no file of the Hugging Face hub\n\
         hint: write `hf:OWNER/NAME/FILE` or `hf:OWNER/NAME@REVISION/FILE`"
    )]
    HubFile {
        /// What was asked for.
        name: String,
    },
    /// An address that cannot be used.
    #[error("cannot take weights from `{url}`: {reason}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

fn networks() -> String {
    let mut names = TorchvisionWeights::ALL.map(|one| one.network).to_vec();
    names.dedup();
    names.join(", ")
}

impl RemoteWeights {
    /// `torchvision:NETWORK[.VERSION]`, `hf:OWNER/NAME[@REVISION]/FILE`, or an address; `None` for
    /// anything else, which is a path.
    ///
    /// # Errors
    /// [`NameError`] if it begins like one of these and is none.
    ///
    /// ```
    /// use hilum_hub::RemoteWeights;
    ///
    /// assert!(RemoteWeights::parse("hf:timm/resnet18.a1_in1k/model.safetensors")?.is_some());
    /// assert!(RemoteWeights::parse("C:\\weights.pth")?.is_none());
    /// assert!(RemoteWeights::parse("torchvision:lenet").is_err());
    /// # Ok::<(), hilum_hub::NameError>(())
    /// ```
    pub fn parse(given: &str) -> Result<Option<Self>, NameError> {
        let publisher = if let Some(name) = given.strip_prefix("torchvision:") {
            Publisher::Torchvision(TorchvisionWeights::named(name)?)
        } else if let Some(name) = given.strip_prefix("hf:") {
            Publisher::HuggingFace(HubFile::parse(name)?)
        } else if given.starts_with("https://") || given.starts_with("http://") {
            Publisher::Web(WebFile::parse(given)?)
        } else {
            return Ok(None);
        };
        Ok(Some(Self {
            given: given.to_owned(),
            publisher,
        }))
    }

    /// The network that they are for, as torchvision calls it; `None` if only the file can tell.
    pub fn torchvision_network(&self) -> Option<&'static str> {
        match &self.publisher {
            Publisher::Torchvision(weights) => Some(weights.network),
            Publisher::HuggingFace(_) | Publisher::Web(_) => None,
        }
    }
}

impl fmt::Display for RemoteWeights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.given)
    }
}
