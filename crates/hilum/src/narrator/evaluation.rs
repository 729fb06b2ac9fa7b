//! Which slices are judged, which of them the model knows, and what changes of them do.

use hilum_core::Split;
use hilum_experiment::Division;
use hilum_metrics::StressTable;

use crate::screen::Screen;
use crate::summary::cost;

/// So many of the slices that a model knows are named; `metrics.json` names all.
const NAMED: usize = 3;

pub(super) fn divided(division: &Division, screen: &Screen) {
    if *division != Division::OfTheData {
        screen.note(division);
    }
}

pub(super) fn known_slices(split: Split, files: &[String], of: usize, screen: &Screen) {
    let count = files.len();
    let first: Vec<String> = files
        .iter()
        .take(NAMED)
        .map(|file| format!("`{file}`"))
        .collect();
    let others = match count.saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    screen.warn(format_args!(
        "the model learned from {count} of {of} slices of `{split}`, or was watched on them; they are not in the clean figures: {}{others}",
        first.join(", ")
    ));
}

/// That small changes cost much; a line for each of the worst.
pub(super) fn brittle(table: &StressTable, screen: &Screen) {
    let rows = table.brittle();
    let lines: Vec<String> = rows
        .iter()
        .take(NAMED)
        .map(|row| format!("\n  {}", cost(row, table)))
        .collect();
    let others = match rows.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!("\n  and {rest} more"),
    };
    screen.warn(format_args!(
        "small changes, which no radiologist would mind, cost much macro-F1:{}{others}\n\
         such a model reads the scanner and the export beside the patient",
        lines.concat()
    ));
}
