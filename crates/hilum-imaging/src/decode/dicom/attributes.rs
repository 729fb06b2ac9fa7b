//! Attributes as typed values; what is absent, empty or unreadable is `None`.

use dicom_core::Tag;
use dicom_object::InMemDicomObject;

/// A text value without the spaces and zeros that pad it.
pub(super) fn text(object: &InMemDicomObject, tag: Tag) -> Option<String> {
    let value = object.get(tag)?.to_str().ok()?;
    let trimmed = trim(&value);
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Each value of a text attribute.
pub(super) fn texts(object: &InMemDicomObject, tag: Tag) -> Vec<String> {
    object
        .get(tag)
        .and_then(|element| element.to_multi_str().ok())
        .map(|values| values.iter().map(|value| trim(value).to_owned()).collect())
        .unwrap_or_default()
}

/// Each value as a finite number, whether it is stored as text (`-0600`) or in binary; empty if
/// one of them is no number.
pub(super) fn numbers(object: &InMemDicomObject, tag: Tag) -> Vec<f64> {
    let number = |value: &String| {
        let parsed = trim(value).parse::<f64>().ok();
        parsed.filter(|number| number.is_finite())
    };
    texts(object, tag)
        .iter()
        .map(number)
        .collect::<Option<Vec<f64>>>()
        .unwrap_or_default()
}

/// The first value as a finite number.
pub(super) fn number(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    numbers(object, tag).first().copied()
}

/// Exactly `N` values as finite numbers.
pub(super) fn array<const N: usize>(object: &InMemDicomObject, tag: Tag) -> Option<[f64; N]> {
    numbers(object, tag).try_into().ok()
}

/// The first value as a whole number.
pub(super) fn integer(object: &InMemDicomObject, tag: Tag) -> Option<i64> {
    let value = number(object, tag)?;
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
}

/// `YES` or `NO`.
pub(super) fn yes_or_no(object: &InMemDicomObject, tag: Tag) -> Option<bool> {
    match text(object, tag)?.to_ascii_uppercase().as_str() {
        "YES" => Some(true),
        "NO" => Some(false),
        _ => None,
    }
}

fn trim(value: &str) -> &str {
    value.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}
