//! Objects of stores: found by their addresses, and fetched ahead of their turn.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hilum_core::Cancel;
use hilum_dataset::Ignored;
use hilum_imaging::{DecodeError, DecodeLimits, DecodeProblem, SliceFile};
use hilum_stores::{Address, Ahead, Object, StoreError, Stores};

use super::archive::{Archive, begins_as_archive, ignored_by};
use super::{Input, Listed, Source, left_out};
use crate::ExperimentError;

/// What says by its name that it is an archive, which is then fetched whole.
const ARCHIVES: [&str; 2] = [".zip", ".tar"];

/// Bytes of archives of stores that are held at once.
const MOST_ARCHIVE_BYTES: u64 = 1 << 31;

/// Whether one of `paths` is an address of objects, such as `s3://...`.
pub fn names_objects<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> bool {
    let is_address = |path: &PathBuf| path.to_str().is_some_and(Address::is_meant_by);
    paths.into_iter().any(is_address)
}

/// The address that a path is meant as, where there is somebody to fetch it.
pub(super) fn address<'a>(
    path: &Path,
    stores: Option<&'a Stores>,
) -> Result<Option<(Address, &'a Stores)>, ExperimentError> {
    let text = path.to_str().filter(|text| Address::is_meant_by(text));
    let Some((text, stores)) = text.zip(stores) else {
        return Ok(None);
    };
    let address: Address = text.parse().map_err(StoreError::from)?;
    Ok(Some((address, stores)))
}

impl Listed<'_> {
    /// The object at an address, or all below it that may be images.
    pub(super) fn objects(
        &mut self,
        address: &Address,
        stores: &Stores,
    ) -> Result<(), ExperimentError> {
        let found = stores.list(address, self.session.cancel())?;
        let mut root_length = address.root_length();
        let alone = found.first().filter(|_| found.len() == 1);
        if !alone.is_some_and(|object| object.address() == address.to_string()) {
            root_length = folder_length(address);
        }
        let mut ignored = Vec::new();
        for object in found {
            let path = PathBuf::from(object.address());
            let name = path.to_str().and_then(|path| path.get(root_length..));
            match name.and_then(ignored_by) {
                Some(reason) => ignored.push(Ignored { path, reason }),
                None => self.one_object(path, root_length, object, stores)?,
            }
        }
        left_out(&ignored, self.session);
        Ok(())
    }

    /// The object at an address, which nobody looks for.
    pub(super) fn object(
        &mut self,
        address: &Address,
        stores: &Stores,
    ) -> Result<(), ExperimentError> {
        let object = stores.object(address)?;
        self.one_object(PathBuf::from(object.address()), 0, object, stores)
    }

    fn one_object(
        &mut self,
        path: PathBuf,
        root_length: usize,
        object: Object,
        stores: &Stores,
    ) -> Result<(), ExperimentError> {
        self.session.cancel().check()?;
        let name = path.to_string_lossy().to_lowercase();
        if !ARCHIVES.iter().any(|end| name.ends_with(end)) {
            self.inputs.push(Input {
                path,
                root_length,
                group: None,
                source: Source::Object(object, stores.clone()),
            });
            return Ok(());
        }
        match stores.read(&object) {
            Ok(bytes) => {
                self.archive_bytes += bytes.len() as u64;
                if self.archive_bytes > MOST_ARCHIVE_BYTES {
                    let limit = MOST_ARCHIVE_BYTES;
                    return Err(ExperimentError::TooManyArchives { limit });
                }
                let bytes: Arc<[u8]> = Arc::from(&bytes[..]);
                let archive = Archive::of(&path, &bytes);
                self.archive(&path, root_length, None, archive);
            }
            Err(error) => self.inputs.push(Input {
                path,
                root_length,
                group: None,
                source: Source::NotFetched(Arc::new(error)),
            }),
        }
        Ok(())
    }
}

/// Bytes that come before the names of what lies below an address.
fn folder_length(address: &Address) -> usize {
    let address = address.to_string();
    address.trim_end_matches('/').len() + 1
}

/// The objects among inputs, fetched in the order in which they will be opened.
pub(crate) struct Fetched {
    ahead: Ahead,
    cancel: Cancel,
}

impl Fetched {
    /// Begins to fetch what `order` says; `None` where no input is an object.
    pub(crate) fn begin(
        inputs: &Arc<[Input]>,
        order: Vec<usize>,
        cancel: &Cancel,
    ) -> Option<Self> {
        let stores = stores_of(inputs, &order)?;
        let (inputs, count) = (Arc::clone(inputs), order.len());
        let source = move |at: usize| inputs[order[at]].object().cloned();
        Some(Self {
            ahead: Ahead::new(&stores, count, source),
            cancel: cancel.clone(),
        })
    }

    /// The same, but of each object its beginning is fetched, in the order of `inputs`.
    pub(crate) fn heads(inputs: &Arc<[Input]>, bytes: u64, cancel: &Cancel) -> Option<Self> {
        let order: Vec<usize> = (0..inputs.len()).collect();
        let stores = stores_of(inputs, &order)?;
        let (inputs, count) = (Arc::clone(inputs), order.len());
        let source = move |at: usize| inputs[at].object().cloned();
        Some(Self {
            ahead: Ahead::heads(&stores, count, bytes, source),
            cancel: cancel.clone(),
        })
    }

    /// Opens the input that is the `at`th of the order.
    pub(crate) fn open(
        &self,
        at: usize,
        input: &Input,
        limits: DecodeLimits,
    ) -> Result<SliceFile, DecodeError> {
        match &input.source {
            Source::Object(..) => input.of_store(self.ahead.take(at, &self.cancel), limits),
            _ => input.open(limits),
        }
    }

    /// What is there of the beginning of an object; `None` if it does not come, or is none.
    pub(crate) fn head(&self, at: usize, input: &Input) -> Option<Vec<u8>> {
        input.object()?;
        self.ahead.take(at, &self.cancel).ok().map(Vec::from)
    }
}

fn stores_of(inputs: &[Input], order: &[usize]) -> Option<Stores> {
    order.iter().find_map(|index| match &inputs[*index].source {
        Source::Object(_, stores) => Some(stores.clone()),
        _ => None,
    })
}

impl Input {
    /// The object that it is, if it lies in a store.
    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.source {
            Source::Object(object, _) => Some(object),
            _ => None,
        }
    }

    /// Reads what a store gave.
    pub(super) fn of_store(
        &self,
        bytes: Result<impl Into<Vec<u8>>, StoreError>,
        limits: DecodeLimits,
    ) -> Result<SliceFile, DecodeError> {
        let read = || {
            let bytes = bytes.map_err(std::io::Error::other);
            let bytes = bytes.map_err(DecodeProblem::Io)?.into();
            if begins_as_archive(&bytes) {
                let error = std::io::Error::other(ArchiveByAnotherName);
                return Err(DecodeProblem::Io(error));
            }
            SliceFile::new(bytes, &limits)
        };
        read().map_err(|problem| DecodeError {
            path: self.path.clone(),
            problem,
        })
    }
}

/// An object that is only known for an archive when it has come.
#[derive(Debug, thiserror::Error)]
#[error("the object is an archive by its content alone\nhint: in a store, archives end with `.zip` or `.tar`")]
struct ArchiveByAnotherName;
