//! Words below and above plots: no number without what is known of its data.

use hilum_metrics::EvaluationReport;

/// Which slices a number is of, and what the audit said of them:
/// `valid split, 72 slices; data audited: near-duplicate (3)`.
pub fn caption(report: &EvaluationReport) -> String {
    let slices = slice_count(report.as_is.count);
    let copies = match &report.clean {
        Some(clean) => format!(
            " ({} of them copies or repeats)",
            report.as_is.count.saturating_sub(clean.count)
        ),
        None => String::new(),
    };
    format!("{} split, {slices}{copies}; {}", report.split, report.audit)
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
