//! The numbers of tensors, as they lie in a file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::error::PytorchError;
use super::pickle::Storage;

/// How a storage's bytes are found.
pub(super) type Storages<'a> = BTreeMap<Rc<str>, Cow<'a, [u8]>>;

/// How long a storage is.
pub(super) fn expected_bytes(key: &str, storage: Storage) -> Result<usize, PytorchError> {
    storage.byte_count().ok_or_else(|| PytorchError::Storage {
        key: key.to_owned(),
        found: "longer than any memory".to_owned(),
    })
}
