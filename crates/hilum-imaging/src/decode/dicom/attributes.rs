//! Attributes as typed values; what is absent, empty or unreadable is `None`.

use std::borrow::Cow;

use dicom_core::{Tag, VR};

use super::data_set::{DataSet, Element, known_vr};
use super::walk::Encoding;

/// The longest text that is read: `UT` may hold four gigabytes.
const LONGEST_TEXT: usize = 1 << 16;

/// A text value without the spaces and zeros that pad it.
pub(super) fn text(data_set: &DataSet, tag: Tag) -> Option<String> {
    let value = whole_text(data_set, tag)?;
    let trimmed = trim(&value);
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Each value of a text attribute.
pub(super) fn texts(data_set: &DataSet, tag: Tag) -> Vec<String> {
    let value = whole_text(data_set, tag).unwrap_or_default();
    if trim(&value).is_empty() {
        return Vec::new();
    }
    let values = value.split('\\');
    values.map(|value| trim(value).to_owned()).collect()
}

/// UTF-8 where it is that, Latin-1 elsewhere, so that unequal bytes stay unequal.
fn whole_text(data_set: &DataSet, tag: Tag) -> Option<Cow<'_, str>> {
    let value = data_set.value(data_set.get(tag)?);
    let value = &value[..value.len().min(LONGEST_TEXT)];
    Some(match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    })
}

/// Each value as a finite number, whether it is stored as text (`-0600`) or in binary; empty if
/// one of them is no number.
pub(super) fn numbers(data_set: &DataSet, tag: Tag) -> Vec<f64> {
    let Some(element) = data_set.get(tag) else {
        return Vec::new();
    };
    let numbers = binary(data_set.value(element), known_vr(tag, element), element);
    let numbers = numbers.unwrap_or_else(|| {
        let number = |value: &String| value.parse::<f64>().ok();
        let numbers = texts(data_set, tag).iter().map(number).collect();
        Option::<Vec<f64>>::unwrap_or_default(numbers)
    });
    if numbers.iter().all(|number| number.is_finite()) {
        numbers
    } else {
        Vec::new()
    }
}

/// `None` for a value representation that is text.
fn binary(value: &[u8], vr: VR, element: &Element) -> Option<Vec<f64>> {
    /// No attribute that is read has more values.
    const MOST: usize = 64;
    let big = element.encoding == Encoding::BigEndian;
    let words = |convert: fn([u8; 2]) -> f64| chunks(value, MOST, big, convert);
    let longs = |convert: fn([u8; 4]) -> f64| chunks(value, MOST, big, convert);
    let doubles = |convert: fn([u8; 8]) -> f64| chunks(value, MOST, big, convert);
    Some(match vr {
        VR::US | VR::OW => words(|bytes| f64::from(u16::from_le_bytes(bytes))),
        VR::SS => words(|bytes| f64::from(i16::from_le_bytes(bytes))),
        VR::UL | VR::OL => longs(|bytes| f64::from(u32::from_le_bytes(bytes))),
        VR::SL => longs(|bytes| f64::from(i32::from_le_bytes(bytes))),
        VR::FL | VR::OF => longs(|bytes| f64::from(f32::from_le_bytes(bytes))),
        VR::FD | VR::OD => doubles(f64::from_le_bytes),
        VR::UV | VR::OV => doubles(|bytes| u64::from_le_bytes(bytes) as f64),
        VR::SV => doubles(|bytes| i64::from_le_bytes(bytes) as f64),
        _ => return None,
    })
}

fn chunks<const N: usize>(
    value: &[u8],
    most: usize,
    is_big_endian: bool,
    convert: fn([u8; N]) -> f64,
) -> Vec<f64> {
    let (chunks, _) = value.as_chunks::<N>();
    let chunks = chunks.iter().take(most).copied();
    chunks
        .map(|mut bytes| {
            if is_big_endian {
                bytes.reverse();
            }
            convert(bytes)
        })
        .collect()
}

/// The first value as a finite number.
pub(super) fn number(data_set: &DataSet, tag: Tag) -> Option<f64> {
    numbers(data_set, tag).first().copied()
}

/// Exactly `N` values as finite numbers.
pub(super) fn array<const N: usize>(data_set: &DataSet, tag: Tag) -> Option<[f64; N]> {
    numbers(data_set, tag).try_into().ok()
}

/// The first value as a whole number.
pub(super) fn integer(data_set: &DataSet, tag: Tag) -> Option<i64> {
    let value = number(data_set, tag)?;
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

/// `YES` or `NO`.
pub(super) fn yes_or_no(data_set: &DataSet, tag: Tag) -> Option<bool> {
    match text(data_set, tag)?.to_ascii_uppercase().as_str() {
        "YES" => Some(true),
        "NO" => Some(false),
        _ => None,
    }
}

fn trim(value: &str) -> &str {
    value.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}
