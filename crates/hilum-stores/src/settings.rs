//! How stores are reached, and how much is asked for at once.

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroUsize;

use hilum_hub::{Patience, Proxies};

/// How the names of variables begin that stores read.
const PREFIXES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// How stores are reached, and how much is asked for at once.
#[derive(Clone)]
pub struct StoreSettings {
    /// Names and values that say where a store is and by what it knows us: `AWS_*`, `GOOGLE_*`,
    /// `AZURE_*`, as `object_store` reads them from an environment.
    pub variables: Vec<(String, String)>,
    /// Through which hosts servers are reached.
    pub proxies: Proxies,
    /// How long is waited, and how often is tried.
    pub patience: Patience,
    /// Requests in flight.
    pub requests: NonZeroUsize,
    /// Bytes of objects that are fetched before their turn.
    pub bytes_ahead: u64,
    /// Bytes that an object may have.
    pub object_bytes: u64,
}

impl Default for StoreSettings {
    /// No variables and no proxies; 64 requests, a quarter of a gigabyte ahead, objects of 800 MB.
    fn default() -> Self {
        Self {
            variables: Vec::new(),
            proxies: Proxies::default(),
            patience: Patience::default(),
            requests: NonZeroUsize::new(64).expect("64 is not 0"),
            bytes_ahead: 1 << 28,
            object_bytes: 800_000_000,
        }
    }
}

impl StoreSettings {
    /// Of an environment, what [`variables`](Self::variables) may hold.
    pub fn relevant(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Vec<(String, String)> {
        let texts = environment
            .into_iter()
            .filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        let is_ours = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        texts.filter(|(name, _)| is_ours(name)).collect()
    }
}

impl fmt::Debug for StoreSettings {
    /// Without what the variables say.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreSettings")
            .field("requests", &self.requests)
            .field("bytes_ahead", &self.bytes_ahead)
            .field("object_bytes", &self.object_bytes)
            .finish_non_exhaustive()
    }
}
