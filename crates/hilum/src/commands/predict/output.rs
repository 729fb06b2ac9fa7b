//! Predictions as a table, as JSON lines or as CSV.

use std::io::{self, Write as _};

use hilum_core::{ClassName, Classes, printable_name, spreadsheet_text};
use hilum_experiment::{FileAnswer, Prediction};

use crate::arguments::Format;
use crate::screen::{self, stdout_width};
use crate::summary::{Table, broken};

/// Where answers go.
pub(super) enum Sink {
    /// On stdout, as they come or, for a table, at the end.
    Stdout,
    /// Into memory, for a file that is written when all of them are there.
    Memory(Vec<u8>),
}

impl Sink {
    fn rows(&mut self, rows: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print_csv(&String::from_utf8_lossy(rows)),
            Self::Memory(bytes) => bytes.write_all(rows),
        }
    }

    fn json(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print_json(line),
            Self::Memory(bytes) => writeln!(bytes, "{line}"),
        }
    }

    fn table(&mut self, table: &Table) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print(table.within(stdout_width())),
            Self::Memory(bytes) => writeln!(bytes, "{}", table.within(None)),
        }
    }
}

/// Puts answers into a format.
pub(super) struct Output {
    form: Form,
    sink: Sink,
}

enum Form {
    Text(Table),
    Json,
    Csv { classes: Classes, has_header: bool },
}

impl Output {
    pub(super) fn new(format: Format, classes: &Classes, sink: Sink) -> Self {
        let form = match format {
            Format::Text => Form::Text(empty_table(classes)),
            Format::Json => Form::Json,
            Format::Csv => Form::Csv {
                classes: classes.clone(),
                has_header: false,
            },
        };
        Self { form, sink }
    }

    /// Prints what there is to say of one file; in a table, files that could not be read have no
    /// row.
    pub(super) fn answer(&mut self, answer: &FileAnswer) -> io::Result<()> {
        match (&mut self.form, answer) {
            (Form::Text(table), FileAnswer::Predicted(prediction)) => {
                let values = prediction.probabilities.values();
                let values = values.map(|value| format!("{value:.3}"));
                table.row(named(prediction).into_iter().chain(values));
                Ok(())
            }
            (Form::Text(_), FileAnswer::Unreadable { .. }) => Ok(()),
            (Form::Json, answer) => self.sink.json(&serde_json::to_string(answer)?),
            (Form::Csv { .. }, FileAnswer::Predicted(prediction)) => {
                let values = prediction.probabilities.values().map(f64::to_string);
                let fixed = named(prediction).map(|cell| text(&cell));
                let row = fixed.into_iter().chain(values);
                let row = row.chain([text(&prediction.model), String::new()]);
                self.csv_row(row)
            }
            (Form::Csv { classes, .. }, FileAnswer::Unreadable { path, error }) => {
                let mut row = vec![text(&path.display().to_string())];
                row.extend(vec![String::new(); classes.len() + 2]);
                row.push(text(error));
                self.csv_row(row)
            }
        }
    }

    /// Prints what is left, and gives what the memory holds.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        match &self.form {
            Form::Text(table) if !table.is_empty() => self.sink.table(table)?,
            Form::Text(_) | Form::Json | Form::Csv { .. } => {}
        }
        Ok(match self.sink {
            Sink::Stdout => Vec::new(),
            Sink::Memory(bytes) => bytes,
        })
    }

    fn csv_row(&mut self, row: impl IntoIterator<Item = String>) -> io::Result<()> {
        let Form::Csv {
            classes,
            has_header,
        } = &mut self.form
        else {
            return Ok(());
        };
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !*has_header {
            let mut header = vec!["path", "class"];
            header.extend(classes.names().iter().map(ClassName::as_str));
            header.extend(["model", "error"]);
            writer.write_record(header.into_iter().map(text))?;
            *has_header = true;
        }
        writer.write_record(row)?;
        let rows = writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        self.sink.rows(&rows)
    }
}

/// A cell of text.
fn text(cell: &str) -> String {
    spreadsheet_text(cell).into_owned()
}

/// The file and its class.
fn named(prediction: &Prediction) -> [String; 2] {
    [
        prediction.path.display().to_string(),
        prediction.class.to_string(),
    ]
}

/// Long class names are broken at their separators, so that the columns stay narrow.
fn empty_table(classes: &Classes) -> Table {
    let names = classes.names().iter();
    let broken = names.map(|name| broken(&printable_name(name.as_str())));
    let fixed = ["file".to_owned(), "class".to_owned()];
    Table::new(fixed.into_iter().chain(broken), 2)
}
