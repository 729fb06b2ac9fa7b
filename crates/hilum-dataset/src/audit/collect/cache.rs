//! Facts of files that have not changed since they were looked at, and which of them are alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use hilum_files::write_atomically;
use serde::{Deserialize, Serialize};

use crate::audit::alike::AlikePair;
use crate::audit::facts::{FileFacts, SliceFacts};

/// Raised whenever facts or alike pairs are computed in another way.
const VERSION: u32 = 4;

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

/// Names a set of pictures, whatever their files are called: BLAKE3 over the sorted digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PictureSet([u8; 32]);

impl PictureSet {
    pub(super) fn of(facts: &[FileFacts]) -> Self {
        let slices = facts.iter().filter_map(FileFacts::slice);
        let digests: BTreeSet<u128> = slices.map(|slice| slice.digest.as_number()).collect();
        let mut hasher = blake3::Hasher::new();
        for digest in digests {
            hasher.update(&digest.to_le_bytes());
        }
        Self(*hasher.finalize().as_bytes())
    }
}

/// What a cache file holds.
#[derive(Debug, Default, Deserialize)]
struct Content {
    version: u32,
    files: HashMap<String, (Stamp, SliceFacts)>,
    pairs: Option<(PictureSet, Vec<AlikePair>)>,
}

/// The same, borrowed from the audit that writes it.
#[derive(Debug, Serialize)]
struct ContentToWrite<'audit> {
    version: u32,
    files: BTreeMap<&'audit str, (Stamp, &'audit SliceFacts)>,
    pairs: Option<(PictureSet, &'audit [AlikePair])>,
}

/// What is known from earlier audits. What cannot be read, or was written by another version, is
/// an empty cache.
#[derive(Debug, Default)]
pub(super) struct Cache {
    files: HashMap<String, (Stamp, SliceFacts)>,
    pairs: Option<(PictureSet, Vec<AlikePair>)>,
}

impl Cache {
    pub(super) fn open(path: &Path) -> Self {
        let content = fs_err::read(path)
            .ok()
            .and_then(|bytes| postcard::from_bytes::<Content>(&bytes).ok())
            .filter(|content| content.version == VERSION)
            .unwrap_or_default();
        Self {
            files: content.files,
            pairs: content.pairs,
        }
    }

    /// The facts of a file that has not changed; they leave the cache.
    pub(super) fn take(&mut self, path: &Path, stamp: Option<Stamp>) -> Option<FileFacts> {
        let (known, facts) = self.files.remove(path.to_str()?)?;
        (Some(known) == stamp).then(|| FileFacts::Slice(Box::new(facts)))
    }

    /// The alike pairs among just these pictures; they leave the cache.
    pub(super) fn take_pairs(&mut self, pictures: PictureSet) -> Option<Vec<AlikePair>> {
        let (known, pairs) = self.pairs.take()?;
        (known == pictures).then_some(pairs)
    }

    /// Writes a new cache in place of an old one, whole or not at all.
    ///
    /// Files that could not be decoded are left out: the limits may be others next time.
    pub(super) fn write<'audit>(
        path: &Path,
        facts: impl Iterator<Item = (&'audit Path, Option<Stamp>, &'audit FileFacts)>,
        pairs: (PictureSet, &'audit [AlikePair]),
    ) -> io::Result<()> {
        let files = facts
            .filter_map(|(path, stamp, facts)| Some((path.to_str()?, (stamp?, facts.slice()?))));
        let content = ContentToWrite {
            version: VERSION,
            files: files.collect(),
            pairs: Some(pairs),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        fs_err::create_dir_all(folder)?;
        write_atomically(path, |file| {
            postcard::to_io(&content, file).map_err(io::Error::other)?;
            Ok(())
        })
    }
}

/// Where the facts of a dataset are kept for the next run: in `caches`, the folder of all caches,
/// under a digest of the dataset's path. `None` if there is no such path.
pub fn cache_file(caches: &Path, root: &Path) -> Option<PathBuf> {
    let real = fs_err::canonicalize(root).ok()?;
    let digest = blake3::hash(real.as_os_str().as_encoded_bytes()).to_hex();
    let name = format!("{}.facts", &digest[..32]);
    Some(caches.join("audit").join(name))
}

#[cfg(test)]
mod tests {
    use hilum_imaging::{Channels, DecodeLimits, Pixels, write_png};

    use super::*;

    /// Facts of a ramp that begins at `start`, with the file's stamp.
    fn slice(path: &Path, start: u8) -> (Option<Stamp>, FileFacts) {
        let levels = (0..64).map(|level| level + start).collect();
        write_png(path, &Pixels::new(8, 8, Channels::Grey, levels)).unwrap();
        let facts = FileFacts::read(path, DecodeLimits::default());
        (Stamp::of(path), facts)
    }

    #[test]
    fn facts_and_pairs_come_back_until_a_picture_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.png"), folder.path().join("b.png"));
        let (stamp_a, facts_a) = slice(&a, 0);
        let (_, facts_b) = slice(&b, 9);
        let set = PictureSet::of(&[facts_a.clone(), facts_b.clone()]);
        let pairs = [AlikePair {
            first: facts_a.slice().unwrap().digest,
            second: facts_b.slice().unwrap().digest,
            level_correlation: 0.99,
            detail_correlation: 0.96,
            is_mirrored: false,
        }];
        let file = folder.path().join("new/facts");
        let entries = [
            (a.as_path(), stamp_a, &facts_a),
            (b.as_path(), None, &facts_b),
        ];
        Cache::write(&file, entries.into_iter(), (set, &pairs)).unwrap();

        let mut cache = Cache::open(&file);
        assert_eq!(cache.take(&a, stamp_a), Some(facts_a.clone()));
        assert_eq!(cache.take(&a, stamp_a), None, "it left the cache");
        // Without a stamp nothing can be known to be unchanged.
        assert_eq!(cache.take(&b, None), None);
        // Neither order nor copies make another set of pictures.
        let same = PictureSet::of(&[facts_b.clone(), facts_a.clone(), facts_b]);
        assert_eq!(cache.take_pairs(same), Some(pairs.to_vec()));
        assert_eq!(
            Cache::open(&file).take_pairs(PictureSet::of(&[facts_a])),
            None
        );
        let (stamp_a, _) = slice(&a, 100);
        assert_eq!(Cache::open(&file).take(&a, stamp_a), None);
    }
}
