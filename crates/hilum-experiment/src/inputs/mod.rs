//! What is predicted: files, the members of archives, and what a manifest names.

mod archive;
mod dicomweb;
mod listing;
mod memory_file;
mod objects;
mod sources;

use std::borrow::Cow;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use hilum_core::GroupId;
use hilum_dataset::{Ignored, image_files, is_manifest_name, manifest_files};
use hilum_imaging::{
    DecodeError, DecodeLimits, DecodeProblem, DicomIdentity, Format, Recipe, SliceFile, file_head,
};
use hilum_stores::{Object, StoreError, Stores};

use crate::session::Session;
use crate::{Event, ExperimentError, FileCounts, Predict};
use archive::{Archive, ArchiveError, Members};

pub(crate) use objects::Fetched;

pub use dicomweb::{fetch_dicomweb, names_dicomweb};
pub use listing::Listing;
pub use memory_file::MemoryFile;
pub use objects::names_objects;
pub use sources::Sources;

/// Something that may hold slices.
#[derive(Debug)]
pub(crate) struct Input {
    /// Of a file, or an archive's with the member's name below it.
    path: PathBuf,
    /// Bytes of the path that come before its name, which is the same below any mount point.
    root_length: usize,
    /// The patient or scan that a manifest names.
    group: Option<GroupId>,
    source: Source,
}

/// Where its bytes are.
#[derive(Debug)]
enum Source {
    File,
    Memory(Arc<[u8]>),
    Member {
        archive: Arc<Archive>,
        /// Its position in the archive.
        index: usize,
    },
    /// In an archive that cannot be opened.
    Refused(ArchiveError),
    /// In a store; fetched when it is opened.
    Object(Object, Stores),
    /// In a store, and an archive that does not come.
    NotFetched(Arc<StoreError>),
}

impl Input {
    /// Reads it; no pixel is decoded.
    pub(crate) fn open(&self, limits: DecodeLimits) -> Result<SliceFile, DecodeError> {
        let failed = |problem| DecodeError {
            path: self.path.clone(),
            problem,
        };
        let refused =
            |error: &ArchiveError| DecodeProblem::Io(std::io::Error::other(error.clone()));
        match &self.source {
            Source::File => SliceFile::open(&self.path, &limits),
            Source::Memory(bytes) => SliceFile::new(bytes.to_vec(), &limits).map_err(failed),
            Source::Object(object, stores) => self.of_store(stores.read(object), limits),
            Source::Refused(error) => Err(failed(refused(error))),
            Source::NotFetched(error) => {
                let error = std::io::Error::other(Arc::clone(error));
                Err(failed(DecodeProblem::Io(error)))
            }
            Source::Member { archive, index } => {
                let bytes = archive.read(*index, limits);
                let bytes = bytes.map_err(|error| failed(refused(&error)))?;
                SliceFile::new(bytes, &limits).map_err(failed)
            }
        }
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Its name relative to the path that was given, with `/` between its parts.
    pub(crate) fn name(&self) -> Cow<'_, [u8]> {
        let path = self.path.as_os_str().as_encoded_bytes();
        let name = &path[self.root_length.min(path.len())..];
        if MAIN_SEPARATOR == '/' {
            return Cow::Borrowed(name);
        }
        let separator = MAIN_SEPARATOR as u8;
        let slash = |byte: &u8| if *byte == separator { b'/' } else { *byte };
        Cow::Owned(name.iter().map(slash).collect())
    }

    /// The patient or scan that a manifest names.
    pub(crate) fn group(&self) -> Option<&GroupId> {
        self.group.as_ref()
    }

    /// What it says of where it belongs; no pixel is decoded. What cannot be read is a picture:
    /// reading it tells what is wrong.
    pub(crate) fn kind(&self, limits: DecodeLimits) -> InputKind {
        let head = match &self.source {
            Source::File => file_head(&self.path).ok(),
            Source::Memory(bytes) => Some(bytes.to_vec()),
            Source::Object(object, stores) => stores.read(object).ok().map(Vec::from),
            Source::Refused(_) | Source::NotFetched(_) => None,
            Source::Member { archive, index } => archive.read(*index, limits).ok(),
        };
        self.kind_of(head, limits)
    }

    /// The same, where its beginning was read already.
    pub(crate) fn kind_of(&self, head: Option<Vec<u8>>, limits: DecodeLimits) -> InputKind {
        let Some(head) = head else {
            return InputKind::Picture;
        };
        match Format::sniff(&head) {
            Some(Format::Dicom) => {
                InputKind::Dicom(Box::new(DicomIdentity::read(head).unwrap_or_default()))
            }
            Some(Format::Nifti) => InputKind::Volume,
            Some(Format::Tiff) if self.open(limits).is_ok_and(|file| file.count() > 1) => {
                InputKind::Volume
            }
            _ => InputKind::Picture,
        }
    }
}

/// What a file says of where it belongs.
#[derive(Debug)]
pub(crate) enum InputKind {
    /// Patient, study and series.
    Dicom(Box<DicomIdentity>),
    /// It holds many slices: a volume, or pages.
    Volume,
    /// Nothing.
    Picture,
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
        if let Some((address, stores)) = objects::address(path, stores)? {
            return self.objects(&address, stores);
        }
        if is_manifest_name(path) && path.is_file() {
            return self.manifest(path, |file, folder| root_length(file, folder));
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
        if let Some((address, stores)) = objects::address(path, stores)? {
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
        if archive::begins_as_archive(&file.bytes) {
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

/// Reads every slice under a path as [`predict`](crate::predict()) does, and throws it away: for
/// those who test readers.
///
/// # Errors
/// As [`predict`](crate::predict()), of the path.
pub fn read_every_slice(
    path: &Path,
    recipe: &Recipe,
    limits: DecodeLimits,
) -> Result<FileCounts, ExperimentError> {
    let mut counts = FileCounts::default();
    for input in list(&Predict::new([path]), &Session::default())? {
        counts.files += 1;
        let read = input.open(limits).map(|file| {
            let mut slices = (0..file.count()).map(|index| recipe.read(&file, index));
            slices.all(|slice| slice.is_ok())
        });
        counts.unreadable += usize::from(!read.unwrap_or(false));
    }
    Ok(counts)
}
