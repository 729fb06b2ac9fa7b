//! Text in columns, for a person at a terminal.

use std::fmt;

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
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn widths(&self) -> Vec<usize> {
        let longest = |text: &str| {
            text.lines()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0)
        };
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

impl fmt::Display for Table {
    /// No line ends in blanks or a line break.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let line = |cells: &[String]| {
            let padded = cells
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| {
                    if column < self.left_count {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        for cells in self.header_lines() {
            writeln!(formatter, "{}", line(&cells))?;
        }
        let ruled: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        formatter.write_str(&ruled.join("  "))?;
        for row in &self.rows {
            write!(formatter, "\n{}", line(row))?;
        }
        Ok(())
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
        assert_eq!(table.to_string().lines().collect::<Vec<_>>(), expected);
    }
}
