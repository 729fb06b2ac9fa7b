//! From the cache, or into it.

use std::path::PathBuf;

use hilum_core::Cancel;

use crate::address::Address;
use crate::cache::{Found, Place};
use crate::download::download;
use crate::{FetchError, HubSettings, RemoteWeights};

/// Weights that lie on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedWeights {
    /// The file, in the cache.
    pub path: PathBuf,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// What a person may see of it.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Another process downloads the same file; this one waits for it.
    Waiting,
    /// The file in the cache is not what it was; it is fetched again.
    Damaged {
        /// The file.
        path: &'a std::path::Path,
    },
    /// The download begins, or goes on.
    Begins {
        /// Where it comes from.
        url: &'a str,
        /// Bytes that are there already.
        received: u64,
        /// Bytes of the whole file, if the server says so.
        total: Option<u64>,
    },
    /// Bytes came.
    Received {
        /// How many there are by now.
        received: u64,
    },
    /// An attempt failed; another follows.
    TriesAgain {
        /// Why it failed.
        error: &'a FetchError,
    },
}

/// Gives a file that holds `weights`: the cached one, without touching the network, or a fresh
/// download, whole and with the right checksum.
///
/// A download that broke off is gone on with where a checksum can tell whether the parts belong
/// together, and begins again where none can. Any number of processes may ask for the same file.
///
/// `cancel` is looked at between two pieces of the file, and while this waits; a server that says
/// nothing is given up as [`Patience`](crate::Patience) has it.
///
/// # Errors
/// [`FetchError`]; no file in the cache is then touched, but for a part to go on with later.
pub fn fetch(
    weights: &RemoteWeights,
    settings: &HubSettings,
    progress: &mut dyn FnMut(Progress<'_>),
    cancel: &Cancel,
) -> Result<FetchedWeights, FetchError> {
    let address = Address::of(weights, settings);
    let Some(cache) = &settings.cache else {
        return Err(FetchError::NoCacheFolder { name: address.name });
    };
    let place = Place::of(&address, cache);
    let path = place.path().to_owned();
    let found = place.look(address.checksum.as_ref())?;
    if let Found::Whole(sha256) = found {
        return Ok(FetchedWeights { path, sha256 });
    }
    if matches!(found, Found::Damaged) {
        progress(Progress::Damaged { path: &path });
    }
    if settings.offline {
        return Err(FetchError::Offline {
            name: address.name,
            url: address.url,
            expected: address.checksum.map(|checksum| checksum.to_string()),
        });
    }
    let _lock = place.lock(&mut || progress(Progress::Waiting), cancel)?;
    if let Found::Whole(sha256) = place.look(address.checksum.as_ref())? {
        return Ok(FetchedWeights { path, sha256 });
    }
    let sha256 = download(&address, &place.partial(), settings, progress, cancel)?;
    place.keep(&sha256)?;
    Ok(FetchedWeights { path, sha256 })
}
