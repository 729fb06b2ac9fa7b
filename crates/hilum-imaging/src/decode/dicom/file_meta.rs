//! From a file's first byte to its data set (PS3.10 chapter 7), whatever stands or lacks there.

use std::io::Read as _;
use std::ops::Range;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use flate2::read::DeflateDecoder;

use super::super::DecodeLimits;
use super::super::error::{DecodeProblem, DicomProblem};
use super::damaged;
use super::nonconformity::{Forgiven, Nonconformity};
use super::walk::{Encoding, header, looks_like_elements};

const MAGIC: &[u8] = b"DICM";
const PREAMBLE: usize = 128;
const META_GROUP: u16 = 0x0002;

/// Retired from the standard in 2016; files remain.
pub(super) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Where the data set lies, and how it is coded.
#[derive(Debug)]
pub(super) struct FileStart {
    pub(super) bytes: Vec<u8>,
    pub(super) data_set: Range<usize>,
    pub(super) encoding: Encoding,
    /// Transfer Syntax UID (0002,0010), as found.
    pub(super) transfer_syntax: String,
    /// Media Storage SOP Class UID (0002,0002).
    pub(super) sop_class: Option<String>,
}

impl FileStart {
    pub(super) fn read(
        bytes: Vec<u8>,
        limits: DecodeLimits,
        forgiven: &mut Forgiven,
    ) -> Result<Self, DecodeProblem> {
        let start = if bytes.get(PREAMBLE..PREAMBLE + 4) == Some(MAGIC) {
            PREAMBLE + 4
        } else {
            forgiven.note(Nonconformity::NoPreamble);
            if bytes.starts_with(MAGIC) { 4 } else { 0 }
        };
        let meta = FileMeta::read(&bytes, start, forgiven);
        let said = meta.transfer_syntax;
        if said == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
            let inflated = inflate(&bytes[meta.end..], limits)?;
            return Ok(Self {
                data_set: 0..inflated.len(),
                bytes: inflated,
                encoding: Encoding::Explicit,
                transfer_syntax: said,
                sop_class: meta.sop_class,
            });
        }
        let found = guess(&bytes, meta.end);
        let encoding = match (encoding_of(&said), found) {
            (Some(said), None) => said,
            (Some(said), Some(found)) if said == found => said,
            (_, Some(found)) => {
                forgiven.note(Nonconformity::TransferSyntax {
                    said: said.clone(),
                    found: name(found),
                });
                found
            }
            (None, None) => return Err(unknown(&said)),
        };
        let transfer_syntax = if said.is_empty() || is_uncompressed(&said) {
            uid(encoding).to_owned()
        } else {
            said
        };
        Ok(Self {
            data_set: meta.end..bytes.len(),
            bytes,
            encoding,
            transfer_syntax,
            sop_class: meta.sop_class,
        })
    }
}

/// What group 2 says that anything depends on.
struct FileMeta {
    transfer_syntax: String,
    sop_class: Option<String>,
    end: usize,
}

impl FileMeta {
    /// Reads to where group 2 ends by its elements; the length that it says is only compared.
    fn read(bytes: &[u8], start: usize, forgiven: &mut Forgiven) -> Self {
        let mut meta = Self {
            transfer_syntax: String::new(),
            sop_class: None,
            end: start,
        };
        let mut said_end = None;
        while let Some(header) = header(bytes, meta.end, Encoding::Explicit)
            && header.tag.group() == META_GROUP
        {
            let Some(end) = header.value_end(bytes.len()) else {
                forgiven.note(Nonconformity::broken(header.tag));
                break;
            };
            let value = &bytes[header.value..end];
            if header.is_implicit_among_explicit {
                forgiven.note(Nonconformity::MixedEncoding);
            }
            match header.tag {
                tags::FILE_META_INFORMATION_GROUP_LENGTH => {
                    let length = value.try_into().map(u32::from_le_bytes);
                    said_end = length.ok().map(|length| (end, length));
                }
                tags::TRANSFER_SYNTAX_UID => meta.transfer_syntax = text(value),
                tags::MEDIA_STORAGE_SOP_CLASS_UID => meta.sop_class = Some(text(value)),
                _ => {}
            }
            note_length(header.tag, header.vr, value, forgiven);
            meta.end = end;
        }
        if meta.end == start {
            forgiven.note(Nonconformity::NoFileMeta);
            return meta;
        }
        match said_end {
            None => forgiven.note(Nonconformity::NoMetaGroupLength),
            Some((from, said)) => {
                let found = (meta.end - from) as u32;
                if said != found {
                    forgiven.note(Nonconformity::MetaGroupLength { said, found });
                }
            }
        }
        meta
    }
}

