//! `log.csv`: a row an epoch.

use std::path::Path;
use std::{io, iter};

use hilum_files::write_atomically;
use hilum_metrics::{EpochRow, History, SplitRow};

/// What is said of an epoch itself.
const OF_THE_EPOCH: [&str; 4] = ["epoch", "learning_rate", "seconds", "images_per_second"];

/// The columns, by name.
fn header() -> Vec<String> {
    let splits = ["train", "valid"].into_iter();
    let measured = splits.flat_map(|split| {
        let values = split_values(&SplitRow::default());
        values.map(move |(name, _)| format!("{split}_{name}"))
    });
    let of_the_epoch = OF_THE_EPOCH.into_iter().map(str::to_owned);
    of_the_epoch.chain(measured).collect()
}

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
        writer.write_record(header())?;
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
    if reader.headers().map_err(|_| foreign())? != header() {
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
    let split = |first: usize| {
        let mut columns = first + 1..;
        SplitRow::each(number(first), |_| columns.next().and_then(number))
    };
    let first = OF_THE_EPOCH.len();
    Some(EpochRow {
        epoch: record.get(0)?.parse().ok()?,
        learning_rate: number(1)?,
        seconds: number(2)?,
        images_per_second: number(3)?,
        train: split(first),
        valid: split(first + 1 + SplitRow::METRICS.len()),
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
pub(crate) fn split_values(
    row: &SplitRow,
) -> impl Iterator<Item = (&'static str, Option<f64>)> + use<> {
    let scores = row.iter().map(|(metric, value)| (metric.name, value));
    iter::once(("loss", row.loss)).chain(scores)
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

        let text = fs_err::read_to_string(&path).unwrap();
        let header = "epoch,learning_rate,seconds,images_per_second,\
            train_loss,train_accuracy,train_macro_f1,train_log_cosh,train_macro_auroc,\
            valid_loss,valid_accuracy,valid_macro_f1,valid_log_cosh,valid_macro_auroc";
        assert_eq!(text.lines().next(), Some(header));
        fs_err::write(&path, "something,else\n1,2\n").unwrap();
        assert!(read_log(&path).unwrap_err().to_string().contains("no log"));
    }
}
