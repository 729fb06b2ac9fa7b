//! An archive as a folder of files.

mod bytes;
mod shared_file;
mod tar;
mod zip;

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hilum_dataset::{IgnoreReason, Ignored, reason_to_ignore};
use hilum_imaging::DecodeLimits;
use thiserror::Error;

use self::bytes::ArchiveBytes;
use self::shared_file::SharedFile;
use self::tar::{HEADER, Tar, begins_as_tar, holds_tar};
use self::zip::{LARGEST_RATIO, Zip, begins_as_zip};

/// For each pixel that a slice may have: a volume of eight planes of a byte, or a colour of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;
/// Bytes of a file that tell whether it is an archive: of one that is compressed as a whole,
/// enough to inflate a header.
const BEGIN: u64 = 8 * HEADER as u64;

/// Why an archive or its member is not read.
#[derive(Debug, Clone, Error)]
pub(crate) enum ArchiveError {
    /// No archive, or one that is damaged.
    #[error(
        "the {kind} archive cannot be read: {reason}\nhint: fetch or copy it again, or unpack it with another program"
    )]
    Damaged { kind: &'static str, reason: String },
    /// More than there is memory or patience for.
    #[error(
        "the ZIP archive inflates {size} bytes from {compressed}, more than {LARGEST_RATIO} for one\n\
         hint: if it is meant to, unpack it and give the folder"
    )]
    Ratio { size: u64, compressed: u64 },
    /// A member that is too large by its header, or by what comes out.
    #[error(
        "the member of {size} bytes exceeds the limit of {limit}\n\
         hint: if it is meant to be this large, raise the limit with `--max-pixels`"
    )]
    Size { size: u64, limit: u64 },
    /// A member with a password.
    #[error(
        "the member is encrypted\nhint: unpack the archive with its password and give the folder"
    )]
    Encrypted,
    /// A member that stands in pieces.
    #[error("the member is sparse\nhint: unpack the archive and give the folder")]
    Sparse,
    /// An archive without a place for each of its members.
    #[error(
        "the TAR archive is compressed as a whole, so that no member can be read by itself\n\
         hint: `gunzip` it, and give the `.tar`"
    )]
    CompressedTar,
}

/// An archive that is open.
#[derive(Debug)]
pub(crate) enum Archive {
    Zip(Zip),
    Tar(Tar),
}

/// Position in the archive and path of each member.
pub(super) type Members = Vec<(usize, PathBuf)>;

/// What was found in an archive: names of members, and of what is none.
#[derive(Debug, Default)]
struct Found {
    members: Vec<(usize, String)>,
    ignored: Vec<(String, IgnoreReason)>,
}

impl Found {
    /// Whether what is called `name`, at position `index`, may be an image.
    fn member(&mut self, index: usize, name: &str) -> bool {
        let name = name.replace('\\', "/");
        let reason = ignored_by(&name);
        match reason {
            Some(reason) => self.ignored.push((name, reason)),
            None => self.members.push((index, name)),
        }
        reason.is_none()
    }

    /// What is no file of its own.
    fn link(&mut self, name: &str) {
        self.ignored.push((name.to_owned(), IgnoreReason::Link));
    }

    /// The same as paths below that of the archive, in the order of their names.
    fn below(self, archive: &Path) -> (Members, Vec<Ignored>) {
        let of_member = |(index, name): (usize, String)| (index, below(archive, &name));
        let mut members: Members = self.members.into_iter().map(of_member).collect();
        members.sort_by(|(_, one), (_, other)| one.cmp(other));
        let ignored = self.ignored.into_iter().map(|(name, reason)| Ignored {
            path: below(archive, &name),
            reason,
        });
        (members, ignored.collect())
    }
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

/// Bytes that a member may have.
fn most_bytes(limits: DecodeLimits) -> u64 {
    limits.max_pixels.saturating_mul(BYTES_PER_PIXEL)
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

/// A member's path: its name below that of the archive, whatever the name begins with.
fn below(archive: &Path, name: &str) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push("/");
    path.push(name.trim_start_matches('/'));
    path.into()
}

/// Why a member is no image: by its own name, or by that of a folder that it lies in.
pub(super) fn ignored_by(name: &str) -> Option<IgnoreReason> {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let of_folder = |folder: &str| {
        let reason = reason_to_ignore(folder.as_ref());
        reason.filter(|reason| *reason != IgnoreReason::Sidecar)
    };
    folders
        .split('/')
        .find_map(of_folder)
        .or_else(|| reason_to_ignore(file.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_archiver_left_is_no_image() {
        for name in [
            "__MACOSX/a/._1.dcm",
            "a/.DS_Store",
            "DICOMDIR",
            "a/notes.txt",
        ] {
            assert!(ignored_by(name).is_some(), "{name}");
        }
        for name in ["a/1.dcm", "1", "readme.txt/1.dcm"] {
            assert!(ignored_by(name).is_none(), "{name}");
        }
        assert_eq!(
            below(Path::new("a.zip"), "/etc/passwd"),
            Path::new("a.zip/etc/passwd")
        );
    }
}
