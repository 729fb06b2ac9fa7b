//! Files of `torch.save`: a pickle that says which tensors there are, and storages beside it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};
use std::rc::Rc;

use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use super::RawTensors;
use super::pickle::{self, PickleError, Reader, Storage, Unpickled, Value};
use super::state_dict::{Budget, StateDict};

/// Why a file of `torch.save` is refused.
#[derive(Debug, Error)]
pub enum PytorchError {
    /// The zip archive around it cannot be read.
    #[error("its zip archive is damaged or truncated\nhint: copy it again from its source")]
    Archive {
        /// What is wrong with it.
        #[source]
        source: ZipError,
    },
    /// A zip archive of something else.
    #[error("it is a zip archive without `data.pkl`, so not a file of `torch.save`")]
    NoPickle,
    /// Written on a machine of the other byte order.
    #[error("its numbers are big-endian\nhint: re-save it on a little-endian machine")]
    BigEndian,
    /// The pickle is refused.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// There are no named tensors in it.
    #[error(
        "it holds no state dict, but {found}\n\
         hint: save one with `torch.save(model.state_dict(), \"weights.pth\")`"
    )]
    NoStateDict {
        /// What stands in its place.
        found: String,
    },
    /// The numbers of a tensor are not there, or not all of them.
    #[error("its storage `{key}` is {found}\nhint: the file may be truncated; copy it again")]
    Storage {
        /// The storage's key.
        key: String,
        /// `missing`, or how long it is.
        found: String,
    },
    /// A tensor's shape and strides lead outside its storage.
    #[error("its tensor `{name}` reaches beyond the end of its storage")]
    OutsideStorage {
        /// The tensor.
        name: String,
    },
    /// Tensors that repeat few numbers very often.
    #[error("its tensor `{name}` is out of all proportion to the size of the file")]
    TooLarge {
        /// The tensor.
        name: String,
    },
}

/// How a storage's bytes are found.
pub(super) type Storages<'a> = BTreeMap<Rc<str>, Cow<'a, [u8]>>;

/// The longest pickle that is read, in bytes. ResNet-152's has 0.2 MB.
const MAX_PICKLE: u64 = 1 << 26;

/// Reads the zip format (PyTorch 1.6 and later).
pub(super) fn read_zip(bytes: &[u8]) -> Result<RawTensors, PytorchError> {
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

fn expected_bytes(key: &str, storage: Storage) -> Result<usize, PytorchError> {
    storage.byte_count().ok_or_else(|| PytorchError::Storage {
        key: key.to_owned(),
        found: "longer than any memory".to_owned(),
    })
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

/// The number that opens a file of the older format (`torch.serialization.MAGIC_NUMBER`).
const LEGACY_MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;

/// What a file of the older format begins with: protocol 2 and a ten-byte integer.
pub(super) const LEGACY_START: [u8; 4] = [0x80, 0x02, 0x8a, 0x0a];

/// Reads the older format: five pickles behind one another, then the storages.
pub(super) fn read_legacy(bytes: &[u8]) -> Result<RawTensors, PytorchError> {
    let mut reader = Reader::new(bytes);
    let magic = pickle::load(&mut reader)?;
    let version = pickle::load(&mut reader)?;
    let system = pickle::load(&mut reader)?;
    check_preamble(&magic, &version, &system, reader.position())?;
    let unpickled = pickle::load(&mut reader)?;
    let order = pickle::load(&mut reader)?;
    let storages = legacy_storages(&mut reader, &unpickled, &order)?;
    StateDict::find(&unpickled)?.tensors(&storages, Budget::of_file(bytes.len()))
}

fn check_preamble(
    magic: &Unpickled,
    version: &Unpickled,
    system: &Unpickled,
    position: usize,
) -> Result<(), PytorchError> {
    if !matches!(magic.root, Value::Int(LEGACY_MAGIC)) || !matches!(version.root, Value::Int(1001))
    {
        let expected = "the preamble of `torch.save`";
        return Err(PickleError::Malformed { position, expected }.into());
    }
    let entries = system.entries(&system.root).unwrap_or_default();
    let big = |(key, value): &(&str, &Value)| {
        *key == "little_endian" && matches!(value, Value::Bool(false))
    };
    if entries.iter().any(big) {
        return Err(PytorchError::BigEndian);
    }
    Ok(())
}

/// Behind the pickles lies, for each key of `order`, a count and so many elements.
fn legacy_storages<'a>(
    reader: &mut Reader<'a>,
    unpickled: &Unpickled,
    order: &Unpickled,
) -> Result<Storages<'a>, PytorchError> {
    let mut storages = Storages::new();
    for key in order.list(&order.root).unwrap_or_default() {
        let damaged = PickleError::Malformed {
            position: reader.position(),
            expected: "the storages that the pickle names",
        };
        let Value::Text(key) = key else {
            return Err(damaged.into());
        };
        let storage = *unpickled.storages.get(key).ok_or(damaged.clone())?;
        let count = u64::from_le_bytes(reader.array()?);
        if count != storage.count as u64 {
            return Err(damaged.into());
        }
        let bytes = reader.take(expected_bytes(key, storage)?)?;
        storages.insert(key.clone(), bytes.into());
    }
    Ok(storages)
}

impl StateDict<'_> {
    /// The storages that its tensors of floating-point numbers need.
    fn storage_keys(&self) -> BTreeSet<Rc<str>> {
        self.floats()
            .map(|(_, view)| view.storage.clone())
            .collect()
    }
}
