//! An archive as a folder of files.

mod bytes;
mod error;
mod found;
mod shared_file;
mod tar;
mod zip;

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::sync::Arc;

use hilum_dataset::Ignored;
use hilum_imaging::DecodeLimits;

use self::bytes::ArchiveBytes;
use self::shared_file::SharedFile;
use self::tar::{HEADER, Tar, begins_as_tar, holds_tar};
use self::zip::{Zip, begins_as_zip};

pub(crate) use self::error::ArchiveError;
pub(crate) use self::found::{Members, ignored_by};

/// Bytes of a file that tell whether it is an archive: of one that is compressed as a whole,
/// enough to inflate a header.
const BEGIN: u64 = 8 * HEADER as u64;

/// An archive that is open.
#[derive(Debug)]
pub(crate) enum Archive {
    Zip(Zip),
    Tar(Tar),
}

impl Archive {
    /// Whether the file at `path` begins as an archive does.
    pub(super) fn is_at(path: &Path) -> bool {
        begins_as_archive(&begin_of(path))
    }

    /// Reads the list of members, in the order of their names, and which of them are no images.
    pub(super) fn open(path: &Path) -> Result<(Self, Members, Vec<Ignored>), ArchiveError> {
        let compressed = fs_err::metadata(path).map_or(0, |metadata| metadata.len());
        let bytes = ArchiveBytes::File(SharedFile::new(path));
        Self::read_list(path, &begin_of(path), bytes, compressed)
    }

    /// The same of an archive in memory, which is called `path`.
    pub(super) fn of(
        path: &Path,
        bytes: &Arc<[u8]>,
    ) -> Result<(Self, Members, Vec<Ignored>), ArchiveError> {
        let compressed = bytes.len() as u64;
        let all = ArchiveBytes::Memory(Cursor::new(Arc::clone(bytes)));
        Self::read_list(path, bytes, all, compressed)
    }

    fn read_list(
        path: &Path,
        begin: &[u8],
        bytes: ArchiveBytes,
        compressed: u64,
    ) -> Result<(Self, Members, Vec<Ignored>), ArchiveError> {
        let (archive, found) = if begins_as_tar(begin) {
            let (tar, found) = Tar::open(bytes)?;
            (Self::Tar(tar), found)
        } else if holds_tar(begin) {
            return Err(ArchiveError::CompressedTar);
        } else {
            let (zip, found) = Zip::open(bytes, compressed)?;
            (Self::Zip(zip), found)
        };
        let (members, ignored) = found.below(path);
        Ok((archive, members, ignored))
    }

    /// The bytes of a member.
    pub(super) fn read(&self, index: usize, limits: DecodeLimits) -> Result<Vec<u8>, ArchiveError> {
        match self {
            Self::Zip(zip) => zip.read(index, limits),
            Self::Tar(tar) => tar.read(index, limits),
        }
    }
}

/// The first bytes of a file; none of one that cannot be read.
fn begin_of(path: &Path) -> Vec<u8> {
    let mut begin = Vec::new();
    let read = File::open(path).and_then(|file| file.take(BEGIN).read_to_end(&mut begin));
    if read.is_err() {
        begin.clear();
    }
    begin
}

/// Whether bytes begin as those of an archive do.
pub(super) fn begins_as_archive(bytes: &[u8]) -> bool {
    let begin = &bytes[..bytes.len().min(BEGIN as usize)];
    begins_as_zip(begin) || begins_as_tar(begin) || holds_tar(begin)
}
