//! A data set: where each element's value lies in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::nonconformity::{Forgiven, Nonconformity};
use super::walk::{
    Encoding, Header, ITEM, end_of_items, header, is_known, items_encoding, looks_like_elements,
    vr_of,
};

/// Where a value lies, and how it is coded.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) vr: VR,
    pub(super) value: Range<usize>,
    pub(super) encoding: Encoding,
    /// Whether its header says how long it is.
    pub(super) has_length: bool,
}

/// Elements by tag; values stay in the file's bytes.
#[derive(Debug, Clone)]
pub(super) struct DataSet {
    bytes: Arc<Vec<u8>>,
    elements: BTreeMap<Tag, Element>,
}

/// The groups that anything is read of. What a data set costs is bounded by them: an element is
/// kept once.
const GROUPS: [u16; 11] = [
    0x0004, 0x0008, 0x0010, 0x0012, 0x0018, 0x0020, 0x0028, 0x2050, 0x5200, 0x5400, 0x7fe0,
];

impl DataSet {
    /// Reads the elements in `range`; what is broken is stepped over and noted.
    pub(super) fn read(
        bytes: Arc<Vec<u8>>,
        range: Range<usize>,
        encoding: Encoding,
        forgiven: &mut Forgiven,
    ) -> Self {
        let mut reader = Reader {
            bytes: bytes.get(..range.end).unwrap_or_default(),
            encoding,
            elements: BTreeMap::new(),
            previous: (Tag(0, 0), range.start),
            forgiven,
        };
        reader.read(range.start);
        let elements = reader.elements;
        Self { bytes, elements }
    }

    pub(super) fn get(&self, tag: Tag) -> Option<&Element> {
        self.elements.get(&tag)
    }

    /// All bytes of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// An element's value as it lies in the file.
    pub(super) fn value(&self, element: &Element) -> &[u8] {
        self.bytes.get(element.value.clone()).unwrap_or_default()
    }

    /// Where the items of a sequence lie. An item takes eight bytes of the file at least.
    pub(super) fn items(&self, tag: Tag) -> Vec<Item> {
        let Some(element) = self.get(tag) else {
            return Vec::new();
        };
        let (mut at, end) = (element.value.start, element.value.end);
        let encoding = items_encoding(&self.bytes, at, element.vr, element.encoding);
        let bytes = self.bytes.get(..end).unwrap_or_default();
        let mut items = Vec::new();
        while let Some(header) = header(bytes, at, encoding)
            && header.tag == ITEM
        {
            let value_end = match header.length {
                Some(_) => header.value_end(end),
                None => end_of_item(bytes, &header, encoding),
            };
            let Some(value_end) = value_end else { break };
            items.push(Item {
                range: header.value..value_end,
                encoding,
            });
            at = value_end;
        }
        items
    }

    /// Reads one of its items.
    pub(super) fn item(&self, item: &Item) -> Self {
        let range = item.range.clone();
        // What is broken inside of an item is read as far as it goes.
        let forgiven = &mut Forgiven::default();
        Self::read(Arc::clone(&self.bytes), range, item.encoding, forgiven)
    }

    /// Reads the first item of a sequence.
    pub(super) fn first_item(&self, tag: Tag) -> Option<Self> {
        self.items(tag).first().map(|item| self.item(item))
    }

    /// Takes over the elements of the first item of each sequence of `other`, where they say more
    /// than is known here.
    pub(super) fn put_functional_groups(&mut self, other: &Self, known: &mut BTreeSet<Tag>) {
        const LAST: [Tag; 2] = [
            tags::UNASSIGNED_SHARED_CONVERTED_ATTRIBUTES_SEQUENCE,
            tags::UNASSIGNED_PER_FRAME_CONVERTED_ATTRIBUTES_SEQUENCE,
        ];
        let sequences = other.elements.keys().copied();
        let (last, first): (Vec<Tag>, Vec<Tag>) = sequences.partition(|tag| LAST.contains(tag));
        for sequence in first.into_iter().chain(last) {
            let Some(group) = other.first_item(sequence) else {
                continue;
            };
            for (tag, element) in group.elements {
                if known.insert(tag) {
                    self.elements.insert(tag, element);
                }
            }
        }
    }
}

/// An item of a sequence.
#[derive(Debug, Clone)]
pub(super) struct Item {
    range: Range<usize>,
    encoding: Encoding,
}

/// Where the content of an item without a length ends, its delimitation included.
fn end_of_item(bytes: &[u8], item: &Header, encoding: Encoding) -> Option<usize> {
    let mut at = item.value;
    loop {
        let header = header(bytes, at, encoding)?;
        if header.is_delimiter() {
            return Some(header.value);
        }
        at = element_end(bytes, &header, encoding)?;
    }
}

