//! An evaluation for a person at a terminal.

use hilum_metrics::{Evaluation, EvaluationReport, Interval};

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
    for (name, score, interval) in scores() {
        let of = |evaluation: &Evaluation| [show(score(evaluation)), range(interval(evaluation))];
        let cells = [name.to_owned()].into_iter().chain(of(&report.as_is));
        table.row(cells.chain(clean.map(of).into_iter().flatten()));
    }
    table
}

type Score = fn(&Evaluation) -> Option<f64>;
type ScoreInterval = fn(&Evaluation) -> Option<Interval>;

fn scores() -> [(&'static str, Score, ScoreInterval); 8] {
    [
        ("accuracy", |e| e.accuracy, |e| e.intervals.accuracy),
        ("balanced accuracy", |e| e.balanced_accuracy, |_| None),
        ("macro-F1", |e| e.macro_f1, |e| e.intervals.macro_f1),
        (
            "macro AUROC",
            |e| e.macro_auroc,
            |e| e.intervals.macro_auroc,
        ),
        ("Cohen's kappa", |e| e.cohen_kappa, |_| None),
        ("MCC", |e| e.matthews_correlation, |_| None),
        ("log-loss", |e| e.log_loss, |_| None),
        ("calibration error", |e| e.ece, |_| None),
    ]
}

fn range(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |interval| {
        format!("{:.3} to {:.3}", interval.low, interval.high)
    })
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
    let count = figures.count.to_string();
    table.row([
        "macro average".to_owned(),
        show(figures.macro_precision),
        show(figures.macro_recall),
        show(figures.macro_f1),
        show(figures.macro_auroc),
        count.clone(),
    ]);
    table.row([
        "weighted average".to_owned(),
        show(figures.weighted_precision),
        show(figures.weighted_recall),
        show(figures.weighted_f1),
        String::new(),
        count,
    ]);
    table
}

/// Three decimals; a dash for what is undefined.
fn show(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}
