//! Predictions as a table, as JSON lines or as CSV.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use hilum_core::{ClassName, Classes, Probabilities};
use hilum_imaging::{DecodeError, DicomInfo};
use serde::Serialize;

use crate::arguments::Format;
use crate::error::{self, CommandError};
use crate::table::Table;

/// What is printed of one slice.
pub(crate) struct Prediction<'a> {
    pub(crate) path: &'a Path,
    pub(crate) dicom: Option<&'a DicomInfo>,
    pub(crate) probabilities: &'a Probabilities,
}

/// Prints predictions on stdout, as they come or, for a table, at the end.
pub(crate) enum Output {
    Text {
        classes: Classes,
        table: Table,
    },
    Json {
        classes: Classes,
        model: String,
    },
    Csv {
        classes: Classes,
        model: String,
        writer: Box<csv::Writer<io::Stdout>>,
        has_header: bool,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    path: String,
    class: &'a ClassName,
    probabilities: BTreeMap<&'a ClassName, f64>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    series_uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_number: Option<i64>,
}

#[derive(Serialize)]
struct FailureLine {
    path: String,
    error: String,
}

impl Output {
    /// `model` is what the formats for programs call it.
    pub(crate) fn new(format: Format, classes: &Classes, model: &str) -> Self {
        let (classes, model) = (classes.clone(), model.to_owned());
        match format {
            Format::Text => Self::Text {
                table: empty_table(&classes),
                classes,
            },
            Format::Json => Self::Json { classes, model },
            Format::Csv => {
                let writer = Box::new(csv::Writer::from_writer(io::stdout()));
                Self::Csv {
                    classes,
                    model,
                    writer,
                    has_header: false,
                }
            }
        }
    }

    /// Prints a slice that was classified.
    pub(crate) fn prediction(&mut self, prediction: &Prediction<'_>) -> Result<(), CommandError> {
        let path = prediction.path.display().to_string();
        let probabilities = prediction.probabilities;
        match self {
            Self::Text { classes, table } => {
                let mut row = vec![path, classes.name(probabilities.most_likely()).to_string()];
                row.extend(
                    probabilities
                        .as_slice()
                        .iter()
                        .map(|value| format!("{value:.3}")),
                );
                table.row(row);
            }
            Self::Json { classes, model } => {
                let line = Line {
                    path,
                    class: classes.name(probabilities.most_likely()),
                    probabilities: classes
                        .indices()
                        .map(|class| (classes.name(class), probabilities.of(class)))
                        .collect(),
                    model,
                    series_uid: prediction
                        .dicom
                        .and_then(|dicom| dicom.series_uid.as_deref()),
                    instance_number: prediction.dicom.and_then(|dicom| dicom.instance_number),
                };
                write_line(&line)?;
            }
            Self::Csv { classes, model, .. } => {
                let mut row = vec![path, classes.name(probabilities.most_likely()).to_string()];
                row.extend(probabilities.as_slice().iter().map(f64::to_string));
                row.extend([model.clone(), String::new()]);
                self.csv_row(&row)?;
            }
        }
        Ok(())
    }

    /// Prints a file that could not be read, in the formats for programs.
    pub(crate) fn failure(&mut self, failure: &DecodeError) -> Result<(), CommandError> {
        let path = failure.path.display().to_string();
        let error = error::chain(failure);
        match self {
            Self::Text { .. } => {}
            Self::Json { .. } => write_line(&FailureLine { path, error })?,
            Self::Csv { classes, .. } => {
                let mut row = vec![path];
                row.extend(vec![String::new(); classes.len() + 2]);
                row.push(error);
                self.csv_row(&row)?;
            }
        }
        Ok(())
    }

    /// Prints what is left.
    pub(crate) fn finish(self) -> Result<(), CommandError> {
        match self {
            Self::Text { table, .. } if !table.is_empty() => {
                writeln!(io::stdout().lock(), "{table}")?;
            }
            Self::Text { .. } | Self::Json { .. } => {}
            Self::Csv { mut writer, .. } => writer.flush()?,
        }
        Ok(())
    }

    fn csv_row(&mut self, row: &[String]) -> Result<(), CommandError> {
        let Self::Csv {
            classes,
            writer,
            has_header,
            ..
        } = self
        else {
            return Ok(());
        };
        if !*has_header {
            let mut header = vec!["path", "class"];
            header.extend(classes.names().iter().map(ClassName::as_str));
            header.extend(["model", "error"]);
            writer.write_record(header).map_err(from_csv)?;
            *has_header = true;
        }
        writer.write_record(row).map_err(from_csv)?;
        Ok(())
    }
}

fn write_line(line: &impl Serialize) -> Result<(), CommandError> {
    let text = serde_json::to_string(line).map_err(CommandError::failure)?;
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

fn from_csv(error: csv::Error) -> CommandError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        kind => CommandError::failure(format!("{kind:?}")),
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
