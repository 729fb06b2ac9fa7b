//! From the bytes of a manifest to its text.

use std::borrow::Cow;

use super::error::ManifestProblem;

/// The text of a manifest without a byte-order mark: UTF-8, or UTF-16 that says so in its mark.
///
/// # Errors
/// The line, counted from 1, and what stands there, if it is another encoding. None is guessed:
/// names of patients and files would come out wrong in silence.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, (u64, ManifestProblem)> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest).map(Cow::Borrowed),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, "UTF-16").map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, "UTF-16").map(Cow::Owned),
        _ => utf8(bytes).map(Cow::Borrowed),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, (u64, ManifestProblem)> {
    // Text in UTF-16 without a mark is UTF-8 with a NUL at every second place.
    let nul = bytes.iter().position(|byte| *byte == 0);
    let end = match (std::str::from_utf8(bytes), nul) {
        (Ok(text), None) => return Ok(text),
        (Ok(_), Some(nul)) => nul,
        (Err(error), nul) => error.valid_up_to().min(nul.unwrap_or(bytes.len())),
    };
    let line = bytes[..end].split(|byte| *byte == b'\n').count() as u64;
    let start = bytes[..end].iter().rposition(|byte| *byte == b'\n');
    let start = start.map_or(0, |newline| newline + 1);
    let rest = &bytes[start..];
    let length = rest.iter().position(|byte| *byte == b'\n');
    let length = length.unwrap_or(rest.len()).min(end - start + 12);
    Err((line, not_unicode("UTF-8", &rest[..length])))
}

fn utf16(
    bytes: &[u8],
    unit: fn([u8; 2]) -> u16,
    expected: &'static str,
) -> Result<String, (u64, ManifestProblem)> {
    let pairs = bytes.chunks_exact(2);
    let odd = pairs.remainder();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => text.push(character),
            Err(error) => {
                let found = error.unpaired_surrogate().to_be_bytes();
                return Err((line_at_end(&text), not_unicode(expected, &found)));
            }
        }
    }
    if odd.is_empty() {
        Ok(text)
    } else {
        Err((line_at_end(&text), not_unicode(expected, odd)))
    }
}

fn line_at_end(text: &str) -> u64 {
    1 + text.matches('\n').count() as u64
}

/// `\xE4`, as programmers write it.
fn escaped(code: u32) -> String {
    format!("\\x{code:02X}")
}

fn not_unicode(expected: &'static str, bytes: &[u8]) -> ManifestProblem {
    let mut found = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                control if control.is_control() => {
                    found.push_str(&escaped(control as u32));
                }
                other => found.push(other),
            }
        }
        for byte in chunk.invalid() {
            found.push_str(&escaped(u32::from(*byte)));
        }
    }
    ManifestProblem::NotUnicode { expected, found }
}
