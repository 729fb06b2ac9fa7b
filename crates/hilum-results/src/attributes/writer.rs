//! Words of our own in the character set of an object.

use std::fmt::Write as _;

/// The longest value of `LO`, in characters.
const LONG_STRING: usize = 64;

/// What our own words may hold.
///
/// An object has one Specific Character Set (0008,0005), that of the names that it copies; letters
/// of our own that it may not have are written as their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// Unicode: the character set is `ISO_IR 192`.
    Unicode,
    /// What every character set has.
    Ascii,
}

impl Writer {
    /// Text without control characters.
    pub(crate) fn text(self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '\n' => written.push('\n'),
                _ if character.is_control() => written.push(' '),
                _ if character.is_ascii() || self == Self::Unicode => written.push(character),
                _ => {
                    let _ = write!(written, "<U+{:04X}>", u32::from(character));
                }
            }
        }
        written
    }

    /// Text that fits `LO`: one line of at most 64 characters, without backslash.
    pub(crate) fn long_string(self, text: &str) -> String {
        let line = self.text(text).replace(['\n', '\\'], " ");
        line.chars().take(LONG_STRING).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_character_set_may_lack_is_written_as_its_number() {
        assert_eq!(Writer::Unicode.text("Größe\t1"), "Größe 1");
        assert_eq!(Writer::Ascii.text("Größe"), "Gr<U+00F6><U+00DF>e");
        assert_eq!(Writer::Ascii.long_string("a\\b\nc"), "a b c");
        assert_eq!(
            Writer::Unicode.long_string(&"ü".repeat(80)).chars().count(),
            64
        );
    }
}
