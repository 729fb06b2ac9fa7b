//! A ZIP archive, bounded before anything is inflated.

use std::io::Read as _;

use hilum_imaging::DecodeLimits;
use zip::ZipArchive;
use zip::result::ZipError;

use super::bytes::{ArchiveBytes, most_bytes};
use super::error::{ArchiveError, LARGEST_RATIO};
use super::found::Found;

/// What an archive may inflate to, however well it is compressed.
const GRANTED_BYTES: u64 = 1 << 30;
/// The most that deflate makes of a byte.
const DEFLATE_RATIO: u64 = 1032;

impl From<ZipError> for ArchiveError {
    fn from(error: ZipError) -> Self {
        Self::Damaged {
            kind: "ZIP",
            reason: error.to_string(),
        }
    }
}

fn damaged(reason: impl Into<String>) -> ArchiveError {
    ArchiveError::Damaged {
        kind: "ZIP",
        reason: reason.into(),
    }
}

/// A ZIP archive that is open.
#[derive(Debug)]
pub(crate) struct Zip {
    zip: ZipArchive<ArchiveBytes>,
}

impl Zip {
    /// Reads the list of members; the whole archive has `compressed` bytes.
    pub(super) fn open(
        bytes: ArchiveBytes,
        compressed: u64,
    ) -> Result<(Self, Found), ArchiveError> {
        let zip = ZipArchive::new(bytes)?;
        let (mut found, mut total) = (Found::default(), 0_u64);
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index)?;
            if entry.is_dir() {
                continue;
            }
            if found.member(index, &String::from_utf8_lossy(entry.name_raw())) {
                total = total.saturating_add(entry.size());
            }
        }
        if total > GRANTED_BYTES && total / LARGEST_RATIO > compressed {
            return Err(ArchiveError::Ratio {
                size: total,
                compressed,
            });
        }
        Ok((Self { zip }, found))
    }

    /// The bytes of a member.
    pub(super) fn read(&self, index: usize, limits: DecodeLimits) -> Result<Vec<u8>, ArchiveError> {
        let limit = most_bytes(limits);
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
            return Err(damaged(
                "a member is larger than what is compressed can fill",
            ));
        }
        let mut bytes = Vec::new();
        let mut zip = self.zip.clone();
        let member = zip.by_index(index)?;
        let read = member.take(size + 1).read_to_end(&mut bytes);
        read.map_err(|error| damaged(error.to_string()))?;
        if bytes.len() as u64 != size {
            return Err(damaged("a member has another size than its header says"));
        }
        Ok(bytes)
    }
}

/// Whether bytes begin as those of such an archive do.
pub(super) fn begins_as_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}
