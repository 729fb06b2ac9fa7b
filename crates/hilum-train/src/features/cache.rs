//! What the frozen part of a network makes of slices, computed once and kept.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use half::f16;
use half::slice::HalfFloatSliceExt as _;

/// Keeps what frozen layers make of slices, for all runs that share it.
///
/// Features lie in memory as f16, two bytes a value, and move to a file without a name in a
/// folder of the caller's once they take more than a limit; the file is gone with the process,
/// however it ends. They are kept apart by everything that decides them: the weights of the
/// frozen layers, the recipe, the augmentation and its seed, the engine, and the pixels of the
/// slice. A run that asks for features of another kind never gets these.
#[derive(Debug)]
pub struct FeatureCache {
    limit_bytes: usize,
    folder: PathBuf,
    tables: Mutex<HashMap<String, Arc<Mutex<FeatureTable>>>>,
}

/// Which slice, in which variation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FeatureKey {
    /// The start of the BLAKE3 hash of its pixels.
    pub(crate) pixels: u128,
    /// What its variations are drawn by, next to the seed.
    pub(crate) number: usize,
    /// Which variation; the first is 1.
    pub(crate) view: usize,
}

impl FeatureCache {
    /// What `hilum` keeps in memory: a gigabyte.
    pub const DEFAULT_LIMIT_BYTES: usize = 1 << 30;

    /// An empty cache that keeps up to `limit_bytes` in memory, and more in `folder`.
    pub fn new(limit_bytes: usize, folder: impl Into<PathBuf>) -> Self {
        Self {
            limit_bytes,
            folder: folder.into(),
            tables: Mutex::default(),
        }
    }

    /// What may be kept in memory.
    pub(crate) fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// The features of one kind: `key` says everything that decides them but slice and variation.
    pub(crate) fn table(&self, key: &str, width: usize) -> Arc<Mutex<FeatureTable>> {
        let mut tables = lock(&self.tables);
        let table = tables.entry(key.to_owned()).or_insert_with(|| {
            let table = FeatureTable::new(width, self.limit_bytes, &self.folder);
            Arc::new(Mutex::new(table))
        });
        Arc::clone(table)
    }
}

/// Rows of one width, by slice and variation.
#[derive(Debug)]
pub(crate) struct FeatureTable {
    width: usize,
    limit_bytes: usize,
    folder: PathBuf,
    places: HashMap<FeatureKey, usize>,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Memory(Vec<f16>),
    /// Little-endian, row after row.
    File(Mutex<File>),
}

impl FeatureTable {
    fn new(width: usize, limit_bytes: usize, folder: &Path) -> Self {
        Self {
            width,
            limit_bytes,
            folder: folder.to_owned(),
            places: HashMap::new(),
            rows: Rows::Memory(Vec::new()),
        }
    }

    /// Whether a row is there.
    pub(crate) fn holds(&self, key: &FeatureKey) -> bool {
        self.places.contains_key(key)
    }

