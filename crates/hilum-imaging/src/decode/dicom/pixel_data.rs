//! Where each frame's pixels lie (PS3.5 A.4), and what they are.

use std::borrow::Cow;
use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::super::Format;
use super::super::error::{DecodeProblem, DicomProblem};
use super::codec::{self, CodecProblem, Coding};
use super::damaged;
use super::data_set::{DataSet, Element};
use super::header::PixelLayout;
use super::nonconformity::{Forgiven, Nonconformity};
use super::walk::{Encoding, ITEM, header};

const TRUNCATED: DecodeProblem = DecodeProblem::Truncated {
    format: Format::Dicom,
};

/// The frames of Pixel Data (7FE0,0010).
#[derive(Debug)]
pub(super) enum PixelData {
    /// One behind the other, without a gap.
    Native {
        value: Range<usize>,
        encoding: Encoding,
    },
    /// Fragments, each frame's together.
    Encapsulated {
        fragments: Vec<Range<usize>>,
        /// The first fragment of each frame, and the end.
        frames: Vec<usize>,
    },
}

impl PixelData {
    pub(super) fn find(
        data_set: &DataSet,
        layout: &PixelLayout,
        frame_count: usize,
        is_native_syntax: bool,
        forgiven: &mut Forgiven,
    ) -> Result<Self, DecodeProblem> {
        let element = data_set
            .get(tags::PIXEL_DATA)
            .filter(|element| !element.value.is_empty())
            .ok_or(DicomProblem::NoPixelData)?;
        let bytes = data_set.bytes();
        let starts_with_item = header(bytes, element.value.start, element.encoding)
            .is_some_and(|header| header.tag == ITEM);
        // Native pixels may happen to begin as an item does, but then they have a length that
        // fits.
        let frames_bytes = layout.frame_bytes().saturating_mul(frame_count);
        let fits = element.has_length && element.value.len() >= frames_bytes;
        let is_native = !starts_with_item || (is_native_syntax && fits);
        if is_native != element.has_length {
            forgiven.note(Nonconformity::PixelDataLength);
        }
        if is_native {
            return Ok(Self::Native {
                value: element.value.clone(),
                encoding: element.encoding,
            });
        }
        let (table, fragments) = fragments(bytes, element);
        let offsets = offsets(data_set, &table, element.encoding);
        let frames = frames(bytes, &fragments, &offsets, frame_count);
        if fragments.is_empty() {
            return Err(DicomProblem::NoPixelData.into());
        }
        Ok(Self::Encapsulated { fragments, frames })
    }

    /// How many frames of `said` there are, and one more if some are missing: it tells so when it
    /// is read.
    pub(super) fn count(&self, layout: &PixelLayout, said: usize) -> usize {
        let there = match self {
            Self::Native { value, .. } => value.len() / layout.frame_bytes().max(1),
            Self::Encapsulated { frames, .. } => frames.len().saturating_sub(1),
        };
        said.min(there + 1).max(1)
    }

    /// The stored values of a frame, row by row, sign extended from Bits Stored, and whether they
    /// are signed.
    pub(super) fn stored(
        &self,
        bytes: &[u8],
        index: usize,
        layout: &PixelLayout,
        forgiven: &mut Forgiven,
    ) -> Result<(Vec<i32>, bool), DecodeProblem> {
        match self {
            Self::Native { value, encoding } => {
                let size = layout.frame_bytes();
                let start = value.start + index * size;
                let frame = bytes
                    .get(start..start + size)
                    .filter(|_| start + size <= value.end)
                    .ok_or(TRUNCATED)?;
                Ok((native(frame, *encoding, layout), layout.is_signed))
            }
            Self::Encapsulated { fragments, frames } => {
                let range = frames
                    .get(index)
                    .zip(frames.get(index + 1))
                    .and_then(|(start, end)| fragments.get(*start..*end))
                    .ok_or(TRUNCATED)?;
                let stream: Cow<'_, [u8]> = match range {
                    [single] => Cow::Borrowed(&bytes[single.clone()]),
                    several => {
                        let parts = several.iter().map(|part| &bytes[part.clone()]);
                        Cow::Owned(parts.collect::<Vec<_>>().concat())
                    }
                };
                compressed(&stream, layout, forgiven)
            }
        }
    }

    /// What a compressed frame is; `None` for native pixels.
    pub(super) fn coding(&self, bytes: &[u8]) -> Option<Coding> {
        match self {
            Self::Native { .. } => None,
            Self::Encapsulated { fragments, .. } => {
                Coding::sniff(bytes.get(fragments.first()?.clone())?)
            }
        }
    }
}

