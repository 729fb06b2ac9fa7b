//! Text as wide as the terminal, broken between words.

use console::measure_text_width;

/// Lines go on so much further to the right.
const HANGING: usize = 2;

/// `text` with its lines broken between words where they are wider than `width`; what goes on is
/// indented. A word that is wider by itself, such as a path, stays whole. Without a width nothing
/// is broken.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let lines = text.split('\n').map(|line| wrapped_line(line, width));
    lines.collect::<Vec<_>>().join("\n")
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
    for word in line[indent..].split(' ') {
        let needed = measure_text_width(word);
        if !is_first && used + 1 + needed > width {
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
            text.push_str(&" ".repeat(hanging));
            used = hanging;
        } else if !is_first {
            text.push(' ');
            used += 1;
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
        let path = "a/very/long/path/of/a/file.png";
        assert_eq!(
            wrapped(&format!("see {path} now"), Some(12)),
            format!("see\n  {path}\n  now")
        );
    }
}
