//! Predictions as a table, as JSON lines or as CSV.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use hilum_core::{ClassName, Classes};
use hilum_experiment::{FileAnswer, Prediction};

use crate::arguments::Format;
use crate::summary::Table;

/// Prints answers on stdout, as they come or, for a table, at the end.
pub(super) enum Output {
    Text {
        table: Table,
        warnings: Warnings,
    },
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
            Format::Text => Self::Text {
                table: empty_table(classes),
                warnings: Warnings::default(),
            },
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
            (Self::Text { table, warnings }, FileAnswer::Predicted(prediction)) => {
                warnings.of(prediction);
                let values = prediction.probabilities.values();
                let values = values.map(|value| format!("{value:.3}"));
                table.row(named(prediction).into_iter().chain(values));
                Ok(())
            }
            (Self::Text { .. }, FileAnswer::Unreadable { .. }) => Ok(()),
            (Self::Json, answer) => {
                let text = serde_json::to_string(answer)?;
                writeln!(io::stdout().lock(), "{text}")
            }
            (Self::Csv { .. }, FileAnswer::Predicted(prediction)) => {
                let values = prediction.probabilities.values().map(f64::to_string);
                let row = named(prediction).into_iter().chain(values);
                let row = row.chain([prediction.model.clone()]);
                self.csv_row(row.chain(place(prediction)).chain([String::new()]))
            }
            (Self::Csv { classes, .. }, FileAnswer::Unreadable { path, frame, error }) => {
                let mut row = vec![path.display().to_string()];
                // Class, classes, model and place, but for the frame and what follows it.
                row.extend(vec![String::new(); 1 + classes.len() + PLACE.len() - 1]);
                row.push(frame.map_or_else(String::new, |frame| frame.to_string()));
                row.push(String::new());
                row.push(error.clone());
                self.csv_row(row)
            }
        }
    }

    /// Prints what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Text { table, warnings } if !table.is_empty() => {
                writeln!(io::stdout().lock(), "{table}")?;
                warnings.print()
            }
            Self::Text { .. } | Self::Json => Ok(()),
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
            header.push("model");
            header.extend(PLACE);
            header.push("error");
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

/// Where a DICOM slice belongs, and what there is to doubt about it, as columns of CSV.
const PLACE: [&str; 6] = [
    "study_uid",
    "series_uid",
    "instance_number",
    "position_mm",
    "frame",
    "warnings",
];

fn place(prediction: &Prediction) -> [String; 6] {
    fn or_empty(value: Option<&impl ToString>) -> String {
        value.map_or_else(String::new, ToString::to_string)
    }
    [
        or_empty(prediction.study_uid.as_ref()),
        or_empty(prediction.series_uid.as_ref()),
        or_empty(prediction.instance_number.as_ref()),
        or_empty(prediction.position_mm.as_ref()),
        or_empty(prediction.frame.as_ref()),
        prediction.warnings.join("; "),
    ]
}

/// Each warning once, with the slices that it is of.
#[derive(Default)]
pub(super) struct Warnings {
    /// The first slice and how many, by warning.
    slices: BTreeMap<String, (String, usize)>,
}

impl Warnings {
    fn of(&mut self, prediction: &Prediction) {
        for warning in &prediction.warnings {
            let name = || {
                let path = prediction.path.display();
                match prediction.frame {
                    Some(frame) => format!("{path} frame {frame}"),
                    None => path.to_string(),
                }
            };
            let slices = self.slices.entry(warning.clone());
            slices.or_insert_with(|| (name(), 0)).1 += 1;
        }
    }

    fn print(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        for (warning, (first, count)) in &self.slices {
            match count {
                1 => writeln!(stdout, "warning: {first}: {warning}")?,
                count => writeln!(stdout, "warning: {first} and {} more: {warning}", count - 1)?,
            }
        }
        Ok(())
    }
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
