//! What the user's machine says about the network and the cache.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use hilum_files::cache_folder;

use crate::{Proxies, hugging_face, torchvision};

/// Where weights are kept, and how they may be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// Folder of fetched weights; `None` if the system names none.
    pub cache: Option<PathBuf>,
    /// Whether the network must not be touched.
    pub offline: bool,
    /// Where torchvision's files are.
    pub torchvision_url: String,
    /// Where the Hugging Face hub is.
    pub hugging_face_url: String,
    /// What the hub knows the user by; sent to no other host.
    pub hugging_face_token: Option<String>,
    /// Through which hosts the network is reached.
    pub proxies: Proxies,
    /// How long is waited, and how often.
    pub patience: Patience,
}

/// How long is waited, and how often is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until an answer begins, and between two pieces of it.
    pub silence: Duration,
    /// Before another attempt.
    pub pause: Duration,
    /// Attempts, the first one included.
    pub attempts: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            pause: Duration::from_secs(1),
            attempts: 4,
        }
    }
}

impl Default for HubSettings {
    /// No cache, no proxies, the publishers' own addresses.
    fn default() -> Self {
        Self {
            cache: None,
            offline: false,
            torchvision_url: torchvision::URL.to_owned(),
            hugging_face_url: hugging_face::URL.to_owned(),
            hugging_face_token: None,
            proxies: Proxies::default(),
            patience: Patience::default(),
        }
    }
}

impl HubSettings {
    /// What the environment of this process says, as [`HubSettings::from_variables`] reads it. For
    /// programs; a library is told by its caller.
    pub fn from_environment() -> Self {
        Self::from_variables(&|name| env::var_os(name))
    }

    /// What variables say: those of [`cache_folder`], `HILUM_OFFLINE`, `HILUM_TORCHVISION_URL`,
    /// `HF_ENDPOINT`, `HF_TOKEN`, and those of [`Proxies`]. An empty one says nothing.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty())?;
            value.into_string().ok()
        };
        let url = |name: &str, own: &str| {
            let url = text(name).unwrap_or_else(|| own.to_owned());
            url.trim_end_matches('/').to_owned()
        };
        let is_set = |value: String| !matches!(&*value.to_lowercase(), "0" | "false" | "no");
        Self {
            cache: cache_folder(variable).map(|folder| folder.join("weights")),
            offline: text("HILUM_OFFLINE").is_some_and(is_set),
            torchvision_url: url("HILUM_TORCHVISION_URL", torchvision::URL),
            hugging_face_url: url("HF_ENDPOINT", hugging_face::URL),
            hugging_face_token: text("HF_TOKEN").map(|token| token.trim().to_owned()),
            proxies: Proxies::from_variables(&text),
            patience: Patience::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> HubSettings {
        HubSettings::from_variables(&|name| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(found.1.into())
        })
    }

    #[test]
    fn weights_have_a_folder_of_their_own_in_the_cache() {
        let settings = with(&[("HILUM_CACHE", "/big")]);
        assert_eq!(settings.cache, Some(PathBuf::from("/big/weights")));
        assert_eq!(with(&[]).cache, None);
    }

    #[test]
    fn offline_is_a_switch() {
        assert!(with(&[("HILUM_OFFLINE", "1")]).offline);
        assert!(!with(&[("HILUM_OFFLINE", "0")]).offline);
        assert!(!with(&[("HILUM_OFFLINE", "")]).offline);
        assert!(!with(&[]).offline);
    }

    #[test]
    fn mirrors_take_the_place_of_the_publishers() {
        let settings = with(&[("HF_ENDPOINT", "https://mirror.org/hf/")]);
        assert_eq!(settings.hugging_face_url, "https://mirror.org/hf");
        assert_eq!(
            settings.torchvision_url,
            "https://download.pytorch.org/models"
        );
    }
}
