//! `report.html`: one page for a person, with everything in it.

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, Split};
use hilum_metrics::{
    CLASS_METRICS, ClassMetric, Direction, Evaluation, EvaluationReport, History, Interval,
    METRICS, Metric, Prominence,
};
use minijinja::{Environment, value::Serde};
use serde::Serialize;

use crate::audit_box::Audit;
use crate::caption::{capitalised, caption, slice_count};
use crate::mistakes::Mistakes;
use crate::plots::EvaluationPlots;
use crate::predictions::Prediction;
use crate::training_curves::training_curves;

/// The page as HTML: headline scores with intervals, what the audit said, scores of every
/// class, plots, the surest mistakes, the curves of training if `history` is given, and how
/// the numbers came about. Nothing is fetched when it is opened.
///
/// `predictions` are those that `report.as_is` was computed from.
///
/// # Panics
/// If `predictions` belong to other classes than the report.
pub fn html_report(
    report: &EvaluationReport,
    predictions: &[Prediction],
    plots: &EvaluationPlots,
    history: Option<&History>,
) -> String {
    let mut environment = Environment::new();
    // The name ends in `.html`, so everything is escaped that isn't marked as safe.
    environment
        .add_template("report.html", include_str!("report.html"))
        .expect("the template is part of the program");
    let template = environment
        .get_template("report.html")
        .expect("was just added");
    let page = Page::new(report, predictions, plots, history);
    template
        .render(Serde(&page))
        .expect("the template uses what it is given")
}

/// What the template shows, ready formatted.
#[derive(Serialize)]
struct Page<'a> {
    split: Split,
    model: &'a str,
    slices: String,
    audit: Audit,
    headline: Vec<Headline>,
    interval_note: Option<String>,
    /// How many slices stand in a number without copies, and how many were left out for it.
    clean_count: Option<usize>,
    left_out: Option<String>,
    scores: Vec<ScoreRow>,
    class_metrics: Vec<&'static str>,
    class_rows: Vec<ClassRow>,
    average_rows: [ClassRow; 2],
    plots: &'a EvaluationPlots,
    curves: Option<String>,
    mistakes: Mistakes,
    caption: String,
    details: &'a BTreeMap<String, String>,
    version: &'static str,
}

impl<'a> Page<'a> {
    fn new(
        report: &'a EvaluationReport,
        predictions: &[Prediction],
        plots: &'a EvaluationPlots,
        history: Option<&History>,
    ) -> Self {
        let EvaluationReport { as_is, clean, .. } = report;
        let clean = clean.as_ref();
        let draw = |history| training_curves(history, &training_caption(history, &report.audit));
        Self {
            split: report.split,
            model: &report.model,
            slices: slice_count(as_is.count),
            audit: Audit::new(&report.audit),
            headline: headline(as_is),
            interval_note: interval_note(as_is),
            clean_count: clean.map(|clean| clean.count),
            left_out: clean.map(|clean| slice_count(as_is.count.saturating_sub(clean.count))),
            scores: scores(as_is, clean),
            class_metrics: CLASS_METRICS.iter().map(|metric| metric.title).collect(),
            class_rows: class_rows(as_is),
            average_rows: average_rows(as_is),
            plots,
            curves: history.map(draw),
            mistakes: Mistakes::new(&as_is.confusion.classes, predictions),
            caption: caption(report),
            details: &report.details,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn training_caption(history: &History, audit: &AuditSummary) -> String {
    let count = history.rows.len();
    let word = if count == 1 { "epoch" } else { "epochs" };
    format!("{count} {word} of training; validation chose the best; {audit}")
}

/// Four decimals, as scikit-learn's users compare them; a dash for what is undefined.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}

/// The metrics that are at least so prominent, in order.
fn shown(at: Prominence) -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(move |metric| metric.prominence <= at)
}

/// A score in large letters.
#[derive(Serialize)]
struct Headline {
    name: String,
    value: String,
    interval: Option<String>,
}

fn headline(evaluation: &Evaluation) -> Vec<Headline> {
    let short = |value: f64| format!("{value:.3}");
    let range = |interval: Interval| {
        format!(
            "{} to {} ({:.0}%)",
            short(interval.low),
            short(interval.high),
            interval.level * 100.0
        )
    };
    let tile = |metric: &Metric| {
        let value = evaluation.scores.get(metric).flatten();
        let interval = evaluation.intervals.get(metric).flatten();
        Headline {
            name: capitalised(metric.title),
            value: value.map_or_else(|| "–".to_owned(), short),
            interval: interval.map(range),
        }
    };
    shown(Prominence::Headline).map(tile).collect()
}

/// How the intervals came about, and how many resamples had no area.
fn interval_note(evaluation: &Evaluation) -> Option<String> {
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
    Some(format!(
        "Intervals: percentile bootstrap over slices, {} resamples. Slices of one patient are \
         alike; with several slices a patient the true interval is wider.{}",
        accuracy.resample_count,
        left_out.unwrap_or_default()
    ))
}

/// A row of the table of scores.
#[derive(Serialize)]
struct ScoreRow {
    name: String,
    meaning: String,
    as_is: String,
    clean: Option<String>,
}

fn scores(as_is: &Evaluation, clean: Option<&Evaluation>) -> Vec<ScoreRow> {
    let row = |metric: &Metric| {
        let score = |of: &Evaluation| of.scores.get(metric).flatten();
        let mut meaning = vec![metric.says.to_owned()];
        if metric.direction == Direction::LowerIsBetter {
            meaning.push(format!("{} is best", metric.best()));
        }
        if score(as_is).is_none() || clean.is_some_and(|clean| score(clean).is_none()) {
            meaning.push(format!("undefined {}", metric.undefined));
        }
        ScoreRow {
            name: metric.label(),
            meaning: meaning.join("; "),
            as_is: number(score(as_is)),
            clean: clean.map(|clean| number(score(clean))),
        }
    };
    shown(Prominence::Report).map(row).collect()
}

/// A row of the table of classes, formatted.
#[derive(Serialize)]
struct ClassRow {
    name: String,
    values: Vec<String>,
    support: String,
}

impl ClassRow {
    /// `value` may have nothing to say of a metric, which is no undefined value.
    fn new(
        name: String,
        support: String,
        value: impl Fn(&ClassMetric) -> Option<Option<f64>>,
    ) -> Self {
        let values = CLASS_METRICS.iter().map(value);
        Self {
            name,
            values: values
                .map(|value| value.map_or_else(String::new, number))
                .collect(),
            support,
        }
    }
}

fn class_rows(evaluation: &Evaluation) -> Vec<ClassRow> {
    let classes = evaluation.per_class.iter();
    classes
        .map(|(name, scores)| {
            let value = |metric: &ClassMetric| Some((metric.value)(scores));
            ClassRow::new(name.to_string(), scores.support.to_string(), value)
        })
        .collect()
}

fn average_rows(evaluation: &Evaluation) -> [ClassRow; 2] {
    let row = |name: &str, mean: fn(&ClassMetric) -> Option<Metric>| {
        let value = |metric: &ClassMetric| evaluation.scores.get(&mean(metric)?);
        ClassRow::new(name.to_owned(), evaluation.count.to_string(), value)
    };
    [
        row("macro", |metric| Some(metric.macro_mean)),
        row("weighted", |metric| metric.weighted_mean),
    ]
}
