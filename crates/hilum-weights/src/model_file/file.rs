//! A model on its way to a file and back.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::ModelFileError;
use super::metadata;
use super::model::ModelFile;
use crate::tensor_file::{Precision, TensorFileError, Unverified, write_tensors_as};

impl ModelFile {
    /// All that the file says beside its tensors: JSON by key, `hilum.*`.
    pub fn entries(&self) -> BTreeMap<String, String> {
        metadata::entries(self)
    }

    /// Writes the model in full precision, atomically. Equal models give equal bytes.
    ///
    /// # Errors
    /// [`ModelFileError`] if the parts do not fit one another, a parameter is not finite, or the
    /// disk refuses; an older file at `path` is then as it was.
    pub fn write(&self, path: &Path) -> Result<(), ModelFileError> {
        self.write_as(path, Precision::Full)
    }

    /// [`write`](Self::write) with tensors of `precision`; half of it halves the file.
    ///
    /// # Errors
    /// As [`write`](Self::write), and [`TensorFileError::BeyondHalf`].
    pub fn write_as(&self, path: &Path, precision: Precision) -> Result<(), ModelFileError> {
        self.check(path)?;
        let entries = metadata::entries(self);
        write_tensors_as(path, precision, self.parameters.iter(), &entries)?;
        Ok(())
    }

    /// Reads a model that [`write`](Self::write) wrote; half precision is read as f32.
    ///
    /// # Errors
    /// [`ModelFileError`] if the file is truncated, altered, another program's, a later
    /// version's, or its parts do not fit one another. No file makes it panic.
    pub fn read(path: &Path) -> Result<Self, ModelFileError> {
        Self::checked(path, Unverified::read(path))
    }

    /// Reads a model from its bytes; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<Self, ModelFileError> {
        Self::checked(name, Unverified::parse(name, bytes))
    }

    fn checked(
        path: &Path,
        unverified: Result<Unverified, TensorFileError>,
    ) -> Result<Self, ModelFileError> {
        let unverified = unverified.map_err(|error| match error {
            TensorFileError::NotSafetensors { path, .. } if is_keras(&path) => {
                ModelFileError::Keras { path }
            }
            TensorFileError::NotSafetensors { path, reason } => {
                let reason = format!("it is no safetensors file, {reason}");
                ModelFileError::NotAModel { path, reason }
            }
            other => other.into(),
        })?;
        if unverified.digest.is_none() {
            let path = path.to_owned();
            return Err(ModelFileError::PlainWeights { path });
        }
        metadata::check_version(path, &unverified.metadata)?;
        let (parameters, entries) = unverified.verify(path)?;
        let model = metadata::model(path, &entries, parameters)?;
        model.check(path)?;
        Ok(model)
    }
}

/// Whether a file is called as Keras calls its own.
fn is_keras(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    let is = |name: &str| extension.eq_ignore_ascii_case(name);
    ["h5", "hdf5", "keras"].into_iter().any(is)
}
