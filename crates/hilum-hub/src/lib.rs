//! Fetching weights by name: addresses, download, checksum, cache.
//!
//! [`RemoteWeights`] are weights that somebody publishes: torchvision's by the network's name, a
//! file of the Hugging Face hub, or any file on the web. [`fetch`] gives a file on the disk that
//! holds them: from the cache, without touching the network, or downloaded into it. What the cache
//! holds is whole and has the checksum that its publisher names.
//!
//! ```
//! use hilum_core::Cancel;
//! use hilum_hub::{HubSettings, RemoteWeights, fetch};
//!
//! let weights = RemoteWeights::parse("torchvision:mobilenet_v2")?.expect("no path");
//! assert_eq!(weights.torchvision_network(), Some("mobilenet_v2"));
//!
//! // Without the network, the error says what to fetch by hand.
//! let empty = tempfile::tempdir()?;
//! let settings = HubSettings {
//!     cache: Some(empty.path().to_owned()),
//!     offline: true,
//!     ..HubSettings::default()
//! };
//! let refused = fetch(&weights, &settings, &mut |_| {}, &Cancel::default()).unwrap_err();
//! assert!(refused.to_string().contains("mobilenet_v2-7ebf99e0.pth"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing here knows a network or a tensor.

mod address;
mod cache;
mod checksum;
mod client;
mod download;
mod error;
mod fetch;
mod hugging_face;
mod proxies;
mod redirect;
mod remote_weights;
mod settings;
mod torchvision;
mod web;

pub use checksum::{file_sha256, sha256};
pub use client::root_certificates;
pub use error::{DroppedConnection, FetchError};
pub use fetch::{FetchedWeights, Progress, fetch};
pub use proxies::Proxies;
pub use remote_weights::{NameError, RemoteWeights};
pub use settings::{HubSettings, Patience};
