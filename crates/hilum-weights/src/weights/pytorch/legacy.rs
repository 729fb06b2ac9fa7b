//! The format before PyTorch 1.6.

use super::error::PytorchError;
use super::pickle::{self, PickleError, Reader, Unpickled, Value};
use super::state_dict::{Budget, StateDict};
use super::storage::{Storages, expected_bytes};
use crate::weights::contents::RawTensors;

/// The number that opens a file of the older format (`torch.serialization.MAGIC_NUMBER`).
const LEGACY_MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;

/// What a file of the older format begins with: protocol 2 and a ten-byte integer.
pub(crate) const LEGACY_START: [u8; 4] = [0x80, 0x02, 0x8a, 0x0a];

/// Reads the older format: five pickles behind one another, then the storages.
pub(crate) fn read_legacy(bytes: &[u8]) -> Result<RawTensors, PytorchError> {
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
