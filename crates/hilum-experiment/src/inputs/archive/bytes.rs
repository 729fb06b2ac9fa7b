//! The bytes of an archive, on the disk or in memory, each clone at its own place.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use hilum_imaging::DecodeLimits;

use super::shared_file::SharedFile;

/// For each pixel that a slice may have: a volume of eight planes of a byte, or a colour of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;

/// Bytes that a member may have.
pub(super) fn most_bytes(limits: DecodeLimits) -> u64 {
    limits.max_pixels.saturating_mul(BYTES_PER_PIXEL)
}

/// The bytes of an archive; a clone begins anew, or where this one stands.
#[derive(Debug, Clone)]
pub(super) enum ArchiveBytes {
    /// Of a file.
    File(SharedFile),
    /// In memory.
    Memory(Cursor<Arc<[u8]>>),
}

impl Read for ArchiveBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Memory(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for ArchiveBytes {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(position),
            Self::Memory(bytes) => bytes.seek(position),
        }
    }
}
