//! Elements as they lie in the bytes (PS3.5 chapter 7), read without trust in any length.

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

/// How elements are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Implicit VR, little endian.
    Implicit,
    /// Explicit VR, little endian.
    Explicit,
    /// Explicit VR, big endian; retired from the standard in 2016, but files remain.
    BigEndian,
}

impl Encoding {
    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::BigEndian => u16::from_be_bytes(bytes),
            Self::Implicit | Self::Explicit => u16::from_le_bytes(bytes),
        }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::BigEndian => u32::from_be_bytes(bytes),
            Self::Implicit | Self::Explicit => u32::from_le_bytes(bytes),
        }
    }
}

const ITEM_GROUP: u16 = 0xfffe;
pub(super) const ITEM: Tag = Tag(ITEM_GROUP, 0xe000);
pub(super) const ITEM_END: Tag = Tag(ITEM_GROUP, 0xe00d);
pub(super) const SEQUENCE_END: Tag = Tag(ITEM_GROUP, 0xe0dd);

/// What stands before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) tag: Tag,
    pub(super) vr: VR,
    /// `None` for an undefined length (PS3.5 7.1.1).
    pub(super) length: Option<usize>,
    /// Where the value begins.
    pub(super) value: usize,
    /// Coded implicitly in a data set that is explicit.
    pub(super) is_implicit_among_explicit: bool,
}

impl Header {
    pub(super) fn is_delimiter(&self) -> bool {
        self.tag.group() == ITEM_GROUP
    }

    /// Where the value ends, if it has a length and lies before `end`.
    pub(super) fn value_end(&self, end: usize) -> Option<usize> {
        let value_end = self.value.checked_add(self.length?)?;
        (value_end <= end).then_some(value_end)
    }
}

/// Reads the header at `position`; `None` where the bytes end.
pub(super) fn header(bytes: &[u8], position: usize, encoding: Encoding) -> Option<Header> {
    let head: [u8; 8] = bytes
        .get(position..position.checked_add(8)?)?
        .try_into()
        .ok()?;
    let [g0, g1, e0, e1, v0, v1, l0, l1] = head;
    let tag = Tag(encoding.u16([g0, g1]), encoding.u16([e0, e1]));
    let is_coded = |byte: u8| byte.is_ascii_uppercase();
    let has_vr =
        encoding != Encoding::Implicit && tag.group() != ITEM_GROUP && is_coded(v0) && is_coded(v1);
    if !has_vr {
        return Some(Header {
            tag,
            vr: vr_of(tag),
            length: defined(encoding.u32([v0, v1, l0, l1])),
            value: position + 8,
            is_implicit_among_explicit: encoding != Encoding::Implicit && tag.group() != ITEM_GROUP,
        });
    }
    let vr = VR::from_binary([v0, v1]).unwrap_or(VR::UN);
    let (length, value) = if has_short_length(vr) {
        (Some(usize::from(encoding.u16([l0, l1]))), position + 8)
    } else {
        let long = bytes.get(position + 8..position + 12)?.try_into().ok()?;
        (defined(encoding.u32(long)), position + 12)
    };
    Some(Header {
        tag,
        vr,
        length,
        value,
        is_implicit_among_explicit: false,
    })
}

fn defined(length: u32) -> Option<usize> {
    (length != u32::MAX).then_some(length as usize)
}

/// The value representation that the standard gives a tag; `UN` for a tag that it does not know.
pub(super) fn vr_of(tag: Tag) -> VR {
    StandardDataDictionary
        .by_tag(tag)
        .map_or(VR::UN, |entry| entry.vr().relaxed())
}

/// Whether the standard knows the tag.
pub(super) fn is_known(tag: Tag) -> bool {
    StandardDataDictionary.by_tag(tag).is_some()
}

/// The value representations whose length takes 16 bits (PS3.5 table 7.1-2).
fn has_short_length(vr: VR) -> bool {
    matches!(
        vr,
        VR::AE
            | VR::AS
            | VR::AT
            | VR::CS
            | VR::DA
            | VR::DS
            | VR::DT
            | VR::FL
            | VR::FD
            | VR::IS
            | VR::LO
            | VR::LT
            | VR::PN
            | VR::SH
            | VR::SL
            | VR::SS
            | VR::ST
            | VR::TM
            | VR::UI
            | VR::UL
            | VR::US
    )
}

/// How the items of a sequence are coded that begin at `position`.
///
/// PS3.5 6.2.2 wants those of an `UN` to be implicit; some writers leave them as they were.
pub(super) fn items_encoding(bytes: &[u8], position: usize, vr: VR, outer: Encoding) -> Encoding {
    if vr != VR::UN {
        return outer;
    }
    let code = bytes.get(position.saturating_add(12)..position.saturating_add(14));
    let is_explicit = code.is_some_and(|code| VR::from_binary([code[0], code[1]]).is_some());
    if is_explicit {
        outer
    } else {
        Encoding::Implicit
    }
}

#[derive(Clone, Copy)]
enum Level {
    Items(Encoding),
    Elements(Encoding),
}

