//! Predictions as a table, as JSON lines or as CSV.

use std::io::{self, Write as _};

use hilum_core::{ClassName, Classes};
use hilum_experiment::{FileAnswer, Prediction};

use crate::arguments::Format;
use crate::summary::Table;

/// Prints answers on stdout, as they come or, for a table, at the end.
pub(super) enum Output {
    Text(Table),
    Json,
    Csv {
        classes: Classes,
        writer: Box<csv::Writer<io::Stdout>>,
        has_header: bool,
    },
}

impl Output {
    pub(super) fn new(format: Format, classes: &Classes) -> Self {
        match format {
            Format::Text => Self::Text(empty_table(classes)),
            Format::Json => Self::Json,
            Format::Csv => Self::Csv {
                classes: classes.clone(),
                writer: Box::new(csv::Writer::from_writer(io::stdout())),
                has_header: false,
            },
        }
    }

    /// Prints what there is to say of one file; in a table, files that could not be read have no
    /// row.
    pub(super) fn answer(&mut self, answer: &FileAnswer) -> io::Result<()> {
        match (&mut *self, answer) {
            (Self::Text(table), FileAnswer::Predicted(prediction)) => {
                let values = prediction.probabilities.values();
                let values = values.map(|value| format!("{value:.3}"));
                table.row(named(prediction).into_iter().chain(values));
                Ok(())
            }
            (Self::Text(_), FileAnswer::Unreadable { .. }) => Ok(()),
            (Self::Json, answer) => {
                let text = serde_json::to_string(answer)?;
                writeln!(io::stdout().lock(), "{text}")
            }
            (Self::Csv { .. }, FileAnswer::Predicted(prediction)) => {
                let values = prediction.probabilities.values().map(f64::to_string);
                let row = named(prediction).into_iter().chain(values);
                self.csv_row(row.chain([prediction.model.clone(), String::new()]))
            }
            (Self::Csv { classes, .. }, FileAnswer::Unreadable { path, error }) => {
                let mut row = vec![path.display().to_string()];
                row.extend(vec![String::new(); classes.len() + 2]);
                row.push(error.clone());
                self.csv_row(row)
            }
        }
    }

    /// Prints what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Text(table) if !table.is_empty() => writeln!(io::stdout().lock(), "{table}"),
            Self::Text(_) | Self::Json => Ok(()),
            Self::Csv { mut writer, .. } => writer.flush(),
        }
    }

    fn csv_row(&mut self, row: impl IntoIterator<Item = String>) -> io::Result<()> {
        let Self::Csv {
            classes,
            writer,
            has_header,
        } = self
        else {
            return Ok(());
        };
        if !*has_header {
            let mut header = vec!["path", "class"];
            header.extend(classes.names().iter().map(ClassName::as_str));
            header.extend(["model", "error"]);
            writer.write_record(header)?;
            *has_header = true;
        }
        writer.write_record(row)?;
        Ok(())
    }
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
    let broken = |name: &ClassName| {
        name.as_str()
            .replace('.', ".\n")
            .replace('_', "_\n")
            .replace(' ', "\n")
    };
    let fixed = ["file".to_owned(), "class".to_owned()];
    Table::new(
        fixed.into_iter().chain(classes.names().iter().map(broken)),
        2,
    )
}