/// The basic offset table and the fragments behind it; one that breaks off is cut.
fn fragments(bytes: &[u8], element: &Element) -> (Range<usize>, Vec<Range<usize>>) {
    let end = element.value.end;
    let mut at = element.value.start;
    let mut items = Vec::new();
    while let Some(header) = header(&bytes[..end], at, element.encoding)
        && header.tag == ITEM
    {
        let Some(length) = header.length else { break };
        let item = header.value..header.value.saturating_add(length).min(end);
        at = item.end;
        items.push(item);
    }
    if items.is_empty() {
        return (0..0, items);
    }
    let table = items.remove(0);
    // Some writers leave the table out altogether, not even empty.
    if Coding::sniff(&bytes[table.clone()]).is_some() {
        items.insert(0, table);
        return (0..0, items);
    }
    (table, items)
}

/// Offsets of frames from the first fragment's header: the basic table's (PS3.5 A.4) or the
/// extended one's (PS3.3 C.7.6.3.1.8).
fn offsets(data_set: &DataSet, table: &Range<usize>, encoding: Encoding) -> Vec<u64> {
    if !table.is_empty() {
        let (longs, _) = data_set.bytes()[table.clone()].as_chunks::<4>();
        let longs = longs.iter().map(|long| u64::from(encoding.u32(*long)));
        return longs.collect();
    }
    let extended = |tag: Tag| data_set.get(tag).map(|element| data_set.value(element));
    let (doubles, _) = extended(tags::EXTENDED_OFFSET_TABLE)
        .unwrap_or_default()
        .as_chunks::<8>();
    doubles
        .iter()
        .map(|double| u64::from_le_bytes(*double))
        .collect()
}

/// The first fragment of each frame, and the end: by the offset table if it is sound, by one
/// fragment a frame, or by where streams begin.
fn frames(
    bytes: &[u8],
    fragments: &[Range<usize>],
    offsets: &[u64],
    frame_count: usize,
) -> Vec<usize> {
    let end = fragments.len();
    if frame_count <= 1 {
        return vec![0, end];
    }
    if let Some(mut firsts) = by_offsets(fragments, offsets, frame_count) {
        firsts.push(end);
        return firsts;
    }
    if end == frame_count {
        return (0..=end).collect();
    }
    let is_start = |fragment: &Range<usize>| Coding::sniff(&bytes[fragment.clone()]).is_some();
    let mut firsts: Vec<usize> = (0..end)
        .filter(|index| is_start(&fragments[*index]))
        .collect();
    firsts.push(end);
    firsts
}

fn by_offsets(
    fragments: &[Range<usize>],
    offsets: &[u64],
    frame_count: usize,
) -> Option<Vec<usize>> {
    if offsets.len() != frame_count {
        return None;
    }
    let first = fragments.first()?.start;
    let mut firsts = Vec::with_capacity(offsets.len());
    for offset in offsets {
        let start = usize::try_from(*offset).ok()?.checked_add(first)?;
        let index = fragments.binary_search_by_key(&start, |fragment| fragment.start);
        let index = index.ok()?;
        if firsts.last().is_some_and(|last| *last >= index) {
            return None;
        }
        firsts.push(index);
    }
    Some(firsts)
}

