//! A table of the page.

use serde::Serialize;

/// A table of the page: what it shows, a heading a column, a heading a row.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Table {
    caption: String,
    /// What the first cell of each row is.
    head: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Whether each row becomes a block of its own where there is no room.
    stacked: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Column {
    title: String,
    is_text: bool,
}

/// A row, its heading first.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    head: Cell,
    cells: Vec<Cell>,
    /// Whether it sums up others.
    is_mean: bool,
}

/// What stands in a cell, and in small letters below it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Cell {
    text: String,
    note: Option<String>,
}

impl Table {
    /// Without columns and rows; `head` is what the first cell of each row is.
    pub(crate) fn new(caption: impl Into<String>, head: &str) -> Self {
        Self {
            caption: caption.into(),
            head: head.to_owned(),
            columns: Vec::new(),
            rows: Vec::new(),
            stacked: false,
        }
    }

    /// With columns of numbers.
    pub(crate) fn numbers<T: Into<String>>(mut self, titles: impl IntoIterator<Item = T>) -> Self {
        let column = |title: T| Column {
            title: title.into(),
            is_text: false,
        };
        self.columns.extend(titles.into_iter().map(column));
        self
    }

    /// With columns of words.
    pub(crate) fn texts<T: Into<String>>(mut self, titles: impl IntoIterator<Item = T>) -> Self {
        let column = |title: T| Column {
            title: title.into(),
            is_text: true,
        };
        self.columns.extend(titles.into_iter().map(column));
        self
    }

    pub(crate) fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// Too wide for a telephone: each row is a block there.
    pub(crate) fn stacked(self) -> Self {
        Self {
            stacked: true,
            ..self
        }
    }
}

impl Row {
    pub(crate) fn new<T: Into<Cell>>(
        head: impl Into<Cell>,
        cells: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            head: head.into(),
            cells: cells.into_iter().map(Into::into).collect(),
            is_mean: false,
        }
    }

    /// One that sums up others.
    pub(crate) fn mean(self) -> Self {
        Self {
            is_mean: true,
            ..self
        }
    }
}

impl Cell {
    pub(crate) fn noted(text: impl Into<String>, note: Option<String>) -> Self {
        Self {
            text: text.into(),
            note,
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, note: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}
