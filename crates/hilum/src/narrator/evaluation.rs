//! Which slices are judged, and which of them the model knows.

use hilum_core::Split;
use hilum_experiment::Division;

use crate::screen::Screen;

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
