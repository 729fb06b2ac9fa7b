//! `log.csv`: a row an epoch.

use std::io;
use std::path::Path;

use hilum_graph::write_atomically;
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
