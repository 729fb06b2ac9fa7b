//! A ZIP archive as a folder of files, bounded before anything is inflated.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hilum_dataset::{IgnoreReason, Ignored, reason_to_ignore};
use hilum_imaging::DecodeLimits;
use thiserror::Error;
use zip::ZipArchive;
use zip::result::ZipError;

use super::archive_bytes::ArchiveBytes;
use super::shared_file::SharedFile;

/// What an archive may inflate to, however well it is compressed.
const GRANTED_BYTES: u64 = 1 << 30;
/// How many times its own size a larger one may inflate to. CT slices shrink to a half or a third,
/// masks to a hundredth.
const LARGEST_RATIO: u64 = 200;
/// The most that deflate makes of a byte.
const DEFLATE_RATIO: u64 = 1032;
/// For each pixel that a slice may have: a volume of eight planes of a byte, or a colour of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;

/// Why an archive or its member is not read.
#[derive(Debug, Clone, Error)]
pub(crate) enum ArchiveError {
    /// No archive, or one that is damaged.
    #[error(
        "the ZIP archive cannot be read: {0}\nhint: fetch or copy it again, or unpack it with another program"
    )]
    Damaged(String),
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
}

impl From<ZipError> for ArchiveError {
    fn from(error: ZipError) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// An archive that is open.
#[derive(Debug)]
pub(crate) struct Archive {
    zip: ZipArchive<ArchiveBytes>,
}

/// Position in the archive and path of each member.
pub(super) type Members = Vec<(usize, PathBuf)>;

impl Archive {
    /// Whether the file at `path` begins as an archive does.
    pub(super) fn is_at(path: &Path) -> bool {
        let mut begin = [0; 4];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
        read.is_ok() && begins_as_archive(&begin)
    }

    /// Reads the list of members, in the order of their names, and which of them are no images.
    pub(super) fn open(path: &Path) -> Result<(Self, Members, Vec<Ignored>), ArchiveError> {
        let compressed = fs_err::metadata(path).map_or(0, |metadata| metadata.len());
        Self::read_list(path, ArchiveBytes::File(SharedFile::new(path)), compressed)
    }

    /// The same of an archive in memory, which is called `path`.
    pub(super) fn of(
        path: &Path,
        bytes: &Arc<[u8]>,
    ) -> Result<(Self, Members, Vec<Ignored>), ArchiveError> {
        let compressed = bytes.len() as u64;
        let bytes = ArchiveBytes::Memory(Cursor::new(Arc::clone(bytes)));
        Self::read_list(path, bytes, compressed)
    }

    fn read_list(
        path: &Path,
        bytes: ArchiveBytes,
        compressed: u64,
    ) -> Result<(Self, Members, Vec<Ignored>), ArchiveError> {
        let zip = ZipArchive::new(bytes)?;
        let (mut members, mut ignored, mut total) = (Vec::new(), Vec::new(), 0_u64);
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index)?;
            if entry.is_dir() {
                continue;
            }
            let name = String::from_utf8_lossy(entry.name_raw()).replace('\\', "/");
            let path = below(path, &name);
            if let Some(reason) = ignored_by(&name) {
                ignored.push(Ignored { path, reason });
            } else {
                total = total.saturating_add(entry.size());
                members.push((index, path));
            }
        }
        if total > GRANTED_BYTES && total / LARGEST_RATIO > compressed {
            return Err(ArchiveError::Ratio {
                size: total,
                compressed,
            });
        }
        members.sort_by(|(_, one), (_, other)| one.cmp(other));
        Ok((Self { zip }, members, ignored))
    }

    /// The bytes of a member.
    pub(super) fn read(&self, index: usize, limits: DecodeLimits) -> Result<Vec<u8>, ArchiveError> {
        let limit = limits.max_pixels.saturating_mul(BYTES_PER_PIXEL);
        let entry = self.zip.by_index_data(index)?;
        let (size, compressed) = (entry.size(), entry.compressed_size());
        if entry.encrypted() {
            return Err(ArchiveError::Encrypted);
        }
        if size > limit {
            return Err(ArchiveError::Size { size, limit });
        }
        if size
            > compressed
                .saturating_mul(DEFLATE_RATIO)
                .saturating_add(1024)
        {
            return Err(ArchiveError::Damaged(
                "a member is larger than what is compressed can fill".to_owned(),
            ));
        }
        let mut bytes = Vec::new();
        let mut zip = self.zip.clone();
        let member = zip.by_index(index)?;
        let read = member.take(size + 1).read_to_end(&mut bytes);
        read.map_err(|error| ArchiveError::Damaged(error.to_string()))?;
        if bytes.len() as u64 != size {
            return Err(ArchiveError::Damaged(
                "a member has another size than its header says".to_owned(),
            ));
        }
        Ok(bytes)
    }
}

/// Whether bytes begin as those of an archive do.
pub(super) fn begins_as_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
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
