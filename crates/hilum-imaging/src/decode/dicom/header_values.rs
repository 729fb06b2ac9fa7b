//! What a DICOM file says of itself, as it is coded: for whoever has to repeat it.

use std::sync::Arc;

use dicom_core::Tag;

use super::super::{DecodeLimits, Format};
use super::attributes::{integer, text};
use super::data_set::DataSet;
use super::file_meta::FileStart;
use super::nonconformity::Forgiven;

/// The attributes of a DICOM file, those of groups that hilum reads.
///
/// Values are given as they lie in the file: whoever copies a name into another object has to
/// copy its bytes and the character set that they are in.
#[derive(Debug, Clone)]
pub struct DicomHeader {
    data_set: DataSet,
    sop_class: Option<String>,
}

impl DicomHeader {
    /// What the first bytes of a file say, a megabyte or less will do; `None` if they are no
    /// DICOM. Of a deflated file all bytes are needed.
    pub fn read(head: Vec<u8>) -> Option<Self> {
        if Format::sniff(&head) != Some(Format::Dicom) {
            return None;
        }
        let forgiven = &mut Forgiven::default();
        let start = FileStart::read(head, DecodeLimits::default(), forgiven).ok()?;
        let bytes = Arc::new(start.bytes);
        Some(Self {
            data_set: DataSet::read(bytes, start.data_set, start.encoding, forgiven),
            sop_class: start.sop_class,
        })
    }

    /// The first value as text, without the spaces and zeros that pad it; `None` where there is none.
    ///
    /// UTF-8 where the bytes are that, Latin-1 elsewhere: for identifiers, not for names.
    pub fn text(&self, tag: Tag) -> Option<String> {
        text(&self.data_set, tag)
    }

    /// The first value as a whole number.
    pub fn integer(&self, tag: Tag) -> Option<i64> {
        integer(&self.data_set, tag)
    }

    /// The bytes of a value, those included that pad it; `None` where the attribute is absent.
    pub fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        let element = self.data_set.get(tag)?;
        Some(self.data_set.value(element))
    }

    /// SOP Class UID (0008,0016), or what the file meta information says of it.
    pub fn sop_class_uid(&self) -> Option<String> {
        self.text(dicom_dictionary_std::tags::SOP_CLASS_UID)
            .or_else(|| self.sop_class.clone())
    }
}
