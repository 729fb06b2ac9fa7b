//! A cross-validation for a person at a terminal.

use hilum_core::Grouping;
use hilum_experiment::out_of_fold_caption;
use hilum_metrics::{CrossValidationReport, Headline, HeadlineSpread, METRICS, Metric, Prominence};

use super::figures::{self, per_class, range, show};
use super::{Table, stamp};
use crate::screen::{DISCLAIMER, stdout_width};

/// A row per fold, mean and spread, the pooled figures with intervals, a row per class, and what
/// is known of the data.
pub(crate) fn cross_validation(report: &CrossValidationReport) -> String {
    let mut parts = vec![
        out_of_fold_caption(report),
        fold_table(report).to_string(),
        "sd over folds is no standard error: folds share most of what they are trained on"
            .to_owned(),
        pooled_table(report).to_string(),
        per_class(&report.out_of_fold).to_string(),
    ];
    parts.push(format!(
        "{}\n{DISCLAIMER}",
        stamp(&report.audit, stdout_width())
    ));
    parts.join("\n\n")
}

/// `accuracy 0.912, macro-F1 0.900, macro AUROC 0.980, log-loss 0.312`
pub(crate) fn headline(scores: &Headline) -> String {
    let figure = |(metric, value): (&Metric, _)| format!("{} {}", metric.title, show(value));
    let figures: Vec<String> = scores.iter().map(figure).collect();
    figures.join(", ")
}

fn fold_table(report: &CrossValidationReport) -> Table {
    let titles = Headline::METRICS.iter().map(|metric| metric.title);
    let header = ["repeat", "fold", "slices"].into_iter().chain(titles);
    let mut table = Table::new(header, 2);
    for fold in &report.per_fold {
        let fixed = [
            fold.repeat.to_string(),
            fold.fold.to_string(),
            fold.count.to_string(),
        ];
        let scores = fold.scores.iter().map(|(_, value)| show(value));
        table.row(fixed.into_iter().chain(scores));
    }
    table.row(spread_row("folds", &report.over_folds));
    if report.repeat_count > 1 {
        table.row(spread_row("repeats", &report.over_repeats));
    }
    table
}

fn spread_row(of: &str, spread: &HeadlineSpread) -> impl Iterator<Item = String> {
    let fixed = ["mean ± sd".to_owned(), of.to_owned(), String::new()];
    let spreads = spread.iter().map(|(_, over)| figures::spread(&over));
    fixed.into_iter().chain(spreads)
}

fn pooled_table(report: &CrossValidationReport) -> Table {
    let drawn = if report.grouping == Grouping::None {
        "95%, slices drawn"
    } else {
        "95%, groups drawn"
    };
    let mut table = Table::new(["all folds together", "", drawn], 1);
    let all = &report.out_of_fold;
    let metrics = METRICS.iter();
    for metric in metrics.filter(|metric| metric.prominence <= Prominence::Summary) {
        let value = all.scores.get(metric).flatten();
        let interval = all.intervals.get(metric).flatten();
        table.row([metric.label(), show(value), range(interval)]);
    }
    table
}
