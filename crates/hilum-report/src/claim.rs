//! What stands first on the page: what is claimed, of which slices, and whether to believe it.

use hilum_core::{AuditSummary, Severity};
use hilum_metrics::{
    ACCURACY, CleanPart, Drawn, Evaluation, EvaluationReport, Interval, MACRO_F1, METRICS, Metric,
    Prominence,
};
use serde::Serialize;

use crate::caption::{capitalised, slice_count, what_is_left_out};
use crate::figures::{range_with_level, short};

/// What is claimed, in a sentence and in large letters.
#[derive(Serialize)]
pub(crate) struct Claim {
    /// The whole of it, as a paper would say it.
    sentence: String,
    /// Which slices the large numbers are not of.
    left_out: Option<String>,
    /// What is known of what the model knew before.
    knew: Option<String>,
    knew_some: bool,
    tiles: Vec<Tile>,
    /// Whether the audit trusts them; each tile carries it.
    mark: Mark,
    interval_note: Option<String>,
}

/// A score in large letters, and what else is known of it.
#[derive(Serialize)]
struct Tile {
    name: String,
    value: String,
    /// Of which slices it is.
    of: String,
    interval: String,
    /// The same of all slices, where that is another number.
    beside: Option<String>,
}

/// What the audit thinks of a number, as a sign, in words and as the name of a colour.
#[derive(Serialize)]
struct Mark {
    level: &'static str,
    sign: &'static str,
    text: &'static str,
}

impl Claim {
    pub(crate) fn new(report: &EvaluationReport) -> Self {
        let as_is = &report.as_is;
        let (figures, left_out) = match report.clean_part() {
            CleanPart::All(figures) => (Some(figures), None),
            CleanPart::Part(figures) => (Some(figures), Some(left_out(report, figures))),
            CleanPart::Nothing => (None, Some(nothing_clean(report))),
        };
        let headline = METRICS
            .iter()
            .filter(|metric| metric.prominence <= Prominence::Headline);
        let tile = |metric: &Metric| match figures {
            Some(figures) if left_out.is_some() => Tile::of(metric, figures).beside(metric, as_is),
            Some(figures) => Tile::of(metric, figures),
            None => Tile::undefined(metric).beside(metric, as_is),
        };
        Self {
            sentence: sentence(report, figures),
            knew: knew(report),
            knew_some: report.leaked.is_some(),
            tiles: headline.map(tile).collect(),
            left_out,
            mark: Mark::new(report),
            interval_note: figures.and_then(|figures| interval_note(figures, report.drawn)),
        }
    }
}

fn sentence(report: &EvaluationReport, figures: Option<&Evaluation>) -> String {
    let Some(figures) = figures else {
        return format!(
            "Nothing can be claimed of slices that the model has not seen: no slice of the {} \
             split is clean.",
            report.split
        );
    };
    let figure = |metric: &Metric| {
        let interval = figures.intervals.get(metric).flatten();
        let interval = interval.map_or_else(
            || "no interval".to_owned(),
            |Interval {
                 low, high, level, ..
             }| { format!("{:.0}% interval {low:.3} to {high:.3}", level * 100.0) },
        );
        format!(
            "{} ({interval})",
            short(figures.scores.get(metric).flatten())
        )
    };
    format!(
        "Of {} of the {} split, the model gives the right class with an accuracy of {}, and a \
         macro-F1 of {}.",
        clean_count(figures.count),
        report.split,
        figure(&ACCURACY),
        figure(&MACRO_F1),
    )
}

/// `48 clean slices`.
fn clean_count(count: usize) -> String {
    let word = if count == 1 { "slice" } else { "slices" };
    format!("{count} clean {word}")
}

fn left_out(report: &EvaluationReport, figures: &Evaluation) -> String {
    format!(
        "The other {} of {} are {}: the figures with them stand in small letters, and in the tables \
         below.",
        report.as_is.count.saturating_sub(figures.count),
        slice_count(report.as_is.count),
        what_is_left_out(report),
    )
}

fn nothing_clean(report: &EvaluationReport) -> String {
    format!(
        "No slice of {} is clean: there is no clean figure. What stands below says how well the \
         model remembers, not what it makes of slices that it has not seen.",
        report.as_is.count
    )
}

fn knew(report: &EvaluationReport) -> Option<String> {
    match &report.leaked {
        Some(leaked) if leaked.count > 0 => Some(format!(
            "The model knew {} of {} of these slices: it learned from them or was watched on them.",
            leaked.count, leaked.of
        )),
        Some(_) => None,
        None => Some(
            "Nobody can tell which of these slices the model has learned from: its file does not \
             record it."
                .to_owned(),
        ),
    }
}

impl Mark {
    fn new(report: &EvaluationReport) -> Self {
        let worst = match &report.audit {
            AuditSummary::NotAudited => {
                return Self {
                    level: "unknown",
                    sign: "?",
                    text: "data not audited",
                };
            }
            AuditSummary::Audited { findings, .. } => {
                findings.iter().map(|finding| finding.severity).min()
            }
        };
        let known = report
            .leaked
            .as_ref()
            .map_or((0, 0), |known| (known.count, known.of));
        let (level, sign, text) = match (worst, known) {
            (Some(Severity::Error), _) => ("error", "✕", "audit: errors, not to be trusted"),
            (Some(Severity::Warning), _) => ("warning", "!", "audit: warnings, look twice"),
            (None, (0, _)) => ("clean", "✓", "audit: nothing found"),
            (None, (count, of)) if count == of => ("unknown", "?", "the model knew the slices"),
            (None, _) => ("unknown", "?", "the model knew some slices"),
        };
        Self { level, sign, text }
    }
}

impl Tile {
    fn of(metric: &Metric, figures: &Evaluation) -> Self {
        let interval = figures.intervals.get(metric).flatten();
        Self {
            name: capitalised(metric.title),
            value: short(figures.scores.get(metric).flatten()),
            of: format!("of {}", clean_count(figures.count)),
            interval: interval.map_or_else(|| "no interval".to_owned(), range_with_level),
            beside: None,
        }
    }

    fn undefined(metric: &Metric) -> Self {
        Self {
            name: capitalised(metric.title),
            value: short(None),
            of: "no clean slice".to_owned(),
            interval: String::new(),
            beside: None,
        }
    }

    /// With the value of all slices in small letters.
    fn beside(self, metric: &Metric, as_is: &Evaluation) -> Self {
        let value = short(as_is.scores.get(metric).flatten());
        let all = slice_count(as_is.count);
        Self {
            beside: Some(format!("{value} on all {all}")),
            ..self
        }
    }
}

/// How the intervals came about, and how many resamples had no area.
fn interval_note(evaluation: &Evaluation, drawn: Drawn) -> Option<String> {
    let intervals = &evaluation.intervals;
    let accuracy = intervals.accuracy?;
    let left_out = intervals
        .macro_auroc
        .filter(|area| area.undefined_count > 0)
        .map(|area| {
            format!(
                " {} resamples lacked a class and are left out of the AUROC's.",
                area.undefined_count
            )
        });
    let exact = (evaluation.scores.accuracy == Some(1.0)).then_some(
        " No slice is wrong: the interval of accuracy is Clopper and Pearson's, a group for a trial, and \
         other figures have none.",
    );
    Some(format!(
        "Intervals: percentile bootstrap, {} resamples; {drawn}.{}{}",
        accuracy.resample_count,
        left_out.unwrap_or_default(),
        exact.unwrap_or_default()
    ))
}
