//! `log.csv`: a row an epoch.

use std::io;
use std::path::Path;

use hilum_files::write_atomically;
use hilum_metrics::{EpochRow, History, SplitRow};

const HEADER: [&str; 14] = [
    "epoch",
    "learning_rate",
    "seconds",
    "images_per_second",
    "train_loss",
    "train_accuracy",
    "train_macro_f1",
    "train_log_cosh",
    "train_macro_auroc",
    "valid_loss",
    "valid_accuracy",
    "valid_macro_f1",
    "valid_log_cosh",
    "valid_macro_auroc",
];

/// Writes the whole log, atomically; what is undefined is an empty field.
///
/// A history is short, so writing all of it each time is what keeps half a row from ever standing
/// in the file.
///
/// # Errors
/// Any error of the disk, with the path.
pub fn write_log(path: &Path, history: &History) -> io::Result<()> {
    write_atomically(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(HEADER)?;
        for row in &history.rows {
            writer.write_record(fields(row))?;
        }
        writer.flush()
    })
}

/// Reads what [`write_log`] wrote. Which epoch was the best is not in it.
///
/// # Errors
/// Any error of the disk, with the path; `InvalidData` if it is no such log.
pub fn read_log(path: &Path) -> io::Result<History> {
    let text = fs_err::read_to_string(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let foreign = || {
        let what = format!("`{}` is no log of a training run", path.display());
        io::Error::new(io::ErrorKind::InvalidData, what)
    };
    if reader.headers().map_err(|_| foreign())? != HEADER[..] {
        return Err(foreign());
    }
    let rows = reader.records().map(|record| row(&record.ok()?));
    let rows: Option<Vec<EpochRow>> = rows.collect();
    Ok(History {
        rows: rows.ok_or_else(foreign)?,
        best_epoch: None,
    })
}

fn row(record: &csv::StringRecord) -> Option<EpochRow> {
    let number = |index: usize| record.get(index)?.parse::<f64>().ok();
    let split = |first: usize| SplitRow {
        loss: number(first),
        accuracy: number(first + 1),
        macro_f1: number(first + 2),
        log_cosh: number(first + 3),
        macro_auroc: number(first + 4),
    };
    Some(EpochRow {
        epoch: record.get(0)?.parse().ok()?,
        learning_rate: number(1)?,
        seconds: number(2)?,
        images_per_second: number(3)?,
        train: split(4),
        valid: split(9),
    })
}

fn fields(row: &EpochRow) -> Vec<String> {
    let mut fields = vec![
        row.epoch.to_string(),
        row.learning_rate.to_string(),
        format!("{:.3}", row.seconds),
        format!("{:.2}", row.images_per_second),
    ];
    for split in [&row.train, &row.valid] {
        let values = split_values(split).map(|(_, value)| value);
        fields
            .extend(values.map(|value| value.map_or_else(String::new, |value| value.to_string())));
    }
    fields
}

/// What is measured on a split, by name.
pub(crate) fn split_values(row: &SplitRow) -> [(&'static str, Option<f64>); 5] {
    [
        ("loss", row.loss),
        ("accuracy", row.accuracy),
        ("macro_f1", row.macro_f1),
        ("log_cosh", row.log_cosh),
        ("macro_auroc", row.macro_auroc),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_reads_back_as_it_was_written() {
        let split = SplitRow {
            loss: Some(0.1 + 0.2),
            accuracy: Some(1.0),
            ..SplitRow::default()
        };
        let row = EpochRow {
            epoch: 1,
            learning_rate: 6e-6,
            seconds: 1.5,
            images_per_second: 12.25,
            train: split,
            valid: SplitRow::default(),
        };
        let history = History {
            rows: vec![row],
            best_epoch: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        write_log(&path, &history).unwrap();
        assert_eq!(read_log(&path).unwrap(), history);

        fs_err::write(&path, "something,else\n1,2\n").unwrap();
        assert!(read_log(&path).unwrap_err().to_string().contains("no log"));
    }
}
