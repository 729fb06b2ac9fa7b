//! Whether every value of a DICOM file fits into it, seen before any of them is read.
//!
//! dicom-parser 0.10 allocates and clears as many bytes as a value's length says before it reads
//! them; one flipped bit asks for four gigabytes. This walk reads headers only (PS3.5 7.1, 7.5
//! and A.4). Where it cannot tell what follows, it leaves the rest to the parser.

use std::io::Read;

use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};
use flate2::read::DeflateDecoder;

use super::super::error::DecodeProblem;
use super::super::{DecodeLimits, Format};
use super::object::damaged;
use super::stored::EXPLICIT_VR_BIG_ENDIAN;

const TRUNCATED: DecodeProblem = DecodeProblem::Truncated {
    format: Format::Dicom,
};

const UNDEFINED_LENGTH: u32 = u32::MAX;
const META_GROUP: u16 = 0x0002;
const ITEM_GROUP: u16 = 0xfffe;
const ITEM: Tag = Tag(ITEM_GROUP, 0xe000);
const SEQUENCE_DELIMITATION_ITEM: Tag = Tag(ITEM_GROUP, 0xe0dd);

/// What a deflated file may inflate to beside its pixels.
const HEADER_BYTES: u64 = 64 << 20;

/// Checks a file's elements, from group 2 on.
pub(super) fn check(elements: &[u8], limits: DecodeLimits) -> Result<(), DecodeProblem> {
    let (data_set, transfer_syntax) = skip_meta(elements)?;
    match transfer_syntax.as_str() {
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => {
            let limit = limits
                .max_pixels
                .saturating_mul(4)
                .saturating_add(HEADER_BYTES);
            let mut inflated = Vec::new();
            DeflateDecoder::new(data_set)
                .take(limit.saturating_add(1))
                .read_to_end(&mut inflated)
                .map_err(|_| TRUNCATED)?;
            if inflated.len() as u64 > limit {
                return Err(damaged("it inflates to more than a slice can need"));
            }
            Walk::new(&inflated, Encoding::EXPLICIT).check()
        }
        uids::IMPLICIT_VR_LITTLE_ENDIAN => Walk::new(data_set, Encoding::IMPLICIT).check(),
        EXPLICIT_VR_BIG_ENDIAN => Walk::new(data_set, Encoding::BIG_ENDIAN).check(),
        _ => Walk::new(data_set, Encoding::EXPLICIT).check(),
    }
}

/// The data set behind the file meta information, and its transfer syntax.
fn skip_meta(elements: &[u8]) -> Result<(&[u8], String), DecodeProblem> {
    let mut walk = Walk::new(elements, Encoding::EXPLICIT);
    let mut declared_end = None;
    let mut transfer_syntax = String::new();
    while let Some(header) = walk.peek_group(META_GROUP).then(|| walk.header()).flatten() {
        let value = walk.value(header.length).ok_or(TRUNCATED)?;
        match header.tag {
            tags::FILE_META_INFORMATION_GROUP_LENGTH => {
                let length = value.try_into().map(u32::from_le_bytes);
                declared_end = length.ok().map(|length| walk.position + length as usize);
            }
            tags::TRANSFER_SYNTAX_UID => {
                let text = String::from_utf8_lossy(value);
                text.trim_end_matches(['\0', ' '])
                    .clone_into(&mut transfer_syntax);
            }
            _ => {}
        }
    }
    match declared_end {
        Some(end) if end == walk.position => Ok((&elements[end..], transfer_syntax)),
        Some(end) if end > elements.len() => Err(TRUNCATED),
        _ => Err(damaged("the length of the file meta information is wrong")),
    }
}

#[derive(Clone, Copy)]
struct Encoding {
    is_explicit: bool,
    is_big_endian: bool,
}

impl Encoding {
    const IMPLICIT: Self = Self {
        is_explicit: false,
        is_big_endian: false,
    };
    const EXPLICIT: Self = Self {
        is_explicit: true,
        is_big_endian: false,
    };
    const BIG_ENDIAN: Self = Self {
        is_explicit: true,
        is_big_endian: true,
    };
}

struct Header {
    tag: Tag,
    vr: VR,
    length: u32,
}

struct Walk<'a> {
    bytes: &'a [u8],
    position: usize,
    encoding: Encoding,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], encoding: Encoding) -> Self {
        Self {
            bytes,
            position: 0,
            encoding,
        }
    }

    /// Steps over values and into sequences; nesting needs no memory, since an item's end says
    /// nothing about how far a value may reach.
    fn check(mut self) -> Result<(), DecodeProblem> {
        let mut is_in_fragments = false;
        while let Some(header) = self.header() {
            let is_item = header.tag.group() == ITEM_GROUP;
            if is_item && !(is_in_fragments && header.tag == ITEM) {
                is_in_fragments = is_in_fragments && header.tag != SEQUENCE_DELIMITATION_ITEM;
                continue;
            }
            if header.length == UNDEFINED_LENGTH && header.tag == tags::PIXEL_DATA {
                is_in_fragments = true;
            } else if header.length == UNDEFINED_LENGTH && header.vr != VR::SQ {
                // A sequence of unknown meaning, coded implicitly whatever the file says.
                return Ok(());
            } else if header.vr != VR::SQ {
                self.value(header.length).ok_or(TRUNCATED)?;
            }
        }
        Ok(())
    }

    /// Reads an element's header; `None` where the bytes end.
    fn header(&mut self) -> Option<Header> {
        let tag = Tag(self.u16()?, self.u16()?);
        if tag.group() == ITEM_GROUP || !self.encoding.is_explicit {
            let length = self.u32()?;
            let vr = match StandardDataDictionary.by_tag(tag) {
                _ if length == UNDEFINED_LENGTH && tag != tags::PIXEL_DATA => VR::SQ,
                Some(entry) => entry.vr().relaxed(),
                None => VR::UN,
            };
            return Some(Header { tag, vr, length });
        }
        let code = self.value(2)?;
        let vr = VR::from_binary([code[0], code[1]]).unwrap_or(VR::UN);
        let length = if has_short_length(vr) {
            u32::from(self.u16()?)
        } else {
            self.value(2)?;
            self.u32()?
        };
        Some(Header { tag, vr, length })
    }

    fn value(&mut self, length: u32) -> Option<&'a [u8]> {
        let end = self.position.checked_add(length as usize)?;
        let value = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(value)
    }

    fn peek_group(&self, group: u16) -> bool {
        let bytes = self.bytes.get(self.position..).unwrap_or_default();
        bytes.starts_with(&group.to_le_bytes())
    }

    fn u16(&mut self) -> Option<u16> {
        let bytes = self.value(2)?.try_into().ok()?;
        Some(if self.encoding.is_big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.value(4)?.try_into().ok()?;
        Some(if self.encoding.is_big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
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
