//! Text as wide as the terminal, broken between words.

use console::measure_text_width;

/// Lines go on so much further to the right.
const HANGING: usize = 2;

/// `text` with its lines broken between words where they are wider than `width`; what goes on is
/// indented. A path that is wider by itself is broken behind a `/`; any other word stays whole.
/// Without a width nothing is broken.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let lines = text.split('\n').map(|line| wrapped_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
}

struct Word<'a> {
    text: &'a str,
    follows_blank: bool,
}

/// The words of a line; a path of more than `room` columns in its parts.
fn words(line: &str, room: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (number, word) in line.split(' ').enumerate() {
        let is_long = measure_text_width(word) > room;
        let mut follows_blank = number > 0;
        // Between two blanks is an empty word.
        let parts = word.split_inclusive(|c| is_long && c == '/');
        let empty = word.is_empty().then_some("");
        for text in parts.chain(empty) {
            words.push(Word {
                text,
                follows_blank,
            });
            follows_blank = false;
        }
    }
    words
}

fn wrapped_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let hanging = if indent + HANGING < width / 2 {
        indent + HANGING
    } else {
        0
    };
    let mut text = " ".repeat(indent);
    let mut used = indent;
    let mut is_first = true;
    for word in words(&line[indent..], width - hanging) {
        let (word, blanks) = (word.text, usize::from(word.follows_blank));
        let needed = measure_text_width(word);
        if !is_first && used + blanks + needed > width {
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
            text.push_str(&" ".repeat(hanging));
            used = hanging;
        } else {
            text.push_str(&" ".repeat(blanks));
            used += blanks;
        }
        text.push_str(word);
        used += needed;
        is_first = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_hang() {
        assert_eq!(
            wrapped("one two three four\n  five six", Some(10)),
            "one two\n  three\n  four\n  five six"
        );
        assert_eq!(wrapped("one two", None), "one two");
        assert_eq!(
            wrapped("see a/very/long/path.png now", Some(12)),
            "see a/very/\n  long/\n  path.png\n  now"
        );
        assert_eq!(wrapped("0123456789", Some(8)), "0123456789");
    }
}
