//! What the page says of the same slices after changes to their pixels.

use std::collections::BTreeMap;

use hilum_core::ClassName;
use hilum_metrics::{GroupedPart, StressRow, StressTable};
use serde::Serialize;

use crate::caption::slice_count;
use crate::figures::{level, percent, short, signed, signed_range, with_sign};
use crate::table::{Cell, Row, Table};

/// What changes of the pictures do, ready formatted.
#[derive(Serialize)]
pub(crate) struct StressSection {
    /// Which slices were changed, and what they are without a change.
    says: String,
    /// What a window is to slices that are no Hounsfield units.
    window: Option<String>,
    /// Small changes that cost much.
    warnings: Vec<String>,
    table: Table,
}

impl StressSection {
    pub(crate) fn new(stress: &StressTable) -> Self {
        let unchanged = Row::new(
            "no change",
            [
                short(stress.macro_f1),
                String::new(),
                short(stress.accuracy),
                String::new(),
                stress.abstained.to_string(),
                called_most(&stress.predicted),
            ],
        );
        Self {
            says: says(stress),
            window: window(stress),
            warnings: stress.brittle().into_iter().map(warning).collect(),
            table: Table::new("What changes of the pictures do", "change")
                .numbers([
                    "macro-F1",
                    "difference",
                    "accuracy",
                    "same call",
                    "no answer",
                ])
                .texts(["called most often"])
                .rows([unchanged.mean()])
                .rows(stress.rows.iter().map(row))
                .stacked(),
        }
    }
}

fn says(stress: &StressTable) -> String {
    let of = match stress.of {
        GroupedPart::Clean => "clean slices",
        GroupedPart::AsIs => "slices, not all of them clean,",
    };
    let part = if stress.out_of > stress.count {
        format!("{} of the {} {of}", stress.count, stress.out_of)
    } else {
        format!("The {} {of}", stress.count)
    };
    let intervals = stress.rows.iter().find_map(|row| row.interval);
    let intervals = intervals.map_or_else(String::new, |interval| {
        format!(
            " {} intervals are of the difference to the same slices without a change, drawn in \
             pairs.",
            level(interval)
        )
    });
    format!("{part} were judged again, each time after one change to their pixels.{intervals}")
}

fn window(stress: &StressTable) -> Option<String> {
    let grey = stress.count.saturating_sub(stress.in_hounsfield);
    (grey > 0).then(|| {
        format!(
            "{} of {} have no Hounsfield units: their grey ramp was changed where the table says \
             window.",
            grey,
            slice_count(stress.count)
        )
    })
}

fn warning(row: &StressRow) -> String {
    format!(
        "A change that a radiologist would read past, {}, takes {:.3} from macro-F1: the model \
         reads the scanner beside the patient.",
        row.says,
        row.loss()
    )
}

fn row(row: &StressRow) -> Row {
    let small = row.small.then(|| "a small change".to_owned());
    let interval = row.interval.map(signed_range);
    let cells = [
        short(row.macro_f1).into(),
        Cell::noted(signed(row.macro_f1_difference), interval),
        short(row.accuracy).into(),
        percent(row.agreement).into(),
        row.abstained.to_string().into(),
        called_most(&row.predicted).into(),
    ];
    Row::new(Cell::noted(row.says.as_str(), small), cells)
}

/// `normal (60)`; a change may push all slices into one class.
fn called_most(predicted: &BTreeMap<ClassName, u64>) -> String {
    let most = predicted.iter().max_by_key(|(_, count)| **count);
    most.map_or_else(String::new, |(name, count)| format!("{name} ({count})"))
}

/// What the plot says to those who do not see it.
pub(crate) fn in_words(stress: &StressTable) -> String {
    let rows = stress.rows.iter().filter_map(|row| {
        let difference = with_sign(row.macro_f1_difference?);
        let interval = row.interval.map(signed_range);
        let interval = interval.map_or_else(String::new, |range| format!(" ({range})"));
        Some(format!("{} {difference}{interval}", row.says))
    });
    let rows: Vec<String> = rows.collect();
    format!(
        "Difference to a macro-F1 of {} without a change: {}.",
        short(stress.macro_f1),
        rows.join("; ")
    )
}
