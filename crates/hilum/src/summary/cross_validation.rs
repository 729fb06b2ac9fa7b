//! A cross-validation for a person at a terminal.

use hilum_core::Grouping;
use hilum_experiment::out_of_fold_caption;
use hilum_metrics::{
    CalibratedFolds, CrossValidationReport, Headline, HeadlineSpread, Leak, METRICS, Metric,
    Prominence,
};

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
    parts.extend(report.leak.as_ref().map(leakage));
    parts.extend(report.calibrated.as_ref().map(calibrated));
    parts.push(format!(
        "{}\n{DISCLAIMER}",
        stamp(&report.audit, stdout_width())
    ));
    parts.join("\n\n")
}

/// What calibration would make of the predictions, and the sets that go with it.
fn calibrated(folds: &CalibratedFolds) -> String {
    let CalibratedFolds {
        evaluation,
        conformal,
        selective,
    } = folds;
    let at_90 = selective.accuracy_at.get("0.9").copied().flatten();
    format!(
        "calibrated, each fold by the others: expected calibration error {} (before {}), log-loss {}, \
         accuracy {};\nsets that are to hold the truth in {} hold it in {}, {} classes in the mean; \
         accuracy on the surest 90% {}",
        show(evaluation.scores.ece),
        show(evaluation.ece_before),
        show(evaluation.scores.log_loss),
        show(evaluation.scores.accuracy),
        conformal.asked,
        show(conformal.coverage),
        show(conformal.mean_size),
        show(at_90)
    )
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

/// Figure by figure, then the accuracy in a sentence.
fn leakage(leak: &Leak) -> String {
    let (by_slice, by_group) = (&leak.by_slice.scores, &leak.by_group.scores);
    let has_copies = leak.by_slice.count != leak.by_slice_on_same.count;
    let mut header = vec!["leakage", "split by slice"];
    if has_copies {
        header.push("same slices");
    }
    header.extend(["by group", "difference"]);
    let mut table = Table::new(header, 1);
    for metric in Headline::METRICS {
        let of = |scores: &Headline| scores.get(metric).flatten();
        let signed = |value: f64| format!("{value:+.3}");
        let mut row = vec![metric.title.to_owned(), show(of(by_slice))];
        if has_copies {
            row.push(show(of(&leak.by_slice_on_same.scores)));
        }
        let difference = of(&leak.difference).map_or("-".to_owned(), signed);
        row.extend([show(of(by_group)), difference]);
        table.row(row);
    }
    let mut counts = vec!["predictions".to_owned(), leak.by_slice.count.to_string()];
    if has_copies {
        counts.push(leak.by_slice_on_same.count.to_string());
    }
    counts.extend([leak.by_group.count.to_string(), String::new()]);
    table.row(counts);
    format!(
        "{table}\nsplit by slice this would have said {}; it is {} (accuracy)",
        show(by_slice.accuracy),
        show(by_group.accuracy)
    )
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
