//! A result's file, ready to be sent.

use std::io;

use dicom_dictionary_std::uids;
use dicom_object::FileMetaTable;
use dicom_transfer_syntax_registry::{TransferSyntaxIndex as _, TransferSyntaxRegistry};

use crate::queue::Delivery;

/// A result that was read from the disk.
pub(super) struct Parcel<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) file: Vec<u8>,
    pub(super) transfer_syntax: String,
    /// Where the data set begins.
    start: usize,
}

/// Preamble and `DICM` (PS3.10 7.1).
const MAGIC_END: usize = 132;
/// Tag, VR, length and value of the group's length.
const GROUP_LENGTH_ELEMENT: usize = 12;

impl<'a> Parcel<'a> {
    pub(super) fn read(delivery: &'a Delivery) -> io::Result<Self> {
        let file = fs_err::read(&delivery.file.path)?;
        let broken = |_| io::Error::from(io::ErrorKind::InvalidData);
        let head = file.get(MAGIC_END - 4..).unwrap_or_default();
        let meta = FileMetaTable::from_reader(head).map_err(broken)?;
        let group_length = meta.information_group_length as usize;
        let start = MAGIC_END + GROUP_LENGTH_ELEMENT + group_length;
        if start > file.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self {
            delivery,
            transfer_syntax: meta.transfer_syntax().to_owned(),
            file,
            start,
        })
    }

    /// Its own syntax, and those that every peer takes.
    pub(super) fn transfer_syntaxes(&self) -> Vec<String> {
        let mut all = vec![self.transfer_syntax.clone()];
        for uid in [
            uids::EXPLICIT_VR_LITTLE_ENDIAN,
            uids::IMPLICIT_VR_LITTLE_ENDIAN,
        ] {
            if uid != self.transfer_syntax {
                all.push(uid.to_owned());
            }
        }
        all
    }

    /// The data set in a transfer syntax; `None` if it cannot be written in that.
    pub(super) fn data_set(&self, transfer_syntax: &str) -> Option<Vec<u8>> {
        if transfer_syntax == self.transfer_syntax {
            return Some(self.file[self.start..].to_vec());
        }
        let object = dicom_object::from_reader(&self.file[..]).ok()?;
        let syntax = TransferSyntaxRegistry.get(transfer_syntax)?;
        let mut bytes = Vec::new();
        object.write_dataset_with_ts(&mut bytes, syntax).ok()?;
        Some(bytes)
    }
}
