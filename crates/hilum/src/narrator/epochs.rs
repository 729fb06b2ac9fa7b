//! A line an epoch: as many columns as the terminal has room for.

use std::fmt::Write as _;

use hilum_metrics::EpochRow;
use hilum_train::two_digits;

/// Where no terminal says how wide it is.
const USUAL_WIDTH: usize = 80;

/// Characters of the longest rate that is written without an exponent.
const LONGEST_RATE: usize = "0.000006".len();

/// Columns of the mark behind the best epoch.
const MARK: usize = 6;

/// A column: the split that it is of, its name and its width, with the blanks before it.
struct Column {
    of: &'static str,
    name: &'static str,
    width: usize,
    /// Columns of higher numbers are left out first.
    rank: usize,
    show: fn(&EpochRow) -> String,
}

const COLUMNS: [Column; 10] = [
    Column {
        of: "train",
        name: "loss",
        width: 8,
        rank: 3,
        show: |row| figure(row.train.loss),
    },
    Column {
        of: "train",
        name: "accuracy",
        width: 9,
        rank: 5,
        show: |row| figure(row.train.accuracy),
    },
    Column {
        of: "train",
        name: "macro-F1",
        width: 9,
        rank: 6,
        show: |row| figure(row.train.macro_f1),
    },
    Column {
        of: "train",
        name: "AUROC",
        width: 6,
        rank: 8,
        show: |row| figure(row.train.macro_auroc),
    },
    Column {
        of: "valid",
        name: "loss",
        width: 8,
        rank: 0,
        show: |row| figure(row.valid.loss),
    },
    Column {
        of: "valid",
        name: "accuracy",
        width: 9,
        rank: 1,
        show: |row| figure(row.valid.accuracy),
    },
    Column {
        of: "valid",
        name: "macro-F1",
        width: 9,
        rank: 0,
        show: |row| figure(row.valid.macro_f1),
    },
    Column {
        of: "valid",
        name: "AUROC",
        width: 6,
        rank: 7,
        show: |row| figure(row.valid.macro_auroc),
    },
    Column {
        of: "",
        name: "rate",
        width: 9,
        rank: 4,
        show: |row| rate(row.learning_rate),
    },
    Column {
        of: "",
        name: "time",
        width: 8,
        rank: 2,
        show: |row| format!("{:.1}s", row.seconds),
    },
];

/// The columns that are shown of a run.
pub(super) struct EpochTable {
    columns: Vec<&'static Column>,
    epochs: usize,
}

impl EpochTable {
    /// For a run of `epochs`, in `width` columns.
    pub(super) fn new(epochs: usize, width: Option<usize>) -> Self {
        let mut table = Self {
            columns: COLUMNS.iter().collect(),
            epochs,
        };
        let width = width.unwrap_or(USUAL_WIDTH);
        while table.width() > width {
            let last = table.columns.iter().max_by_key(|column| column.rank);
            let Some(rank) = last.map(|column| column.rank).filter(|rank| *rank > 0) else {
                break;
            };
            table.columns.retain(|column| column.rank != rank);
        }
        table
    }

    fn position_width(&self) -> usize {
        "epoch".len().max(2 * self.epochs.to_string().len() + 1)
    }

    fn width(&self) -> usize {
        let columns: usize = self.columns.iter().map(|column| column.width).sum();
        self.position_width() + columns + MARK
    }

    /// Two lines: which split, and which figure.
    pub(super) fn header(&self) -> String {
        let width = self.position_width();
        let mut splits = " ".repeat(width);
        let mut names = format!("{:>width$}", "epoch");
        let mut before = "";
        for column in &self.columns {
            let width = column.width;
            let split = if column.of == before { "" } else { column.of };
            // Writing to a string cannot fail.
            let _ = write!(splits, "{split:>width$}");
            let _ = write!(names, "{:>width$}", column.name);
            before = column.of;
        }
        format!("{}\n{names}", splits.trim_end())
    }

    /// An epoch.
    pub(super) fn line(&self, row: &EpochRow) -> String {
        let width = self.position_width();
        let position = format!("{}/{}", row.epoch, self.epochs);
        let cells = self.columns.iter().map(|column| {
            let width = column.width;
            format!("{:>width$}", (column.show)(row))
        });
        format!("{position:>width$}{}", cells.collect::<String>())
    }
}

fn figure(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

/// A learning rate in two digits, without an exponent: `0.001`, `0.00034`, `0.000006`.
fn rate(value: f64) -> String {
    let text = two_digits(value).to_string();
    if text.len() <= LONGEST_RATE {
        text
    } else {
        format!("{value:.0e}")
    }
}

#[cfg(test)]
mod tests {
    use hilum_metrics::SplitRow;

    use super::*;

    fn row() -> EpochRow {
        let split = SplitRow {
            loss: Some(0.5),
            accuracy: Some(0.25),
            ..SplitRow::default()
        };
        EpochRow {
            epoch: 3,
            learning_rate: 1e-3,
            seconds: 12.34,
            images_per_second: 50.0,
            train: split,
            valid: split,
        }
    }

    #[test]
    fn columns_stand_under_their_names_in_every_width() {
        for width in [40, 60, 80, 100, 200] {
            let table = EpochTable::new(50, Some(width));
            let (header, line) = (table.header(), table.line(&row()));
            for text in header.lines().chain([line.as_str()]) {
                assert!(text.len() + MARK <= width.max(40), "{width}: {text}");
            }
            let names = header.lines().last().unwrap();
            let end_of = |name: &str| names.rfind(name).unwrap() + name.len();
            let value_end = |value: &str| line.rfind(value).unwrap() + value.len();
            assert_eq!(end_of("loss"), value_end("0.500"), "{width}");
            assert!(names.contains("macro-F1"), "{names}");
            if width >= 80 {
                assert_eq!(end_of("accuracy"), value_end("0.250"));
                assert_eq!(end_of("time"), value_end("12.3s"));
                assert_eq!(end_of("rate"), value_end("0.001"));
            }
        }
    }

    #[test]
    fn rates_are_numbers_as_people_write_them() {
        for (value, text) in [
            (1e-3, "0.001"),
            (6e-6, "0.000006"),
            (3.4e-4, "0.00034"),
            (0.01, "0.01"),
            (0.5, "0.5"),
            (4e-9, "4e-9"),
            (0.0, "0"),
        ] {
            assert_eq!(rate(value), text);
        }
    }
}
