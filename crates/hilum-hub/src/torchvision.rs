//! torchvision's weights: which file holds which version.

use crate::NameError;

/// Where torchvision publishes its weights.
pub(crate) const URL: &str = "https://download.pytorch.org/models";

/// The version that stands for a network's best.
const DEFAULT: &str = "DEFAULT";

/// A file of weights that torchvision publishes.
///
/// The name ends in the first eight digits of the file's SHA-256, as `torch.hub` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TorchvisionWeights {
    /// The network, as torchvision calls it.
    pub(crate) network: &'static str,
    /// The version, as torchvision's `WeightsEnum` calls it.
    pub(crate) version: &'static str,
    /// The file's name.
    pub(crate) file: &'static str,
}

impl TorchvisionWeights {
    /// All that are known, from torchvision 0.29's `torchvision/models/*.py`; the last version of
    /// a network is its `DEFAULT`.
    pub(crate) const ALL: [Self; 7] = [
        Self::new("mobilenet_v2", "IMAGENET1K_V1", "mobilenet_v2-b0353104.pth"),
        Self::new("mobilenet_v2", "IMAGENET1K_V2", "mobilenet_v2-7ebf99e0.pth"),
        Self::new(
            "efficientnet_b0",
            "IMAGENET1K_V1",
            "efficientnet_b0_rwightman-7f5810bc.pth",
        ),
        Self::new("resnet18", "IMAGENET1K_V1", "resnet18-f37072fd.pth"),
        Self::new("resnet50", "IMAGENET1K_V1", "resnet50-0676ba61.pth"),
        Self::new("resnet50", "IMAGENET1K_V2", "resnet50-11ad3fa6.pth"),
        Self::new(
            "squeezenet1_1",
            "IMAGENET1K_V1",
            "squeezenet1_1-b8a52dc0.pth",
        ),
    ];

    const fn new(network: &'static str, version: &'static str, file: &'static str) -> Self {
        Self {
            network,
            version,
            file,
        }
    }

    /// The weights called `NETWORK` or `NETWORK.VERSION`.
    pub(crate) fn named(name: &str) -> Result<Self, NameError> {
        let (network, version) = name.split_once('.').unwrap_or((name, DEFAULT));
        let versions = || Self::ALL.into_iter().filter(|one| one.network == network);
        let Some(newest) = versions().next_back() else {
            return Err(NameError::UnknownNetwork {
                name: network.to_owned(),
            });
        };
        if version == DEFAULT {
            return Ok(newest);
        }
        versions()
            .find(|one| one.version == version)
            .ok_or_else(|| NameError::UnknownVersion {
                network: network.to_owned(),
                version: version.to_owned(),
                known: versions()
                    .map(|one| one.version)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// The digits of the SHA-256 that stand in the file's name.
    pub(crate) fn sha256_start(&self) -> &'static str {
        let stem = self.file.trim_end_matches(".pth");
        stem.rsplit_once('-').map_or("", |(_, digits)| digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_alone_means_its_default_version() {
        let file = |name| TorchvisionWeights::named(name).unwrap().file;
        assert_eq!(file("mobilenet_v2"), "mobilenet_v2-7ebf99e0.pth");
        assert_eq!(file("mobilenet_v2.DEFAULT"), "mobilenet_v2-7ebf99e0.pth");
        assert_eq!(
            file("mobilenet_v2.IMAGENET1K_V1"),
            "mobilenet_v2-b0353104.pth"
        );
        assert_eq!(file("resnet50"), "resnet50-11ad3fa6.pth");
        assert_eq!(file("resnet18"), "resnet18-f37072fd.pth");
    }

    #[test]
    fn every_file_name_ends_in_eight_digits_of_its_checksum() {
        for weights in TorchvisionWeights::ALL {
            let start = weights.sha256_start();
            assert_eq!(start.len(), 8, "{}", weights.file);
            assert!(start.bytes().all(|digit| digit.is_ascii_hexdigit()));
        }
    }

    #[test]
    fn an_unknown_network_or_version_names_those_that_are_known() {
        let error = TorchvisionWeights::named("mobilenet-v2")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`mobilenet-v2`") && error.contains("mobilenet_v2, "),
            "{error}"
        );
        let error = TorchvisionWeights::named("resnet18.V2")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`V2`") && error.contains("IMAGENET1K_V1"),
            "{error}"
        );
    }
}
