//! Where the pages of a TIFF stand (TIFF 6.0, section 2; BigTIFF), read without decoding one.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::super::{DecodeProblem, Format};

/// Bit 0 of NewSubfileType: a smaller version of another page, such as a thumbnail.
const REDUCED: u64 = 1;
/// Bit 2 of NewSubfileType: a mask of another page.
const MASK: u64 = 4;
const NEW_SUBFILE_TYPE: u64 = 254;

/// The directory of each page that is a picture of its own.
#[derive(Debug)]
pub(in crate::decode) struct Pages {
    directories: Vec<u64>,
}

impl Pages {
    /// Follows the chain of directories to its end, or to where it turns back.
    pub(in crate::decode) fn read(bytes: &[u8]) -> Result<Self, DecodeProblem> {
        let words = Words::of(bytes).ok_or(TRUNCATED)?;
        let mut next = words.first_directory().ok_or(TRUNCATED)?;
        let (mut directories, mut seen) = (Vec::new(), BTreeSet::new());
        while next != 0 && seen.insert(next) {
            let Some(directory) = words.directory(next) else {
                // Pages before a damaged one are read.
                break;
            };
            if directory.subfile_type & (REDUCED | MASK) == 0 {
                directories.push(next);
            }
            next = directory.next;
        }
        if directories.is_empty() {
            return Err(TRUNCATED);
        }
        Ok(Self { directories })
    }

    pub(in crate::decode) fn count(&self) -> usize {
        self.directories.len()
    }

    /// The file as one whose first page is the one at `index`.
    pub(super) fn starting_at<'file>(&self, bytes: &'file [u8], index: usize) -> FromPage<'file> {
        let mut header = [0; 16];
        let length = header.len().min(bytes.len());
        header[..length].copy_from_slice(&bytes[..length]);
        let is_little_endian = header[0] == b'I';
        let offset = self.directories[index];
        if is_big(&header, is_little_endian) {
            header[8..16].copy_from_slice(&if is_little_endian {
                offset.to_le_bytes()
            } else {
                offset.to_be_bytes()
            });
        } else {
            let offset = offset as u32;
            header[4..8].copy_from_slice(&if is_little_endian {
                offset.to_le_bytes()
            } else {
                offset.to_be_bytes()
            });
        }
        FromPage {
            header,
            file: Cursor::new(bytes),
        }
    }
}

const TRUNCATED: DecodeProblem = DecodeProblem::Truncated {
    format: Format::Tiff,
};

fn is_big(header: &[u8; 16], is_little_endian: bool) -> bool {
    header[if is_little_endian { 2 } else { 3 }] == 43
}

/// A TIFF with another offset of its first directory.
#[derive(Debug)]
pub(super) struct FromPage<'file> {
    header: [u8; 16],
    file: Cursor<&'file [u8]>,
}

impl Read for FromPage<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let position = self.file.position();
        if position < self.header.len() as u64 {
            let rest = &self.header[position as usize..];
            let in_file =
                self.file.get_ref().len() as u64 - position.min(self.file.get_ref().len() as u64);
            let count = buffer.len().min(rest.len()).min(in_file as usize);
            buffer[..count].copy_from_slice(&rest[..count]);
            self.file.set_position(position + count as u64);
            return Ok(count);
        }
        self.file.read(buffer)
    }
}

impl Seek for FromPage<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

/// A directory, as far as pages are concerned.
struct Directory {
    subfile_type: u64,
    next: u64,
}

/// Numbers of a file in its byte order.
struct Words<'file> {
    bytes: &'file [u8],
    is_little_endian: bool,
    is_big: bool,
}

impl<'file> Words<'file> {
    fn of(bytes: &'file [u8]) -> Option<Self> {
        let header: &[u8; 16] = bytes.first_chunk()?;
        let is_little_endian = header[0] == b'I';
        Some(Self {
            bytes,
            is_little_endian,
            is_big: is_big(header, is_little_endian),
        })
    }

    /// The number of `length` bytes at `at`.
    fn number(&self, at: u64, length: usize) -> Option<u64> {
        let start = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(start..start.checked_add(length)?)?;
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.is_little_endian {
            bytes.iter().rev().fold(0, push)
        } else {
            bytes.iter().fold(0, push)
        })
    }

    fn first_directory(&self) -> Option<u64> {
        if self.is_big {
            self.number(8, 8)
        } else {
            self.number(4, 4)
        }
    }

    fn directory(&self, at: u64) -> Option<Directory> {
        let (count_length, entry_length, offset_length) =
            if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(at, count_length)?;
        let first = at.checked_add(count_length as u64)?;
        let end = first.checked_add(count.checked_mul(entry_length)?)?;
        let next = self.number(end, offset_length)?;
        let value_at = entry_length - offset_length as u64;
        let mut subfile_type = 0;
        for index in 0..count {
            let entry = first + index * entry_length;
            if self.number(entry, 2)? == NEW_SUBFILE_TYPE {
                subfile_type = self.number(entry + value_at, 4)?;
                break;
            }
        }
        Some(Directory { subfile_type, next })
    }
}
