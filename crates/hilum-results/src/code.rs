//! Coded concepts (PS3.3 8.8), and those of the standard that are used here.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::attributes::{Writer, put, sequence};

/// A concept: its value in a coding scheme, and what it means to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Code Value (0008,0100): at most 16 characters.
    pub value: String,
    /// Coding Scheme Designator (0008,0102).
    pub scheme: &'static str,
    /// Code Meaning (0008,0104).
    pub meaning: String,
}

impl Code {
    /// A code of any scheme.
    pub fn new(value: &str, scheme: &'static str, meaning: &str) -> Self {
        Self {
            value: value.to_owned(),
            scheme,
            meaning: meaning.to_owned(),
        }
    }

    /// A code of the standard's own scheme (PS3.16 annex D).
    pub(crate) fn dcm(value: &str, meaning: &str) -> Self {
        Self::new(value, "DCM", meaning)
    }

    /// A code of SNOMED CT.
    pub(crate) fn sct(value: &str, meaning: &str) -> Self {
        Self::new(value, "SCT", meaning)
    }

    /// The one item of a code sequence.
    pub(crate) fn item(&self, writer: Writer) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::CODE_VALUE, VR::SH, self.value.as_str());
        put(
            &mut item,
            tags::CODING_SCHEME_DESIGNATOR,
            VR::SH,
            self.scheme,
        );
        let meaning = writer.long_string(&self.meaning);
        put(&mut item, tags::CODE_MEANING, VR::LO, meaning);
        item
    }

    /// Puts it into the sequence `tag` of `object`.
    pub(crate) fn put(&self, object: &mut InMemDicomObject, tag: Tag, writer: Writer) {
        sequence(object, tag, vec![self.item(writer)]);
    }
}

/// `Yes` or `No`, of CID 230.
pub(crate) fn yes_or_no(is_so: bool) -> Code {
    if is_so {
        Code::sct("373066001", "Yes")
    } else {
        Code::sct("373067005", "No")
    }
}
