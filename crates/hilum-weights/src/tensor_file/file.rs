//! Writing and reading a file of tensors.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use hilum_files::write_atomically;
use hilum_graph::{Parameters, Tensor};

use super::digest::{self, DIGEST_KEY};
use super::error::TensorFileError;
use super::layout::{self, Layout};
use super::precision::Precision;
use super::values::{self, element_type, floats};

/// Writes tensors as f32 and text by name to a safetensors file, atomically, with a digest.
///
/// Equal content gives equal bytes: tensors and metadata stand in alphabetical order. The digest
/// stands in the metadata as `hilum.digest` and covers names, shapes, values and all other
/// metadata. Values that are not finite are kept as they are. A counter goes into the metadata.
///
/// # Errors
/// [`TensorFileError::Write`]; an older file at `path` is then as it was.
///
/// # Panics
/// If two tensors share a name, a tensor is called `__metadata__`, or the metadata already holds
/// a `hilum.digest`.
///
/// ```
/// use std::collections::BTreeMap;
/// use hilum_graph::Tensor;
/// use hilum_weights::{read_tensors, write_tensors};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("checkpoint.safetensors");
/// let weight = Tensor::new(vec![2, 1], vec![0.5, -1.0]);
/// let state = BTreeMap::from([("epoch".to_owned(), "3".to_owned())]);
/// write_tensors(&path, [("weight", &weight)], &state)?;
///
/// let (tensors, metadata) = read_tensors(&path)?;
/// assert_eq!(tensors.get("weight"), Some(&weight));
/// assert_eq!(metadata, state);
/// # Ok(())
/// # }
/// ```
pub fn write_tensors<'a>(
    path: &Path,
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    metadata: &BTreeMap<String, String>,
) -> Result<(), TensorFileError> {
    write_tensors_as(path, Precision::Full, tensors, metadata)
}

/// [`write_tensors`] with values of `precision`.
///
/// Half precision rounds to the nearest value, ties to even; the digest is that of the rounded
/// values, so that [`read_tensors`] verifies what it gives.
///
/// # Errors
/// As [`write_tensors`], and [`TensorFileError::BeyondHalf`] for a value that half precision
/// would make infinite or that is not finite.
///
/// # Panics
/// As [`write_tensors`].
pub fn write_tensors_as<'a>(
    path: &Path,
    precision: Precision,
    tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
    metadata: &BTreeMap<String, String>,
) -> Result<(), TensorFileError> {
    let mut by_name = BTreeMap::new();
    for (name, tensor) in tensors {
        assert!(name != layout::METADATA_KEY, "`{name}` is no tensor's name");
        let earlier = by_name.insert(name, tensor);
        assert!(earlier.is_none(), "two tensors called `{name}`");
    }
    let rounded = precision.rounded(path, &by_name)?;
    if let Some(rounded) = &rounded {
        by_name = rounded.iter().collect();
    }
    let digest = digest::of(
        by_name.iter().map(|(name, tensor)| (*name, *tensor)),
        metadata,
    );
    let mut metadata = metadata.clone();
    let earlier = metadata.insert(DIGEST_KEY.to_owned(), digest);
    assert!(earlier.is_none(), "`{DIGEST_KEY}` is written here only");

    let write = |file: &mut dyn Write| {
        file.write_all(&layout::header(&by_name, &metadata, precision))?;
        by_name
            .values()
            .try_for_each(|tensor| values::write(file, &tensor.data, precision))
    };
    write_atomically(path, write).map_err(|source| TensorFileError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Reads a file of [`write_tensors`]: its tensors, and its metadata without the digest.
///
/// # Errors
/// [`TensorFileError`] if it cannot be read, is truncated, foreign or altered. No file makes it
/// panic.
pub fn read_tensors(
    path: &Path,
) -> Result<(Parameters, BTreeMap<String, String>), TensorFileError> {
    Unverified::read(path)?.verify(path)
}

/// A file whose digest was not compared yet.
pub(crate) struct Unverified {
    tensors: Parameters,
    /// The metadata without the digest.
    pub(crate) metadata: BTreeMap<String, String>,
    /// `None` in a file of another program.
    pub(crate) digest: Option<String>,
}

impl Unverified {
    pub(crate) fn read(path: &Path) -> Result<Self, TensorFileError> {
        let bytes = fs_err::read(path).map_err(|source| TensorFileError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(path, &bytes)
    }

    /// The same from the content of a file that errors call `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, TensorFileError> {
        let layout = Layout::parse(bytes).map_err(|error| error.at(path))?;
        let mut metadata = layout.metadata();
        Ok(Self {
            digest: metadata.remove(DIGEST_KEY),
            tensors: float_tensors(path, &layout)?,
            metadata,
        })
    }

    /// The content, if it matches its digest.
    pub(crate) fn verify(
        self,
        path: &Path,
    ) -> Result<(Parameters, BTreeMap<String, String>), TensorFileError> {
        let path = path.to_owned();
        let Some(expected) = self.digest else {
            return Err(TensorFileError::Foreign { path });
        };
        let found = digest::of(self.tensors.iter(), &self.metadata);
        if found != expected {
            return Err(TensorFileError::Altered {
                path,
                expected,
                found,
            });
        }
        Ok((self.tensors, self.metadata))
    }
}

fn float_tensors(path: &Path, layout: &Layout<'_>) -> Result<Parameters, TensorFileError> {
    layout
        .tensors()
        .map(|(name, dtype, shape, bytes)| {
            let data = floats(dtype, bytes).ok_or_else(|| TensorFileError::ElementType {
                path: path.to_owned(),
                name: name.clone(),
                found: element_type(dtype),
            })?;
            Ok((name, Tensor::new(shape, data)))
        })
        .collect()
}
