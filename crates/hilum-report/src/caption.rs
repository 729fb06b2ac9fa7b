//! Words below and above plots: no number without what is known of its data.

use hilum_metrics::{CleanPart, EvaluationReport};

/// Which slices the plots of an evaluation are of (its clean ones, if any), and what the audit
/// said of them: `valid split, 72 slices; data audited: near-duplicate (3)`.
pub fn caption(report: &EvaluationReport) -> String {
    let EvaluationReport { split, as_is, .. } = report;
    let all = as_is.count;
    let slices = match report.clean_part() {
        CleanPart::All(_) => slice_count(all),
        CleanPart::Part(clean) => {
            let left_out = what_is_left_out(report);
            format!(
                "{} of {}, without {left_out}",
                clean.count,
                slice_count(all)
            )
        }
        CleanPart::Nothing => format!("{}, none of them clean", slice_count(all)),
    };
    format!("{split} split, {slices}{}; {}", known(report), report.audit)
}

/// The same of a plot of all slices, where there are clean ones, too.
pub(crate) fn caption_of_all(report: &EvaluationReport) -> String {
    let EvaluationReport { split, as_is, .. } = report;
    let left_out = what_is_left_out(report);
    let slices = slice_count(as_is.count);
    format!(
        "{split} split, all {slices}, with {left_out}{}; {}",
        known(report),
        report.audit
    )
}

/// Why slices are no part of the clean figures.
pub(crate) fn what_is_left_out(report: &EvaluationReport) -> &'static str {
    match &report.leaked {
        Some(leaked) if leaked.count > 0 => {
            "copies of other splits' images, repeats and what the model knew"
        }
        _ => "copies of other splits' images and repeats",
    }
}

fn known(report: &EvaluationReport) -> String {
    match &report.leaked {
        Some(leaked) if leaked.count > 0 => {
            format!("; the model knew {} of {}", leaked.count, leaked.of)
        }
        _ => String::new(),
    }
}

/// `1 slice`, `2 slices`.
pub(crate) fn slice_count(count: usize) -> String {
    let word = if count == 1 { "slice" } else { "slices" };
    format!("{count} {word}")
}

/// A name as it begins a line: `Macro-F1`.
pub(crate) fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
