//! Figures as every summary shows them.

use hilum_metrics::{CLASS_METRICS, ClassMetric, Evaluation, Interval, Prominence, Spread};

use super::Table;

/// Three decimals; a dash for what is undefined.
pub(super) fn show(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

/// From the low to the high end; nothing without an interval.
pub(super) fn range(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |interval| {
        format!("{:.3} to {:.3}", interval.low, interval.high)
    })
}

/// `0.912 ± 0.021`: the mean, and the standard deviation where there is one.
pub(crate) fn spread(spread: &Spread) -> String {
    match spread.standard_deviation {
        Some(deviation) => format!("{} ± {deviation:.3}", show(spread.mean)),
        None => show(spread.mean),
    }
}

/// The figures of a class that a summary shows.
pub(super) fn shown_of_class() -> impl Iterator<Item = &'static ClassMetric> {
    let metrics = CLASS_METRICS.iter();
    metrics.filter(|metric| metric.prominence <= Prominence::Summary)
}

/// A row for each class.
pub(super) fn per_class(figures: &Evaluation) -> Table {
    let titles = shown_of_class().map(|metric| metric.title);
    let mut table = Table::new(["class"].into_iter().chain(titles).chain(["slices"]), 1);
    for (name, scores) in &figures.per_class {
        let values = shown_of_class().map(|metric| show((metric.value)(scores)));
        let support = scores.support.to_string();
        table.row(
            [name.to_string()]
                .into_iter()
                .chain(values)
                .chain([support]),
        );
    }
    table
}
