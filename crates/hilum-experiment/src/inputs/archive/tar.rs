//! A TAR archive: its members stand in it as they are, and each is read where it stands.

use std::io::{self, Read as _, Seek as _, SeekFrom};

use flate2::read::GzDecoder;
use hilum_imaging::DecodeLimits;
use tar::EntryType;

use super::bytes::{ArchiveBytes, most_bytes};
use super::error::ArchiveError;
use super::found::Found;

/// Bytes of a header; its magic tells an archive.
pub(super) const HEADER: usize = 512;

/// A TAR archive, and where its members stand.
#[derive(Debug)]
pub(crate) struct Tar {
    bytes: ArchiveBytes,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    begin: u64,
    size: u64,
    /// Whether zeros are left out of it.
    is_sparse: bool,
}

fn damaged(reason: impl Into<String>) -> ArchiveError {
    ArchiveError::Damaged {
        kind: "TAR",
        reason: reason.into(),
    }
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        damaged(error.to_string())
    }
}

impl Tar {
    /// Reads all headers, once.
    pub(super) fn open(bytes: ArchiveBytes) -> Result<(Self, Found), ArchiveError> {
        let mut archive = tar::Archive::new(bytes.clone());
        let (mut found, mut members) = (Found::default(), Vec::new());
        for entry in archive.entries_with_seek()? {
            let entry = entry?;
            let name = entry.path_bytes();
            let name = String::from_utf8_lossy(&name);
            let is_sparse = match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous => false,
                EntryType::GNUSparse => true,
                EntryType::Directory => continue,
                _ => {
                    found.link(&name);
                    continue;
                }
            };
            if found.member(members.len(), &name) {
                members.push(Member {
                    begin: entry.raw_file_position(),
                    size: entry.size(),
                    is_sparse,
                });
            }
        }
        Ok((Self { bytes, members }, found))
    }

    /// The bytes of a member.
    pub(super) fn read(&self, index: usize, limits: DecodeLimits) -> Result<Vec<u8>, ArchiveError> {
        let Member {
            begin,
            size,
            is_sparse,
        } = self.members[index];
        let limit = most_bytes(limits);
        if size > limit {
            return Err(ArchiveError::Size { size, limit });
        }
        if is_sparse {
            return Err(ArchiveError::Sparse);
        }
        let mut archive = self.bytes.clone();
        archive.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        archive.take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size {
            return Err(damaged("it ends within a member"));
        }
        Ok(bytes)
    }
}

/// Whether bytes begin with a header of POSIX or GNU tar.
pub(super) fn begins_as_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// Whether what is compressed as a whole begins so.
pub(super) fn holds_tar(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"\x1f\x8b") {
        return false;
    }
    let mut header = Vec::new();
    // What ends too early is told by how much of it came.
    let _ = GzDecoder::new(bytes)
        .take(HEADER as u64)
        .read_to_end(&mut header);
    begins_as_tar(&header)
}
