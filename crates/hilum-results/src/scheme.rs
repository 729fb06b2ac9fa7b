//! hilum's own coding scheme, for what no other one has a code.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use hilum_imaging::derived_uid;

use crate::Code;
use crate::attributes::{put, sequence};

/// Its designator: private ones begin with `99` (PS3.3 8.2).
pub const SCHEME: &str = "99HILUM";

/// The longest Code Value that fits `SH`.
const LONGEST_VALUE: usize = 16;

/// A code of it.
pub(crate) fn own(value: &str, meaning: &str) -> Code {
    Code::new(value, SCHEME, meaning)
}

/// The code of a name that nobody has coded: the name itself where it fits a Code Value, else one
/// derived from it, so that equal names have equal codes.
pub(crate) fn of_name(name: &str) -> Code {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if name.len() <= LONGEST_VALUE && !name.is_empty() && name.chars().all(is_plain) {
        return own(name, name);
    }
    let uid = derived_uid(&format!("hilum class {name}"));
    let digits: String = uid.chars().rev().take(LONGEST_VALUE - 2).collect();
    own(&format!("C-{digits}"), name)
}

/// Says whose the scheme is: the Coding Scheme Identification Sequence (PS3.3 C.12.1).
pub(crate) fn identify(object: &mut InMemDicomObject) {
    let mut item = InMemDicomObject::new_empty();
    let texts = [
        (tags::CODING_SCHEME_DESIGNATOR, VR::SH, SCHEME),
        (
            tags::CODING_SCHEME_NAME,
            VR::ST,
            "hilum: classes and answers of models",
        ),
        (tags::CODING_SCHEME_VERSION, VR::SH, "1"),
        (
            tags::CODING_SCHEME_RESPONSIBLE_ORGANIZATION,
            VR::ST,
            "hilum",
        ),
    ];
    for (tag, vr, text) in texts {
        put(&mut item, tag, vr, text);
    }
    let tag = tags::CODING_SCHEME_IDENTIFICATION_SEQUENCE;
    sequence(object, tag, vec![item]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_is_its_own_code_and_others_have_one_that_fits() {
        assert_eq!(of_name("emphysema").value, "emphysema");
        for name in ["ground glass", "a.very.long.class.name", "Übelkeit", ""] {
            let code = of_name(name);
            assert!(code.value.starts_with("C-") && code.value.len() == 16);
            assert_eq!(code, of_name(name));
            assert_eq!(code.meaning, name);
        }
        assert_ne!(
            of_name("ground glass").value,
            of_name("ground-glass!").value
        );
    }
}
