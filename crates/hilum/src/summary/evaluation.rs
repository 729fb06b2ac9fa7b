//! An evaluation for a person at a terminal.

use hilum_metrics::{ClassMetric, Evaluation, EvaluationReport, METRICS, Metric, Prominence};

use super::figures::{per_class, range, show, shown_of_class};
use super::{Table, stamp};
use crate::screen::{DISCLAIMER, stdout_width};

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
        "{slices}\n\n{}\n\n{}\n\n{}\n{DISCLAIMER}",
        score_table(report),
        class_table(&report.as_is),
        stamp(&report.audit, stdout_width())
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

fn class_table(figures: &Evaluation) -> Table {
    let mut table = per_class(figures);
    let mut average = |name: &str, mean: fn(&ClassMetric) -> Option<Metric>| {
        let value = |metric: &ClassMetric| figures.scores.get(&mean(metric)?);
        let values = shown_of_class().map(|metric| value(metric).map_or(String::new(), show));
        let count = figures.count.to_string();
        table.row([name.to_owned()].into_iter().chain(values).chain([count]));
    };
    average("macro average", |metric| Some(metric.macro_mean));
    average("weighted average", |metric| metric.weighted_mean);
    table
}
