//! The zip format of PyTorch 1.6 and later.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::PytorchError;
use super::pickle::{self, Reader, Storage};
use super::state_dict::{Budget, StateDict};
use super::storage::{Storages, expected_bytes};
use crate::weights::contents::RawTensors;

/// The longest pickle that is read, in bytes. ResNet-152's has 0.2 MB.
const MAX_PICKLE: u64 = 1 << 26;

/// Reads the zip format (PyTorch 1.6 and later).
pub(crate) fn read_zip(bytes: &[u8]) -> Result<RawTensors, PytorchError> {
    let mut archive = Archive::open(bytes)?;
    if archive.entry("byteorder", 16)?.as_deref() == Some(b"big") {
        return Err(PytorchError::BigEndian);
    }
    let pickle = archive.entry("data.pkl", MAX_PICKLE)?;
    let pickle = pickle.ok_or(PytorchError::NoPickle)?;
    let unpickled = pickle::load(&mut Reader::new(&pickle))?;
    let dict = StateDict::find(&unpickled)?;
    let mut budget = Budget::of_file(bytes.len());
    let mut storages = Storages::new();
    for key in dict.storage_keys() {
        let storage = unpickled.storages[&key];
        budget.spend(&key, storage.count)?;
        storages.insert(key.clone(), archive.storage(&key, storage)?.into());
    }
    dict.tensors(&storages, Budget::of_file(bytes.len()))
}

struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// The one folder that all entries lie in, with its slash.
    folder: String,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, PytorchError> {
        let archive = |source| PytorchError::Archive { source };
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(archive)?;
        let folder = zip
            .file_names()
            .flatten()
            .find_map(|name| name.strip_suffix("data.pkl").map(str::to_owned))
            .ok_or(PytorchError::NoPickle)?;
        Ok(Self { zip, folder })
    }

    /// The bytes of an entry, or one more than `limit`; `None` if there is none.
    fn entry(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, PytorchError> {
        let name = format!("{}{name}", self.folder);
        let entry = match self.zip.by_name(&name) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(source) => return Err(PytorchError::Archive { source }),
        };
        let mut bytes = Vec::new();
        // Reading on to the end is what has the archive's checksum compared.
        let outcome = entry.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        outcome.map_err(|source| PytorchError::Archive {
            source: source.into(),
        })?;
        Ok(Some(bytes))
    }

    fn storage(&mut self, key: &str, storage: Storage) -> Result<Vec<u8>, PytorchError> {
        let expected = expected_bytes(key, storage)?;
        let bytes = self.entry(&format!("data/{key}"), expected as u64)?;
        check_storage(key, expected, bytes)
    }
}

fn check_storage(
    key: &str,
    expected: usize,
    bytes: Option<Vec<u8>>,
) -> Result<Vec<u8>, PytorchError> {
    let found = match bytes {
        Some(bytes) if bytes.len() == expected => return Ok(bytes),
        Some(bytes) => format!("{} bytes long, expected {expected}", bytes.len()),
        None => "missing".to_owned(),
    };
    let key = key.to_owned();
    Err(PytorchError::Storage { key, found })
}