    /// Adds rows, one for each key; all finite in f16, see [`round`].
    pub(crate) fn add(&mut self, keys: &[FeatureKey], values: &[f32]) -> io::Result<()> {
        debug_assert_eq!(values.len(), keys.len() * self.width);
        let mut halves = vec![f16::ZERO; values.len()];
        halves.convert_from_f32_slice(values);
        match &mut self.rows {
            Rows::Memory(rows) => rows.extend_from_slice(&halves),
            Rows::File(file) => {
                let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::End(0))?;
                file.write_all(&bytes(&halves))?;
            }
        }
        let first = self.places.len();
        let places = keys.iter().enumerate();
        self.places
            .extend(places.map(|(index, key)| (*key, first + index)));
        self.spill()
    }

    /// Moves rows that are too many for the memory to a file.
    fn spill(&mut self) -> io::Result<()> {
        let Rows::Memory(rows) = &self.rows else {
            return Ok(());
        };
        if size_of_val(&rows[..]) <= self.limit_bytes {
            return Ok(());
        }
        let mut file = tempfile::tempfile_in(&self.folder)?;
        for part in rows.chunks(1 << 20) {
            file.write_all(&bytes(part))?;
        }
        self.rows = Rows::File(Mutex::new(file));
        Ok(())
    }

    /// Writes the row of `key` to `out`; false if there is none.
    pub(crate) fn read(&self, key: &FeatureKey, out: &mut [f32]) -> io::Result<bool> {
        let Some(&place) = self.places.get(key) else {
            return Ok(false);
        };
        match &self.rows {
            Rows::Memory(rows) => {
                rows[place * self.width..][..self.width].convert_to_f32_slice(out);
            }
            Rows::File(file) => {
                let mut row = vec![0; self.width * size_of::<f16>()];
                {
                    let mut file = lock(file);
                    file.seek(SeekFrom::Start((place * row.len()) as u64))?;
                    file.read_exact(&mut row)?;
                }
                let halves = row.chunks_exact(2);
                for (out, half) in out.iter_mut().zip(halves) {
                    *out = f16::from_le_bytes([half[0], half[1]]).to_f32();
                }
            }
        }
        Ok(true)
    }

    #[cfg(test)]
    fn is_in_a_file(&self) -> bool {
        matches!(self.rows, Rows::File(_))
    }
}

/// Brings features to what an f16 holds, so that a run does not depend on whether they were kept.
///
/// False if one is too large for that, or was not finite.
pub(crate) fn round(features: &mut [f32]) -> bool {
    for value in &mut *features {
        *value = f16::from_f32(*value).to_f32();
    }
    features.iter().all(|value| value.is_finite())
}

fn bytes(halves: &[f16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// What is behind a mutex; a panic elsewhere leaves rows that are not in the index, at worst.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> FeatureKey {
        FeatureKey {
            pixels: 7,
            number,
            view: 1,
        }
    }

    #[test]
    fn rows_come_back_whether_in_memory_or_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::new(100, folder.path());
        let table = cache.table("a", 10);
        let mut table = lock(&table);
        let row = |number: usize| -> Vec<f32> { (0..10).map(|i| (number * i) as f32).collect() };
        for first in [0, 2, 4, 6, 8] {
            let values = [row(first), row(first + 1)].concat();
            table.add(&[key(first), key(first + 1)], &values).unwrap();
            assert_eq!(table.is_in_a_file(), first > 2, "100 bytes are five rows");
            for number in 0..first + 2 {
                let mut found = [0.0; 10];
                assert!(table.read(&key(number), &mut found).unwrap());
                assert_eq!(found.to_vec(), row(number));
            }
        }
        let mut found = [0.0; 10];
        assert!(!table.read(&key(10), &mut found).unwrap());
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0, "the file has no name");
    }

    #[test]
    fn features_of_another_kind_are_kept_apart() {
        let cache = FeatureCache::new(100, ".");
        lock(&cache.table("a", 1)).add(&[key(1)], &[1.5]).unwrap();
        assert!(lock(&cache.table("a", 1)).holds(&key(1)));
        assert!(!lock(&cache.table("b", 1)).holds(&key(1)));
        let other = FeatureKey { view: 2, ..key(1) };
        assert!(!lock(&cache.table("a", 1)).holds(&other));
    }

    #[test]
    fn rounding_is_what_f16_does_and_overflow_is_seen() {
        // 1 + 2^-11 lies between two f16 and rounds to the even one; from the definition of f16.
        let mut values = [
            1.0 + 2.0_f32.powi(-11),
            1.0 + 3.0 * 2.0_f32.powi(-11),
            65504.0,
        ];
        assert!(round(&mut values));
        assert_eq!(values, [1.0, 1.0 + 2.0_f32.powi(-9), 65504.0]);
        assert!(!round(&mut [65520.0]));
        assert!(!round(&mut [f32::NAN]));
    }
}