/// PS3.5 table 6.2-1: 16 bytes for an `AE`, 64 for an `UI`, 16 for an `SH`.
fn note_length(tag: Tag, vr: VR, value: &[u8], forgiven: &mut Forgiven) {
    let attribute = match tag {
        tags::MEDIA_STORAGE_SOP_CLASS_UID => "MediaStorageSOPClassUID",
        tags::MEDIA_STORAGE_SOP_INSTANCE_UID => "MediaStorageSOPInstanceUID",
        tags::TRANSFER_SYNTAX_UID => "TransferSyntaxUID",
        tags::IMPLEMENTATION_CLASS_UID => "ImplementationClassUID",
        tags::IMPLEMENTATION_VERSION_NAME => "ImplementationVersionName",
        tags::SOURCE_APPLICATION_ENTITY_TITLE => "SourceApplicationEntityTitle",
        _ => return,
    };
    let most = match vr {
        VR::AE | VR::SH => 16,
        VR::UI => 64,
        _ => return,
    };
    if value.len() > most {
        forgiven.note(Nonconformity::LongMetaValue {
            attribute,
            length: value.len(),
        });
    }
}

fn text(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(&value[..value.len().min(64)]);
    text.trim_matches(['\0', ' ']).to_owned()
}

/// How the data set of a transfer syntax is coded; `None` for one that nobody knows.
fn encoding_of(transfer_syntax: &str) -> Option<Encoding> {
    match transfer_syntax {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => Some(Encoding::Implicit),
        EXPLICIT_VR_BIG_ENDIAN => Some(Encoding::BigEndian),
        // Every compressed syntax of the standard is explicit, little endian (PS3.5 A.4).
        uid if uid.starts_with("1.2.840.10008.1.2.") => Some(Encoding::Explicit),
        _ => None,
    }
}

pub(super) fn is_uncompressed(transfer_syntax: &str) -> bool {
    matches!(
        transfer_syntax,
        uids::IMPLICIT_VR_LITTLE_ENDIAN
            | uids::EXPLICIT_VR_LITTLE_ENDIAN
            | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
            | EXPLICIT_VR_BIG_ENDIAN
    )
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Implicit => "Implicit VR Little Endian",
        Encoding::Explicit => "Explicit VR Little Endian",
        Encoding::BigEndian => "Explicit VR Big Endian",
    }
}

fn uid(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Implicit => uids::IMPLICIT_VR_LITTLE_ENDIAN,
        Encoding::Explicit => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        Encoding::BigEndian => EXPLICIT_VR_BIG_ENDIAN,
    }
}

/// The encoding in which elements begin at `start`, as dcmtk finds it: a value representation
/// makes it explicit, the smaller group number tells the byte order.
fn guess(bytes: &[u8], start: usize) -> Option<Encoding> {
    let head = bytes.get(start..start + 8)?;
    let little = u16::from_le_bytes([head[0], head[1]]);
    let big = u16::from_be_bytes([head[0], head[1]]);
    if VR::from_binary([head[4], head[5]]).is_some() {
        return Some(if big < little {
            Encoding::BigEndian
        } else {
            Encoding::Explicit
        });
    }
    let tag_and_length = header(bytes, start, Encoding::Implicit)?;
    let fits = tag_and_length.length.is_none() || tag_and_length.value_end(bytes.len()).is_some();
    (fits && little <= 0x7fe0).then_some(Encoding::Implicit)
}

/// Whether bytes without preamble and file meta information are a data set: from group 8 on, three
/// elements in a row that the standard knows.
pub(in super::super) fn is_bare_data_set(bytes: &[u8]) -> bool {
    let starts = match bytes {
        [0x02 | 0x04 | 0x08, 0, ..] => [Encoding::Explicit, Encoding::Implicit].as_slice(),
        [0, 0x08, ..] => [Encoding::BigEndian].as_slice(),
        _ => return false,
    };
    starts
        .iter()
        .any(|encoding| looks_like_elements(bytes, 0, Tag(0, 0), *encoding))
}

/// Deflates at most a thousandfold by its format; what a slice can need bounds it further.
fn inflate(deflated: &[u8], limits: DecodeLimits) -> Result<Vec<u8>, DecodeProblem> {
    /// What a data set may hold beside its pixels.
    const HEADER_BYTES: u64 = 64 << 20;
    let limit = limits
        .max_pixels
        .saturating_mul(2)
        .saturating_add(HEADER_BYTES);
    let mut inflated = Vec::new();
    let read = DeflateDecoder::new(deflated)
        .take(limit.saturating_add(1))
        .read_to_end(&mut inflated);
    if inflated.len() as u64 > limit {
        return Err(damaged("it inflates to more than a slice can need"));
    }
    if read.is_err() && inflated.is_empty() {
        return Err(damaged("the deflated data set cannot be inflated"));
    }
    // What ends early is missed where it is needed.
    Ok(inflated)
}

fn unknown(transfer_syntax: &str) -> DecodeProblem {
    let transfer_syntax = if transfer_syntax.is_empty() {
        "unknown".to_owned()
    } else {
        transfer_syntax.to_owned()
    };
    DicomProblem::UnsupportedTransferSyntax { transfer_syntax }.into()
}
