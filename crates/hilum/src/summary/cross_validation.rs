//! A cross-validation for a person at a terminal.

use hilum_experiment::out_of_fold_caption;
use hilum_metrics::{
    CrossValidationReport, Evaluation, Headline, HeadlineSpread, Interval, Spread,
};

use super::Table;
use crate::screen::DISCLAIMER;

/// A row per fold, mean and spread, the pooled figures with intervals, a row per class, and what
/// is known of the data.
pub(crate) fn cross_validation(report: &CrossValidationReport) -> String {
    let mut parts = vec![
        out_of_fold_caption(report),
        fold_table(report).to_string(),
        "sd over folds is no standard error: folds share most of what they are trained on"
            .to_owned(),
        pooled_table(report).to_string(),
        class_table(&report.out_of_fold).to_string(),
    ];
    parts.push(format!("{}; {DISCLAIMER}", report.audit));
    parts.join("\n\n")
}

/// `accuracy 0.912, macro-F1 0.900, AUROC 0.980, log-loss 0.312`
pub(crate) fn headline(scores: &Headline) -> String {
    format!(
        "accuracy {}, macro-F1 {}, AUROC {}, log-loss {}",
        show(scores.accuracy),
        show(scores.macro_f1),
        show(scores.macro_auroc),
        show(scores.log_loss)
    )
}

fn fold_table(report: &CrossValidationReport) -> Table {
    let header = [
        "repeat", "fold", "slices", "accuracy", "macro-F1", "AUROC", "log-loss",
    ];
    let mut table = Table::new(header, 2);
    for fold in &report.per_fold {
        let scores = &fold.scores;
        table.row([
            fold.repeat.to_string(),
            fold.fold.to_string(),
            fold.count.to_string(),
            show(scores.accuracy),
            show(scores.macro_f1),
            show(scores.macro_auroc),
            show(scores.log_loss),
        ]);
    }
    table.row(spread_row("folds", &report.over_folds));
    if report.repeat_count > 1 {
        table.row(spread_row("repeats", &report.over_repeats));
    }
    table
}

fn spread_row(of: &str, spread: &HeadlineSpread) -> [String; 7] {
    [
        "mean ± sd".to_owned(),
        of.to_owned(),
        String::new(),
        show_spread(&spread.accuracy),
        show_spread(&spread.macro_f1),
        show_spread(&spread.macro_auroc),
        show_spread(&spread.log_loss),
    ]
}

fn pooled_table(report: &CrossValidationReport) -> Table {
    let drawn = if report.grouping == "none" {
        "95%, slices drawn"
    } else {
        "95%, groups drawn"
    };
    let mut table = Table::new(["all folds together", "", drawn], 1);
    let all = &report.out_of_fold;
    let rows = [
        ("accuracy", all.accuracy, all.intervals.accuracy),
        ("balanced accuracy", all.balanced_accuracy, None),
        ("macro-F1", all.macro_f1, all.intervals.macro_f1),
        ("macro AUROC", all.macro_auroc, all.intervals.macro_auroc),
        ("log-loss", all.log_loss, None),
        ("calibration error", all.ece, None),
    ];
    for (name, value, interval) in rows {
        table.row([name.to_owned(), show(value), range(interval)]);
    }
    table
}

fn class_table(figures: &Evaluation) -> Table {
    let mut table = Table::new(["class", "precision", "recall", "F1", "AUROC", "slices"], 1);
    for (name, scores) in &figures.per_class {
        table.row([
            name.to_string(),
            show(scores.precision),
            show(scores.recall),
            show(scores.f1),
            show(scores.auroc),
            scores.support.to_string(),
        ]);
    }
    table
}

fn range(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |interval| {
        format!("{:.3} to {:.3}", interval.low, interval.high)
    })
}

fn show_spread(spread: &Spread) -> String {
    match spread.standard_deviation {
        Some(deviation) => format!("{} ± {deviation:.3}", show(spread.mean)),
        None => show(spread.mean),
    }
}

/// Three decimals; a dash for what is undefined.
fn show(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}
