//! Text in columns, for a person at a terminal.

use std::fmt;

use console::measure_text_width;
use hilum_core::printable_name;

use crate::screen::stdout_width;

/// Blanks between columns,
const WIDE_GAP: usize = 2;
/// and where there is no room for them.
const NARROW_GAP: usize = 1;

/// Columns under a header; the first are aligned left, the rest right.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    left_count: usize,
}

impl Table {
    /// A table whose first `left_count` columns hold text and the rest numbers. A name in the
    /// header may have several lines.
    pub(crate) fn new(
        header: impl IntoIterator<Item = impl Into<String>>,
        left_count: usize,
    ) -> Self {
        let header = header.into_iter().map(Into::into).collect();
        Self {
            header,
            rows: Vec::new(),
            left_count,
        }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        // A name with a line break in it is still one cell.
        let plain = |cell: String| printable_name(&cell).into_owned();
        self.rows
            .push(cells.into_iter().map(|cell| plain(cell.into())).collect());
    }

    /// The table as text, in columns where `width` has room for them, else row by row.
    ///
    /// No line ends in blanks, and the text in no line break.
    pub(crate) fn within(&self, width: Option<usize>) -> String {
        let Some(width) = width.filter(|width| self.width(WIDE_GAP) > *width) else {
            return self.grid(WIDE_GAP);
        };
        let narrower = Self {
            header: self.header.iter().map(|name| broken(name)).collect(),
            rows: self.rows.clone(),
            left_count: self.left_count,
        };
        let gaps = [WIDE_GAP, NARROW_GAP];
        let gap = gaps.into_iter().find(|gap| narrower.width(*gap) <= width);
        gap.map_or_else(|| self.row_by_row(width), |gap| narrower.grid(gap))
    }

    /// Whether its columns have room in `width`.
    pub(crate) fn fits(&self, width: Option<usize>) -> bool {
        width.is_none_or(|width| self.width(WIDE_GAP) <= width)
    }

    fn width(&self, gap: usize) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1)
    }

    /// Every row as a paragraph: its first cell, then a line for each other one.
    fn row_by_row(&self, width: usize) -> String {
        let names: Vec<String> = self.header.iter().map(|name| on_one_line(name)).collect();
        let longest = names
            .iter()
            .skip(1)
            .map(|name| measure_text_width(name))
            .max();
        let column = longest.unwrap_or(0).min(width.saturating_sub(14));
        let mut lines = Vec::new();
        for row in &self.rows {
            for (index, (name, cell)) in names.iter().zip(row).enumerate() {
                match (index, name.is_empty()) {
                    (0, _) => lines.push(cell.clone()),
                    _ if cell.is_empty() => {}
                    (_, true) => lines.push(format!("  {cell}")),
                    _ => lines.push(format!("  {}  {cell}", padded(name, column, true))),
                }
            }
        }
        lines.join("\n")
    }

    fn widths(&self) -> Vec<usize> {
        let longest = |text: &str| text.lines().map(measure_text_width).max().unwrap_or(0);
        let mut widths: Vec<usize> = self.header.iter().map(|name| longest(name)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(longest(cell));
            }
        }
        widths
    }

    /// The header's names line by line, aligned at the bottom.
    fn header_lines(&self) -> Vec<Vec<String>> {
        let height = self
            .header
            .iter()
            .map(|name| name.lines().count())
            .max()
            .unwrap_or(0);
        let line_of = |name: &String, line: usize| {
            let missing = height - name.lines().count();
            let index = line.checked_sub(missing);
            index
                .and_then(|index| name.lines().nth(index))
                .unwrap_or_default()
                .to_owned()
        };
        let line = |line| self.header.iter().map(|name| line_of(name, line)).collect();
        (0..height).map(line).collect()
    }
}

impl Table {
    fn grid(&self, gap: usize) -> String {
        let (widths, gap) = (self.widths(), " ".repeat(gap));
        let line = |cells: &[String]| {
            let padded = cells
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| padded(cell, *width, column < self.left_count));
            padded.collect::<Vec<_>>().join(&gap).trim_end().to_owned()
        };
        let mut lines: Vec<String> = self
            .header_lines()
            .iter()
            .map(|cells| line(cells))
            .collect();
        let ruled: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        lines.push(ruled.join(&gap));
        lines.extend(self.rows.iter().map(|row| line(row)));
        lines.join("\n")
    }
}

/// `text` in a column of `width`, on its left or its right.
fn padded(text: &str, width: usize, is_left: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(measure_text_width(text)));
    if is_left {
        format!("{text}{blanks}")
    } else {
        format!("{blanks}{text}")
    }
}

/// A name of a column with its parts below one another.
pub(crate) fn broken(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c {
            ' ' => text.push('\n'),
            '.' | '_' | '-' => text.extend([c, '\n']),
            c => text.push(c),
        }
    }
    text.trim_end().to_owned()
}

/// The same on one line again.
fn on_one_line(name: &str) -> String {
    let mut text = String::new();
    for line in name.lines() {
        if !text.is_empty() && !text.ends_with(['.', '_', '-']) {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}

impl fmt::Display for Table {
    /// For results.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.within(stdout_width()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_left_and_numbers_are_right() {
        let mut table = Table::new(["class", "a\nlong", "n"], 1);
        table.row(["normal", "0.5", "12"]);
        table.row(["x", "10.25", "7"]);
        let expected = [
            "            a",
            "class    long   n",
            "──────  ─────  ──",
            "normal    0.5  12",
            "x       10.25   7",
        ];
        assert_eq!(table.within(None).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_does_not_fit_is_told_row_by_row() {
        let mut table = Table::new(["class", "precision of all", "n"], 1);
        table.row(["squamous.cell.carcinoma", "0.5", "12"]);
        let narrower = [
            "                         precision",
            "                                of",
            "class                          all   n",
            "───────────────────────  ─────────  ──",
            "squamous.cell.carcinoma        0.5  12",
        ];
        assert_eq!(table.within(Some(40)).lines().collect::<Vec<_>>(), narrower);
        let rows = [
            "squamous.cell.carcinoma",
            "  precision of all  0.5",
            "  n                 12",
        ];
        assert_eq!(table.within(Some(30)).lines().collect::<Vec<_>>(), rows);
    }

    #[test]
    fn a_cell_cannot_leave_its_line_or_colour_it() {
        let mut table = Table::new(["class"], 1);
        table.row(["a\u{1b}[31m\nb"]);
        assert_eq!(
            table.within(None).lines().last(),
            Some(r"a\u{1b}[31m\u{a}b")
        );
    }
}
