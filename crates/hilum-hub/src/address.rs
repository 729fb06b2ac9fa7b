//! Where weights are fetched from, and where they are kept.

use std::path::PathBuf;

use crate::checksum::{Checksum, sha256};
use crate::remote_weights::Publisher;
use crate::{HubSettings, RemoteWeights};

/// All that it takes to fetch one file.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// How the user calls it.
    pub(crate) name: String,
    pub(crate) url: String,
    /// What its publisher's name for it says of its content.
    pub(crate) checksum: Option<Checksum>,
    /// What its server knows the user by.
    pub(crate) token: Option<String>,
    /// Its place in the cache.
    pub(crate) relative: PathBuf,
}

impl Address {
    pub(crate) fn of(weights: &RemoteWeights, settings: &HubSettings) -> Self {
        let name = weights.to_string();
        match &weights.publisher {
            Publisher::Torchvision(weights) => Self {
                name,
                url: format!("{}/{}", settings.torchvision_url, weights.file),
                checksum: Some(Checksum::starting_with(weights.sha256_start())),
                token: None,
                relative: ["torchvision", weights.file].iter().collect(),
            },
            Publisher::HuggingFace(file) => {
                let path = format!(
                    "{}/resolve/{}/{}",
                    file.repository, file.revision, file.file
                );
                let kept = ["hf", &file.repository, &file.revision, &file.file];
                Self {
                    name,
                    url: format!("{}/{path}", settings.hugging_face_url),
                    checksum: None,
                    token: settings.hugging_face_token.clone(),
                    relative: kept.iter().flat_map(|part| part.split('/')).collect(),
                }
            }
            Publisher::Web(file) => {
                // Files of one name come from many places; the place's digest keeps them apart.
                let place = sha256(file.url.as_bytes());
                Self {
                    name,
                    url: file.url.clone(),
                    checksum: file.sha256.clone().map(Checksum::starting_with),
                    token: None,
                    relative: ["web", &place[..16], file.name()].iter().collect(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(given: &str) -> Address {
        let weights = RemoteWeights::parse(given).unwrap().unwrap();
        Address::of(&weights, &HubSettings::default())
    }

    #[test]
    fn addresses_are_those_of_the_publishers() {
        let found = address("torchvision:resnet18");
        assert_eq!(
            found.url,
            "https://download.pytorch.org/models/resnet18-f37072fd.pth"
        );
        let found = address("hf:timm/resnet18.a1_in1k@main/model.safetensors");
        assert_eq!(
            found.url,
            "https://huggingface.co/timm/resnet18.a1_in1k/resolve/main/model.safetensors"
        );
        assert!(found.checksum.is_none(), "the hub tells it in its answer");
    }

    #[test]
    fn no_two_addresses_share_a_place() {
        let places = [
            "torchvision:mobilenet_v2",
            "torchvision:mobilenet_v2.IMAGENET1K_V1",
            "hf:a/b/w.pth",
            "hf:a/b@v2/w.pth",
            "hf:a/c/w.pth",
            "https://a.org/w.pth",
            "https://b.org/w.pth",
        ]
        .map(|given| address(given).relative);
        let distinct: std::collections::BTreeSet<_> = places.iter().collect();
        assert_eq!(distinct.len(), places.len());
    }
}