/// Where the element behind `header` ends.
fn element_end(bytes: &[u8], header: &Header, encoding: Encoding) -> Option<usize> {
    if header.length.is_some() {
        return header.value_end(bytes.len());
    }
    let items = items_encoding(bytes, header.value, header.vr, encoding);
    end_of_items(bytes, header.value, bytes.len(), items)
}

struct Reader<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
    elements: BTreeMap<Tag, Element>,
    /// The element before, and where its value begins.
    previous: (Tag, usize),
    forgiven: &'a mut Forgiven,
}

impl Reader<'_> {
    fn read(&mut self, start: usize) {
        let mut at = start;
        while at < self.bytes.len() {
            let Some(header) = header(self.bytes, at, self.encoding) else {
                self.forgiven.note(Nonconformity::TrailingBytes);
                return;
            };
            if header.is_delimiter() {
                // The end of an item, or one that nothing opened.
                at = header.value;
                continue;
            }
            if self.is_behind_the_pixels(&header) {
                self.forgiven.note(Nonconformity::TrailingBytes);
                return;
            }
            let end = if self.is_astray(&header) {
                None
            } else {
                self.element_end(&header)
            };
            at = match end {
                Some(end) => {
                    self.keep(&header, end);
                    end
                }
                None => match self.way_back(&header, at) {
                    Some(position) => position,
                    None => return,
                },
            };
        }
    }

    fn is_behind_the_pixels(&self, header: &Header) -> bool {
        self.elements.contains_key(&tags::PIXEL_DATA) && header.tag <= tags::PIXEL_DATA
    }

    /// Whether no element stands here, so that a length before it was wrong.
    fn is_astray(&self, header: &Header) -> bool {
        let is_ascending = header.tag > self.previous.0;
        let is_strange = !is_known(header.tag) && header.tag.group().is_multiple_of(2);
        (is_strange && !is_ascending)
            || (header.is_implicit_among_explicit && (is_strange || !is_ascending))
    }

    fn element_end(&mut self, header: &Header) -> Option<usize> {
        if header.tag != tags::PIXEL_DATA {
            return element_end(self.bytes, header, self.encoding);
        }
        let end = match header.length {
            Some(_) => header.value_end(self.bytes.len()),
            None => end_of_items(self.bytes, header.value, self.bytes.len(), self.encoding),
        };
        if end.is_none() && header.length.is_some() {
            self.forgiven.note(Nonconformity::broken(header.tag));
        }
        // Whether enough of them are left is told by whoever counts them.
        Some(end.unwrap_or(self.bytes.len()))
    }

    fn keep(&mut self, header: &Header, end: usize) {
        let tag = header.tag;
        self.previous = (tag, header.value);
        if header.length.is_some_and(|length| length % 2 == 1) {
            self.forgiven.note(Nonconformity::odd(tag));
        }
        if header.is_implicit_among_explicit {
            self.forgiven.note(Nonconformity::MixedEncoding);
        }
        if header.vr == VR::UN && self.encoding != Encoding::Implicit && is_known(tag) {
            self.forgiven.note(Nonconformity::KnownAsUnknown);
        }
        if !GROUPS.contains(&tag.group()) || tag.element() == 0 {
            return;
        }
        let encoding = self.encoding;
        let encoding = match header.vr {
            _ if header.is_implicit_among_explicit => Encoding::Implicit,
            // An unknown value is as it was in an implicit, little-endian file (PS3.5 6.2.2).
            VR::UN if encoding == Encoding::BigEndian && tag != tags::PIXEL_DATA => {
                Encoding::Implicit
            }
            _ => encoding,
        };
        self.elements.entry(tag).or_insert(Element {
            vr: header.vr,
            value: header.value..end,
            encoding,
            has_length: header.length.is_some(),
        });
    }

    /// Where elements go on after something broken; `None` if none do.
    fn way_back(&mut self, header: &Header, at: usize) -> Option<usize> {
        let (tag, value) = self.previous;
        let is_astray = self.is_astray(header);
        let (suspect, start) = if is_astray {
            (tag, value)
        } else {
            (header.tag, at + 4)
        };
        if self.elements.contains_key(&tags::PIXEL_DATA) {
            self.forgiven.note(Nonconformity::TrailingBytes);
            return None;
        }
        self.forgiven.note(Nonconformity::broken(suspect));
        let floor = if is_astray { tag } else { self.previous.0 };
        (start..self.bytes.len())
            .find(|position| looks_like_elements(self.bytes, *position, floor, self.encoding))
    }
}

/// The value representation of an element, with what the standard says where the file does not.
pub(super) fn known_vr(tag: Tag, element: &Element) -> VR {
    if element.vr == VR::UN {
        vr_of(tag)
    } else {
        element.vr
    }
}
