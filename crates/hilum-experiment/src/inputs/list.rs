//! What is asked for as files, members of archives and objects, in order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hilum_core::GroupId;
use hilum_dataset::{Ignored, image_files, is_manifest_name, manifest_files};
use hilum_stores::{Address, Object, StoreError, Stores};

use super::archive::{Archive, ArchiveError, Members, begins_as_archive, ignored_by};
use super::input::{Input, Source};
use super::memory_file::MemoryFile;
use crate::session::Session;
use crate::{Event, ExperimentError, Predict};

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
fn address<'a>(
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

/// Everything that is asked for, in order; each path is looked at once. An archive stands for its
/// members, a manifest for the files that it names, an address for the objects below it.
pub(crate) fn list(
    request: &Predict,
    session: &Session<'_>,
) -> Result<Vec<Input>, ExperimentError> {
    let mut listed = Listed {
        inputs: Vec::new(),
        archive_bytes: 0,
        session,
    };
    for path in &request.paths {
        listed.path(path, request.stores.as_ref())?;
    }
    for path in &request.listed {
        listed.line(path, request.stores.as_ref())?;
    }
    for file in &request.files {
        listed.memory(file);
    }
    let inputs = listed.inputs;
    if inputs.is_empty() {
        return Err(ExperimentError::NoImages);
    }
    let (count, limit) = (inputs.len(), request.most_files);
    if count > limit {
        return Err(ExperimentError::TooManyFiles { count, limit });
    }
    Ok(inputs)
}

/// What was found so far.
struct Listed<'a> {
    inputs: Vec<Input>,
    /// Those of archives that were fetched.
    archive_bytes: u64,
    session: &'a Session<'a>,
}

impl Listed<'_> {
    /// What a user named.
    fn path(&mut self, path: &Path, stores: Option<&Stores>) -> Result<(), ExperimentError> {
        if let Some((address, stores)) = address(path, stores)? {
            return self.objects(&address, stores);
        }
        if is_manifest_name(path) && path.is_file() {
            return self.manifest(path, root_length);
        }
        let found = image_files(path).map_err(ExperimentError::Input)?;
        let is_file = found.files.first().is_some_and(|file| file == path);
        let root = if is_file { path.parent() } else { Some(path) };
        for file in found.files {
            let root_length = root_length(&file, root.unwrap_or(Path::new("")));
            self.file(file, root_length, None);
        }
        left_out(&found.ignored, self.session);
        Ok(())
    }

    /// A line of a listing: what it names is called as it is called there. Objects are not looked
    /// for, and what is not there is told when it is read.
    fn line(&mut self, path: &Path, stores: Option<&Stores>) -> Result<(), ExperimentError> {
        if let Some((address, stores)) = address(path, stores)? {
            return self.object(&address, stores);
        }
        if is_manifest_name(path) && path.is_file() {
            return self.manifest(path, |_, _| 0);
        }
        if !path.is_dir() {
            self.file(path.to_owned(), 0, None);
            return Ok(());
        }
        let found = image_files(path).map_err(ExperimentError::Input)?;
        for file in found.files {
            self.file(file, 0, None);
        }
        left_out(&found.ignored, self.session);
        Ok(())
    }

    fn manifest(
        &mut self,
        path: &Path,
        root_length: impl Fn(&Path, &Path) -> usize,
    ) -> Result<(), ExperimentError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in manifest_files(path)? {
            let root_length = root_length(&file.path, folder);
            self.file(file.path, root_length, file.group.as_ref());
        }
        Ok(())
    }

    /// A file, or the members of an archive.
    fn file(&mut self, path: PathBuf, root_length: usize, group: Option<&GroupId>) {
        if Archive::is_at(&path) {
            let archive = Archive::open(&path);
            self.archive(&path, root_length, group, archive);
        } else {
            self.inputs.push(Input {
                path,
                root_length,
                group: group.cloned(),
                source: Source::File,
            });
        }
    }

    /// The same of what lies in memory.
    fn memory(&mut self, file: &MemoryFile) {
        if begins_as_archive(&file.bytes) {
            let archive = Archive::of(&file.path, &file.bytes);
            self.archive(&file.path, 0, None, archive);
        } else {
            self.inputs.push(Input {
                path: file.path.clone(),
                root_length: 0,
                group: None,
                source: Source::Memory(Arc::clone(&file.bytes)),
            });
        }
    }

    fn archive(
        &mut self,
        path: &Path,
        root_length: usize,
        group: Option<&GroupId>,
        archive: Result<(Archive, Members, Vec<Ignored>), ArchiveError>,
    ) {
        let input = |path, source| Input {
            path,
            root_length,
            group: group.cloned(),
            source,
        };
        match archive {
            Ok((archive, members, ignored)) => {
                let archive = Arc::new(archive);
                left_out(&ignored, self.session);
                self.inputs.extend(members.into_iter().map(|(index, path)| {
                    let archive = Arc::clone(&archive);
                    input(path, Source::Member { archive, index })
                }));
            }
            Err(error) => self
                .inputs
                .push(input(path.to_owned(), Source::Refused(error))),
        }
    }

    /// The object at an address, or all below it that may be images.
    fn objects(&mut self, address: &Address, stores: &Stores) -> Result<(), ExperimentError> {
        let found = stores.list(address, self.session.cancel())?;
        let is_itself = |object: &Object| object.address() == address.to_string();
        let root_length = match &found[..] {
            [object] if is_itself(object) => address.root_length(),
            _ => folder_length(address),
        };
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
    fn object(&mut self, address: &Address, stores: &Stores) -> Result<(), ExperimentError> {
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

/// Bytes of `path` that come before its name below `root`; none if it is not below it.
fn root_length(path: &Path, root: &Path) -> usize {
    let all = path.as_os_str().len();
    path.strip_prefix(root)
        .map_or(0, |name| all - name.as_os_str().len())
}

fn left_out(ignored: &[Ignored], session: &Session<'_>) {
    if !ignored.is_empty() {
        session.tell(&Event::FilesLeftOut(ignored));
    }
}
