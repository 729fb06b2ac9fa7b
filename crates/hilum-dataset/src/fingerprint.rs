//! Which files, with which content, stood behind a number.

use std::fmt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use blake3::{Hash, Hasher};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Dataset, Sample};

/// A digest of a dataset: 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// BLAKE3 over relative path, class, split, size and content of every sample, in order.
    ///
    /// Two datasets have the same fingerprint only if they hold the same files in the same
    /// classes and splits; where they lie does not matter. Contents are read on all cores. A file
    /// that cannot be read counts as absent.
    pub fn of_contents(dataset: &Dataset) -> Self {
        Self::combine(dataset, |sample| content(&sample.path))
    }

    /// The same from sizes and times of change instead of contents: for caches that a touched
    /// file may void for nothing, never for provenance.
    pub fn of_file_times(dataset: &Dataset) -> Self {
        Self::combine(dataset, |sample| times(&sample.path))
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn combine(dataset: &Dataset, digest: impl Fn(&Sample) -> Option<Hash> + Sync + Send) -> Self {
        let digests: Vec<Option<Hash>> = dataset.samples.par_iter().map(digest).collect();
        let mut hasher = Hasher::new();
        for (sample, digest) in dataset.samples.iter().zip(digests) {
            let class = dataset.classes.name(sample.class).as_str();
            for field in [&sample.relative, class, sample.split.as_str()] {
                hasher.update(&(field.len() as u64).to_le_bytes());
                hasher.update(field.as_bytes());
            }
            hasher.update(&[u8::from(digest.is_some())]);
            if let Some(digest) = digest {
                hasher.update(digest.as_bytes());
            }
        }
        Self(hasher.finalize().to_hex().to_string())
    }
}

fn content(path: &Path) -> Option<Hash> {
    let mut hasher = Hasher::new();
    let file = fs_err::File::open(path).ok()?;
    hasher.update(&file.metadata().ok()?.len().to_le_bytes());
    hasher.update_reader(file).ok()?;
    Some(hasher.finalize())
}

fn times(path: &Path) -> Option<Hash> {
    let metadata = fs_err::metadata(path).ok()?;
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let mut hasher = Hasher::new();
    hasher.update(&metadata.len().to_le_bytes());
    hasher.update(&changed.as_nanos().to_le_bytes());
    Some(hasher.finalize())
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}
