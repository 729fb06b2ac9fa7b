//! Predictions as a table, as JSON lines or as CSV.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Classes, printable_name, spreadsheet_text};
use hilum_experiment::{FileAnswer, Prediction};

use super::legend::Legend;
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
    pub(super) fn rows(&mut self, rows: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print_csv(&String::from_utf8_lossy(rows)),
            Self::Memory(bytes) => bytes.write_all(rows),
        }
    }

    pub(super) fn json(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print_json(line),
            Self::Memory(bytes) => writeln!(bytes, "{line}"),
        }
    }

    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print(table.within(stdout_width())),
            Self::Memory(bytes) => writeln!(bytes, "{}", table.within(None)),
        }
    }

    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::Stdout => screen::print(line),
            Self::Memory(bytes) => writeln!(bytes, "{line}"),
        }
    }
}

impl Sink {
    /// What the memory holds.
    pub(super) fn into_memory(self) -> Vec<u8> {
        match self {
            Self::Stdout => Vec::new(),
            Self::Memory(bytes) => bytes,
        }
    }
}

/// Rows as RFC 4180 has them.
pub(super) fn csv_rows(rows: impl IntoIterator<Item = Vec<String>>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// Puts answers into a format.
pub(super) struct Output {
    form: Form,
    sink: Sink,
}

enum Form {
    Text {
        header: Vec<String>,
        rows: Vec<(PathBuf, Vec<String>)>,
        legend: Legend,
        warnings: Warnings,
    },
    Json,
    Csv {
        classes: Classes,
        has_header: bool,
    },
}

impl Output {
    pub(super) fn new(format: Format, classes: &Classes, sink: Sink) -> Self {
        let form = match format {
            Format::Text => Form::Text {
                header: header(classes),
                rows: Vec::new(),
                legend: Legend::default(),
                warnings: Warnings::default(),
            },
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
            (
                Form::Text {
                    rows,
                    legend,
                    warnings,
                    ..
                },
                FileAnswer::Predicted(prediction),
            ) => {
                warnings.of(prediction);
                rows.push((prediction.path.clone(), legend.cells(prediction)));
                Ok(())
            }
            (Form::Text { .. }, FileAnswer::Unreadable { .. }) => Ok(()),
            (Form::Json, answer) => self.sink.json(&serde_json::to_string(answer)?),
            (Form::Csv { .. }, FileAnswer::Predicted(prediction)) => {
                let values = prediction.probabilities.values().map(f64::to_string);
                let class = prediction.class.as_ref().map(ClassName::as_str);
                let path = prediction.path.display().to_string();
                let fixed = [text(&path), text(class.unwrap_or_default())];
                let row = fixed.into_iter().chain(values);
                let row = row.chain([text(&prediction.model)]);
                let row = row.chain(place(prediction)).chain([String::new()]);
                self.csv_row(row.chain(worth(prediction)))
            }
            (Form::Csv { classes, .. }, FileAnswer::Unreadable { path, frame, error }) => {
                let mut row = vec![text(&path.display().to_string())];
                // Class, classes, model and place, but for the frame and what follows it.
                row.extend(vec![String::new(); 1 + classes.len() + PLACE.len() - 1]);
                row.push(frame.map_or_else(String::new, |frame| frame.to_string()));
                row.push(String::new());
                row.push(text(error));
                row.extend(vec![String::new(); WORTH.len()]);
                self.csv_row(row)
            }
        }
    }

    /// Prints what is left, and gives what the memory holds.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        if let Form::Text {
            header,
            rows,
            legend,
            warnings,
        } = &self.form
            && !rows.is_empty()
        {
            let folder = common_folder(rows.iter().map(|(path, _)| path.as_path()));
            if let Some(folder) = folder {
                let folder = printable_name(&folder.display().to_string()).into_owned();
                self.sink.line(&format!("files in {folder}:"))?;
            }
            self.sink.table(&table(header, rows, folder))?;
            for line in legend.lines() {
                self.sink.line(&line)?;
            }
            warnings.print(&mut self.sink)?;
        }
        Ok(self.sink.into_memory())
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
            header.push("model");
            header.extend(PLACE);
            header.push("error");
            header.extend(WORTH);
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

/// What an answer is worth, as columns of CSV; as warnings, the classes of a set stand in one cell.
const WORTH: [&str; 4] = ["abstained", "reason", "set", "calibrated"];

fn worth(prediction: &Prediction) -> [String; 4] {
    let reason = prediction.reason.map(|reason| reason.to_string());
    let set = prediction.set.iter().flatten().map(ClassName::as_str);
    [
        prediction.abstained.to_string(),
        reason.unwrap_or_default(),
        text(&set.collect::<Vec<_>>().join("; ")),
        prediction.calibrated.to_string(),
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
        text(&or_empty(prediction.study_uid.as_ref())),
        text(&or_empty(prediction.series_uid.as_ref())),
        or_empty(prediction.instance_number.as_ref()),
        or_empty(prediction.position_mm.as_ref()),
        or_empty(prediction.frame.as_ref()),
        text(&prediction.warnings.join("; ")),
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

    fn print(&self, sink: &mut Sink) -> io::Result<()> {
        for (warning, (first, count)) in &self.slices {
            let others = match count {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            sink.line(&format!("warning: {first}{others}: {warning}"))?;
        }
        Ok(())
    }
}

/// Long class names are broken at their separators, so that the columns stay narrow.
fn header(classes: &Classes) -> Vec<String> {
    let names = classes.names().iter();
    let broken = names.map(|name| broken(&printable_name(name.as_str())));
    ["class".to_owned()].into_iter().chain(broken).collect()
}

/// A row a slice, named as it is within `folder`.
fn table(header: &[String], rows: &[(PathBuf, Vec<String>)], folder: Option<&Path>) -> Table {
    let header = header.iter().cloned();
    let mut table = Table::new(["file".to_owned()].into_iter().chain(header), 2);
    for (path, cells) in rows {
        let name = name_within(path, folder);
        table.row([name].into_iter().chain(cells.iter().cloned()));
    }
    table
}

/// A file's name within a folder that it lies in.
pub(crate) fn name_within(path: &Path, folder: Option<&Path>) -> String {
    let name = folder.and_then(|folder| path.strip_prefix(folder).ok());
    name.unwrap_or(path).display().to_string()
}

/// So that a row has room on a terminal: the deepest folder that several files are all in; `None`
/// where there is none, or a single file.
pub(crate) fn common_folder<'a>(mut paths: impl Iterator<Item = &'a Path>) -> Option<&'a Path> {
    let mut common = paths.next()?.parent()?;
    let mut count = 1;
    for path in paths {
        while !path.starts_with(common) {
            common = common.parent()?;
        }
        count += 1;
    }
    let says_something = count > 1 && !common.as_os_str().is_empty();
    says_something.then_some(common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_all_files_is_found() {
        let common = |paths: &[&str]| {
            let found = common_folder(paths.iter().map(Path::new));
            found.map(|folder| folder.display().to_string())
        };
        assert_eq!(common(&["a/b/1.png", "a/b/2.png"]).as_deref(), Some("a/b"));
        assert_eq!(common(&["a/b/1.png", "a/c/2.png"]).as_deref(), Some("a"));
        assert_eq!(common(&["a/b/1.png", "a/bc/2.png"]).as_deref(), Some("a"));
        assert_eq!(common(&["a/1.png", "b/2.png"]), None);
        assert_eq!(common(&["1.png", "2.png"]), None);
        assert_eq!(common(&["a/1.png"]), None);
        assert_eq!(common(&[]), None);
    }
}
