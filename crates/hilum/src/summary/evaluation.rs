//! An evaluation for a person at a terminal.

use hilum_experiment::Division;
use hilum_metrics::{ClassMetric, Evaluation, EvaluationReport, METRICS, Metric, Prominence};

use super::answers::answers;
use super::by_group::by_group;
use super::figures::{per_class, range, show, shown_of_class};
use super::stress::stress;
use super::{Table, stamp};
use crate::screen::{DISCLAIMER, stdout_width};

/// Headline figures with intervals, on all slices and on the clean part; a row per class; what
/// is known of the data.
pub(crate) fn evaluation(report: &EvaluationReport) -> String {
    let own = Division::OfTheData.to_string();
    let division = report.details.get("division").filter(|said| **said != own);
    let division = division.map_or(String::new(), |division| format!("{division}\n"));
    let groups = report.by_group.as_ref().map(by_group);
    let groups = groups.map_or(String::new(), |groups| format!("{groups}\n\n"));
    let changes = report.stress.as_ref().map(stress);
    let changes = changes.map_or(String::new(), |changes| format!("\n{changes}\n"));
    format!(
        "{division}{}\n\n{}\n95%: {}\n\n{groups}{}\n{}{changes}\n{}\n{DISCLAIMER}",
        slices(report),
        score_table(report),
        report.drawn,
        class_table(report.clean.as_ref().unwrap_or(&report.as_is)),
        answers(report),
        stamp(&report.audit, stdout_width())
    )
}

/// How many slices there are, and how many of them are clean.
fn slices(report: &EvaluationReport) -> String {
    let EvaluationReport {
        split,
        as_is,
        clean,
        ..
    } = report;
    let mut lines = format!("{} slices of `{split}`", as_is.count);
    if let Some(clean) = clean.as_ref().filter(|_| report.unclean_count() > 0) {
        lines.push_str(", of which ");
        lines.push_str(&clean.count.to_string());
        lines.push_str(" are clean: no copies of other splits' images, no repeats, nothing that the model knew");
    }
    if let Some(leaked) = report.leaked.as_ref().filter(|leaked| leaked.count > 0) {
        let known = [leaked.count, leaked.of].map(|count| count.to_string());
        lines.push_str("\nthe model knew ");
        lines.push_str(&known.join(" of "));
        lines.push_str(" from its training");
    }
    if clean.is_none() {
        lines.push_str("\nno clean figure: nothing is left that the model could be judged by");
    }
    lines
}

fn score_table(report: &EvaluationReport) -> Table {
    let clean = report.clean.as_ref().filter(|_| report.unclean_count() > 0);
    let header = match clean {
        Some(_) => vec!["", "clean", "95%", "all", "95%"],
        None => vec!["", "all", "95%"],
    };
    let mut table = Table::new(header, 1);
    let metrics = METRICS.iter();
    for metric in metrics.filter(|metric| metric.prominence <= Prominence::Summary) {
        let of = |evaluation: &Evaluation| {
            let score = evaluation.scores.get(metric).flatten();
            [
                show(score),
                range(evaluation.intervals.get(metric).flatten()),
            ]
        };
        let cells = [metric.label()].into_iter();
        let cells = cells.chain(clean.map(of).into_iter().flatten());
        table.row(cells.chain(of(&report.as_is)));
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
