//! Names that come from outside, such as those of files, where a terminal or a spreadsheet would
//! take them for more than a name.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every character escaped that steers a terminal or hides what stands beside it, as
/// Rust writes it: `\u{1b}`. Line breaks and tabs stay.
///
/// These are the control characters of C0 and C1 (ECMA-48), the separators of lines and
/// paragraphs, and what changes the direction of text or has no width (Unicode TR 36, section 3.4
/// and UAX 9).
///
/// ```
/// use hilum_core::printable;
///
/// assert_eq!(printable("\u{1b}[31mred"), r"\u{1b}[31mred");
/// assert_eq!(printable("größer\n"), "größer\n");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_steering(c) && c != '\n' && c != '\t')
}

/// The same for a name, in which a line break or a tab is no layout.
pub fn printable_name(name: &str) -> Cow<'_, str> {
    escaped(name, is_steering)
}

/// JSON with the same characters escaped as JSON has it; a reader gets the same strings.
///
/// Such characters stand in strings alone, where JSON lets every character be escaped (RFC 8259,
/// section 7).
///
/// ```
/// assert_eq!(hilum_core::printable_json("\"\u{9b}31m\""), r#""\u009b31m""#);
/// ```
pub fn printable_json(json: &str) -> Cow<'_, str> {
    if !json
        .chars()
        .any(|c| is_steering(c) && !c.is_ascii_whitespace())
    {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_steering(c) && !c.is_ascii_whitespace() {
            // Writing to a string cannot fail; all of them have four digits.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// `text` as a cell of a CSV file that a spreadsheet shows and does not compute: one that begins
/// with `=`, `+`, `-`, `@`, a tab or a line break gets an apostrophe before it (OWASP, CSV
/// injection).
///
/// For text alone: a number may begin with `-`.
///
/// ```
/// use hilum_core::spreadsheet_text;
///
/// assert_eq!(spreadsheet_text("=1+1.png"), "'=1+1.png");
/// assert_eq!(spreadsheet_text("scan=1.png"), "scan=1.png");
/// ```
pub fn spreadsheet_text(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{061c}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_letters_stay() {
        for c in [
            '\u{7}', '\u{8}', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{202e}', '\u{2066}',
        ] {
            let text = format!("a{c}b");
            let safe = printable(&text);
            assert!(!safe.contains(c), "{safe}");
            assert_eq!(safe, format!("a\\u{{{:x}}}b", u32::from(c)));
        }
        for plain in ["adénocarcinome", "腺癌", "a\tb\nc", "8\u{202f}779"] {
            assert!(matches!(printable(plain), Cow::Borrowed(_)), "{plain}");
        }
        assert_eq!(printable_name("a\nb"), "a\\u{a}b");
    }

    #[test]
    fn cells_that_begin_like_a_formula_are_text() {
        for cell in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(spreadsheet_text(cell), format!("'{cell}"));
        }
        assert_eq!(spreadsheet_text("a=b"), "a=b");
        assert_eq!(spreadsheet_text(""), "");
    }
}
