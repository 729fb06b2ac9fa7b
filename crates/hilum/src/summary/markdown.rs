//! Markdown of our own cards, for a terminal: headings, paragraphs, lists, tables and commands.

use super::table::Table;

/// `markdown` as text: tables in columns that fit `width`, paragraphs and items each on one line, to
/// be broken where the terminal ends.
pub(crate) fn markdown_as_text(markdown: &str, width: Option<usize>) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let commands: Vec<String> = lines
                .by_ref()
                .take_while(|line| !line.starts_with("```"))
                .map(|line| format!("    {line}"))
                .collect();
            blocks.push(commands.join("\n"));
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(row);
            }
            blocks.push(table(&rows, width));
        } else if line.starts_with('#') {
            blocks.push(heading(line));
        } else if !line.is_empty() {
            let mut text = vec![line];
            let is_other = |line: &str| line.starts_with(['|', '#']) || line.starts_with("```");
            let goes_on = |line: &&str| !line.is_empty() && !is_other(line);
            while let Some(next) = lines.next_if(goes_on) {
                text.push(next);
            }
            blocks.push(paragraphs(&text));
        }
    }
    blocks.join("\n\n")
}

fn heading(line: &str) -> String {
    let text = line.trim_start_matches('#').trim();
    format!("{text}\n{}", "─".repeat(text.chars().count()))
}

/// Lines that belong together on one; an item of a list begins another.
fn paragraphs(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let line = line.replace("**", "");
        if text.is_empty() || line.starts_with("- ") {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        } else {
            text.push(' ');
            text.push_str(line.trim_start());
        }
    }
    text
}

fn table(rows: &[&str], width: Option<usize>) -> String {
    let (header, rest) = rows.split_first().expect("a table has a line");
    let (ruler, body) = match rest.split_first() {
        Some((ruler, body)) if is_ruler(ruler) => (cells(ruler), body),
        _ => (Vec::new(), rest),
    };
    let header = cells(header);
    let column_count = header.len();
    let left_count = match ruler.iter().position(|cell| cell.ends_with(':')) {
        Some(first_right) => first_right,
        None => column_count,
    };
    let mut table = Table::new(header, left_count);
    for row in body {
        let mut cells = cells(row);
        cells.resize(column_count, String::new());
        table.row(cells);
    }
    table.within(width)
}

fn is_ruler(line: &str) -> bool {
    line.chars().all(|c| "|-: ".contains(c))
}

/// The cells of a row; `\|` is no border.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|');
    let row = row.strip_suffix('|').unwrap_or(row);
    let row = row.replace("\\|", "\0");
    row.split('|')
        .map(|cell| cell.trim().replace('\0', "|").replace("**", ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_becomes_text() {
        let markdown = "# one\n\nA **bold** line\n`that` goes on.\n\n- an item\n  goes on\n- two\n\n\
                        | name | |\n|---|---:|\n| a\\|b | 1 |\n\n```sh\nhilum demo\n```\n";
        let expected = "one\n───\n\nA bold line `that` goes on.\n\n- an item goes on\n- two\n\n\
                        name\n────  ─\na|b   1\n\n    hilum demo";
        assert_eq!(markdown_as_text(markdown, None), expected);
    }

    #[test]
    fn a_table_that_is_too_wide_is_told_row_by_row() {
        let markdown = "| name | value |\n|---|---|\n| colours | red green blue |\n";
        let narrow = markdown_as_text(markdown, Some(18));
        assert_eq!(narrow, "colours\n  value  red green blue");
    }
}
