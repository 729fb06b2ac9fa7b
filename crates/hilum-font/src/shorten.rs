//! Text that fits into the room there is.

use crate::{Weight, line::width};

const ELLIPSIS: char = '…';

/// `text`, or as much of both its ends as fits into `room` pixels, with `…` between them.
///
/// Names of files differ at their ends more than in the middle. Empty if not even `…` fits.
///
/// # Panics
/// If `size` is not a positive number.
pub fn shorten(text: &str, weight: Weight, size: f32, room: f32) -> String {
    if width(text, weight, size) <= room {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let kept = |count: usize| -> String {
        let (head, tail) = (count.div_ceil(2), count / 2);
        let end = &characters[characters.len() - tail..];
        let parts = characters[..head].iter().chain([&ELLIPSIS]).chain(end);
        parts.collect()
    };
    let fits = |count: &usize| width(&kept(*count), weight, size) <= room;
    (0..characters.len())
        .rev()
        .find(fits)
        .map_or_else(String::new, kept)
}

/// `text` in lines of at most `room` pixels, broken between words; a word that is longer than a
/// line is [shortened](shorten).
///
/// # Panics
/// If `size` is not a positive number.
pub fn wrap(text: &str, weight: Weight, size: f32, room: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shorten(word, weight, size, room);
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), weight, size) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
