//! An evaluation for a person at a terminal.

use hilum_metrics::{
    CLASS_METRICS, ClassMetric, Evaluation, EvaluationReport, Interval, METRICS, Metric, Prominence,
};

use super::Table;
use crate::screen::DISCLAIMER;

/// Headline figures with intervals, on all slices and on the clean part; a row per class; what
/// is known of the data.
pub(crate) fn evaluation(report: &EvaluationReport) -> String {
    let slices = match &report.clean {
        None => format!("{} slices of `{}`", report.as_is.count, report.split),
        Some(clean) => format!(
            "{} slices of `{}`, of which {} are neither copies of other splits' images nor repeats",
            report.as_is.count, report.split, clean.count
        ),
    };
    format!(
        "{slices}\n\n{}\n\n{}\n\n{}; {DISCLAIMER}",
        score_table(report),
        class_table(&report.as_is),
        report.audit
    )
}

fn score_table(report: &EvaluationReport) -> Table {
    let clean = report.clean.as_ref();
    let header = ["", "all", "95%", "clean", "95%"];
    let columns = if clean.is_some() { 5 } else { 3 };
    let mut table = Table::new(header.into_iter().take(columns), 1);
    let metrics = METRICS.iter();
    for metric in metrics.filter(|metric| metric.prominence <= Prominence::Summary) {
        let of = |evaluation: &Evaluation| {
            let score = evaluation.scores.get(metric).flatten();
            [
                show(score),
                range(evaluation.intervals.get(metric).flatten()),
            ]
        };
        let cells = [metric.label()].into_iter().chain(of(&report.as_is));
        table.row(cells.chain(clean.map(of).into_iter().flatten()));
    }
    table
}

fn range(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |interval| {
        format!("{:.3} to {:.3}", interval.low, interval.high)
    })
}

fn class_table(figures: &Evaluation) -> Table {
    let shown = || {
        let metrics = CLASS_METRICS.iter();
        metrics.filter(|metric| metric.prominence <= Prominence::Summary)
    };
    let titles = shown().map(|metric| metric.title);
    let mut table = Table::new(["class"].into_iter().chain(titles).chain(["slices"]), 1);
    for (name, scores) in &figures.per_class {
        let values = shown().map(|metric| show((metric.value)(scores)));
        let support = scores.support.to_string();
        table.row(
            [name.to_string()]
                .into_iter()
                .chain(values)
                .chain([support]),
        );
    }
    let mut average = |name: &str, mean: fn(&ClassMetric) -> Option<Metric>| {
        let value = |metric: &ClassMetric| figures.scores.get(&mean(metric)?);
        let values = shown().map(|metric| value(metric).map_or(String::new(), show));
        let count = figures.count.to_string();
        table.row([name.to_owned()].into_iter().chain(values).chain([count]));
    };
    average("macro average", |metric| Some(metric.macro_mean));
    average("weighted average", |metric| metric.weighted_mean);
    table
}

/// Three decimals; a dash for what is undefined.
fn show(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}
