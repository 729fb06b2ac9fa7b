//! Facts of files that have not changed since they were looked at.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use hilum_files::write_atomically;
use serde::{Deserialize, Serialize};

use super::facts::{FileFacts, SliceFacts};

/// Raised whenever facts are computed in another way.
const VERSION: u32 = 1;

/// A file's size and time of change: another one voids its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    changed_ns: u128,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata: Metadata = fs_err::metadata(path).ok()?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            size: metadata.len(),
            changed_ns: changed.as_nanos(),
        })
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    version: u32,
    files: HashMap<String, (Stamp, SliceFacts)>,
}

/// Facts by file. What cannot be read, or was written by another version, is an empty cache.
#[derive(Debug, Default)]
pub(super) struct Cache(HashMap<String, (Stamp, SliceFacts)>);

impl Cache {
    pub(super) fn open(path: &Path) -> Self {
        let content = fs_err::read(path)
            .ok()
            .and_then(|bytes| postcard::from_bytes::<Content>(&bytes).ok())
            .filter(|content| content.version == VERSION);
        Self(content.unwrap_or_default().files)
    }

    pub(super) fn get(&self, path: &Path, stamp: Option<Stamp>) -> Option<FileFacts> {
        let (known, facts) = self.0.get(path.to_str()?)?;
        (Some(*known) == stamp).then(|| FileFacts::Slice(Box::new(facts.clone())))
    }

    /// Writes a new cache in place of an old one, whole or not at all.
    ///
    /// Files that could not be decoded are left out: the limits may be others next time.
    pub(super) fn write<'facts>(
        path: &Path,
        facts: impl Iterator<Item = (&'facts Path, Option<Stamp>, &'facts FileFacts)>,
    ) -> io::Result<()> {
        let files = facts.filter_map(|(path, stamp, facts)| {
            let (name, facts) = (path.to_str()?.to_owned(), facts.slice()?.clone());
            Some((name, (stamp?, facts)))
        });
        let content = Content {
            version: VERSION,
            files: files.collect(),
        };
        let bytes = postcard::to_stdvec(&content).map_err(io::Error::other)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs_err::create_dir_all(folder)?;
        write_atomically(path, |file| file.write_all(&bytes))
    }
}

/// Where the facts of a dataset are kept for the next run: in the user's cache folder, under a
/// digest of the dataset's path. `None` if the system names no such folder.
pub fn cache_file(root: &Path) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let folder = variable("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| variable("LOCALAPPDATA"))
        .or_else(|| Some(variable("HOME")?.join(".cache")))?;
    let real = fs_err::canonicalize(root).ok()?;
    let digest = blake3::hash(real.as_os_str().as_encoded_bytes()).to_hex();
    Some(
        folder
            .join("hilum")
            .join("audit")
            .join(format!("{}.facts", &digest[..32])),
    )
}
