//! Numbers in words, the same in every answer.

use hilum_metrics::{EvaluationReport, Interval};

/// `1 slice`, `12 slices`.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    }
}

/// `160 slices`.
pub(super) fn slices(count: usize) -> String {
    counted(count, "slice", "slices")
}

/// Three decimals; a dash for what is undefined.
pub(super) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

/// `0.969 (0.938 to 0.994)`.
pub(super) fn with_interval(value: Option<f64>, interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high, .. }) => {
            format!("{} ({low:.3} to {high:.3})", score(value))
        }
        None => format!("{} (no interval)", score(value)),
    }
}

/// `one`, `one and two`, `one, two and three`.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [alone] => alone.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// What the shown figures are of: `153 clean of 160 slices of `test``.
pub(super) fn judged(report: &EvaluationReport) -> String {
    let all = report.as_is.count;
    let split = report.split;
    match &report.clean {
        Some(clean) if clean.count == all => format!("{} of `{split}`", slices(all)),
        Some(clean) if clean.count > 0 => {
            format!("{} clean of {} of `{split}`", clean.count, slices(all))
        }
        _ => format!("{} of `{split}`, none of them clean", slices(all)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_in_and() {
        let words =
            |words: &[&str]| listed(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(words(&["a"]), "a");
        assert_eq!(words(&["a", "b"]), "a and b");
        assert_eq!(words(&["a", "b", "c"]), "a, b and c");
        assert_eq!(words(&[]), "");
        assert_eq!(slices(1), "1 slice");
    }
}