/// Steps over the items that begin at `position`, to behind their sequence delimitation.
///
/// `None` if they break off before `end`. Nesting takes a byte or two a level and no stack: a
/// level takes sixteen bytes of the file.
pub(super) fn end_of_items(
    bytes: &[u8],
    position: usize,
    end: usize,
    encoding: Encoding,
) -> Option<usize> {
    let bytes = bytes.get(..end)?;
    let mut levels = vec![Level::Items(encoding)];
    let mut at = position;
    while let Some(level) = levels.last().copied() {
        let (Level::Items(encoding) | Level::Elements(encoding)) = level;
        let header = header(bytes, at, encoding)?;
        at = header.value;
        match (level, header.tag) {
            (Level::Items(_), SEQUENCE_END) | (Level::Elements(_), ITEM_END) => {
                levels.pop();
            }
            (Level::Items(_), ITEM) if header.length.is_none() => {
                levels.push(Level::Elements(encoding));
            }
            (Level::Items(_), ITEM) => at = header.value_end(end)?,
            (Level::Items(_), _) => return None,
            (Level::Elements(_), _) if header.is_delimiter() => return None,
            (Level::Elements(_), _) if header.length.is_none() => {
                levels.push(Level::Items(items_encoding(bytes, at, header.vr, encoding)));
            }
            (Level::Elements(_), _) => at = header.value_end(end)?,
        }
    }
    Some(at)
}

/// Whether an element that a CT file may hold begins at `position`, and so do the next two.
///
/// For finding the way back after something broken, and for data sets without any header.
pub(super) fn looks_like_elements(
    bytes: &[u8],
    position: usize,
    after: Tag,
    encoding: Encoding,
) -> bool {
    const CHAIN: usize = 3;
    let (mut at, mut after) = (position, after);
    for index in 0..CHAIN {
        if index > 0 && at == bytes.len() {
            return true;
        }
        let Some(header) = header(bytes, at, encoding) else {
            return false;
        };
        // What costs little is asked first: this is asked at every byte behind a broken element.
        let is_long = header.length.is_some() && header.value_end(bytes.len()).is_none();
        if header.is_implicit_among_explicit || header.tag <= after || is_long {
            return false;
        }
        let is_private = header.tag.group() % 2 == 1;
        let fits_standard = if is_private {
            index > 0
        } else {
            is_known(header.tag) && (header.vr == vr_of(header.tag) || is_word_kind(header.tag))
        };
        if !fits_standard {
            return false;
        }
        if header.tag == tags::PIXEL_DATA {
            return true;
        }
        match (header.length, header.value_end(bytes.len())) {
            (None, _) => return header.vr == VR::SQ,
            (Some(length), Some(end)) if length.is_multiple_of(2) => at = end,
            _ => return false,
        }
        after = header.tag;
    }
    true
}

/// Attributes that may be bytes or words, signed or not.
fn is_word_kind(tag: Tag) -> bool {
    matches!(vr_of(tag), VR::US | VR::SS | VR::OW | VR::OB)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff];
        bytes.extend_from_slice(content);
        bytes.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
        bytes
    }

    const END: [u8; 8] = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];

    #[test]
    fn a_sequence_ends_behind_its_delimitation_at_any_depth() {
        let mut bytes = END.to_vec();
        for _ in 0..10_000 {
            let mut inner = vec![0x08, 0, 0x15, 0x11, 0xff, 0xff, 0xff, 0xff];
            inner.extend(item(&[]));
            inner.truncate(8);
            bytes.splice(0..0, inner);
            let open = [0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff];
            bytes.splice(0..0, open);
            bytes.extend([0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0]);
            bytes.extend(END);
        }
        let end = end_of_items(&bytes, 0, bytes.len(), Encoding::Implicit);
        assert_eq!(end, Some(bytes.len()));
        assert_eq!(
            end_of_items(&bytes, 0, bytes.len() - 1, Encoding::Implicit),
            None
        );
    }

    #[test]
    fn a_length_beyond_the_bytes_breaks_the_sequence() {
        let mut bytes = item(&[0x08, 0, 0x50, 0x11, 0xff, 0xff, 0, 0]);
        bytes.extend(END);
        assert_eq!(
            end_of_items(&bytes, 0, bytes.len(), Encoding::Implicit),
            None
        );
    }

    #[test]
    fn an_element_is_read_in_each_encoding() {
        let explicit = [0x28, 0, 0x10, 0, b'U', b'S', 2, 0, 0, 2];
        let big = [0, 0x28, 0, 0x10, b'U', b'S', 0, 2, 2, 0];
        let implicit = [0x28, 0, 0x10, 0, 2, 0, 0, 0, 0, 2];
        for (bytes, encoding) in [
            (explicit, Encoding::Explicit),
            (big, Encoding::BigEndian),
            (implicit, Encoding::Implicit),
        ] {
            let found = header(&bytes, 0, encoding).unwrap();
            assert_eq!((found.tag, found.vr), (tags::ROWS, VR::US));
            assert_eq!((found.length, found.value), (Some(2), 8));
            assert!(!found.is_implicit_among_explicit);
        }
        assert!(
            header(&implicit, 0, Encoding::Explicit)
                .unwrap()
                .is_implicit_among_explicit
        );
    }
}