fn compressed(
    stream: &[u8],
    layout: &PixelLayout,
    forgiven: &mut Forgiven,
) -> Result<(Vec<i32>, bool), DecodeProblem> {
    let Some(coding) = Coding::sniff(stream) else {
        // Native pixels in a fragment of their own.
        if stream.len() >= layout.frame_bytes() {
            forgiven.note(Nonconformity::PixelCoding {
                found: "uncompressed",
            });
            let frame = &stream[..layout.frame_bytes()];
            let values = native(frame, Encoding::Explicit, layout);
            return Ok((values, layout.is_signed));
        }
        return Err(damaged("the compressed pixels are of no known kind"));
    };
    let samples = codec::decode(stream, coding, layout).map_err(|problem| match problem {
        CodecProblem::Truncated => TRUNCATED,
        CodecProblem::Unsupported(what) => DicomProblem::UnsupportedTransferSyntax {
            transfer_syntax: what.to_owned(),
        }
        .into(),
        damage @ CodecProblem::Damaged(_) => damaged(damage.to_string()),
    })?;
    if samples.is_signed != layout.is_signed && coding == Coding::Jpeg2000 {
        forgiven.note(Nonconformity::Attribute {
            attribute: "PixelRepresentation",
            assumed: if samples.is_signed {
                "signed, as the JPEG 2000 codestream says,"
            } else {
                "signed, unlike the JPEG 2000 codestream,"
            },
        });
    }
    let mut values = samples.values;
    if samples.is_signed {
        return Ok((values, true));
    }
    let mut unpack = Unpack::new(layout);
    if samples.precision <= layout.bits_stored && coding != Coding::Rle {
        // The samples are the stored values, wherever an uncompressed file would have put them.
        unpack = Unpack {
            left: 32 - layout.bits_stored,
            ..unpack
        };
    }
    for value in &mut values {
        *value = unpack.value(value.cast_unsigned());
    }
    Ok((values, layout.is_signed))
}

/// Uncompressed values of Bits Allocated each.
fn native(frame: &[u8], encoding: Encoding, layout: &PixelLayout) -> Vec<i32> {
    let unpack = Unpack::new(layout);
    match layout.bits_allocated {
        8 => {
            // Big-endian files hold two bytes in a word, the first in its lower half.
            let swap = usize::from(encoding == Encoding::BigEndian);
            let byte = |index: usize| {
                let byte = frame.get(index ^ swap).or(frame.get(index));
                byte.map_or(0, |byte| u32::from(*byte))
            };
            unpack.values((0..frame.len()).map(byte))
        }
        // One loop for each order of bytes: each is one of whole registers.
        16 => {
            let words = frame.as_chunks::<2>().0.iter();
            if encoding == Encoding::BigEndian {
                unpack.values(words.map(|bytes| u32::from(u16::from_be_bytes(*bytes))))
            } else {
                unpack.values(words.map(|bytes| u32::from(u16::from_le_bytes(*bytes))))
            }
        }
        _ => {
            let words = frame.as_chunks::<4>().0.iter();
            unpack.values(words.map(|bytes| encoding.u32(*bytes)))
        }
    }
}

/// Cuts the stored bits out of an allocated word (PS3.5 8.1.1): the bits above High Bit may hold
/// overlays.
#[derive(Clone, Copy)]
struct Unpack {
    left: u32,
    right: u32,
    is_signed: bool,
}

impl Unpack {
    fn new(layout: &PixelLayout) -> Self {
        Self {
            left: 31 - layout.high_bit,
            right: 32 - layout.bits_stored,
            is_signed: layout.is_signed,
        }
    }

    fn value(self, word: u32) -> i32 {
        if self.is_signed {
            self.signed(word)
        } else {
            self.unsigned(word)
        }
    }

    fn values(self, words: impl Iterator<Item = u32>) -> Vec<i32> {
        if self.is_signed {
            words.map(|word| self.signed(word)).collect()
        } else {
            words.map(|word| self.unsigned(word)).collect()
        }
    }

    fn signed(self, word: u32) -> i32 {
        (word << self.left).cast_signed() >> self.right
    }

    fn unsigned(self, word: u32) -> i32 {
        ((word << self.left) >> self.right).cast_signed()
    }
}
