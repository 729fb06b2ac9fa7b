//! `report.html`: one page for a person, with everything in it.

use std::collections::BTreeMap;

use hilum_core::{AuditSummary, ClassName, Split};
use hilum_metrics::{ClassScores, Evaluation, EvaluationReport, History, Interval};
use minijinja::{Environment, value::Serde};
use serde::Serialize;

use crate::audit_box::Audit;
use crate::caption::{caption, slice_count};
use crate::mistakes::Mistakes;
use crate::{EvaluationPlots, Prediction, training_curves};

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
    headline: [Headline; 3],
    interval_note: Option<String>,
    /// How many slices stand in a number without copies, and how many were left out for it.
    clean_count: Option<usize>,
    left_out: Option<String>,
    scores: Vec<ScoreRow>,
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

/// A score in large letters.
#[derive(Serialize)]
struct Headline {
    name: &'static str,
    value: String,
    interval: Option<String>,
}

fn headline(evaluation: &Evaluation) -> [Headline; 3] {
    let short = |value: f64| format!("{value:.3}");
    let tile = |name, value: Option<f64>, interval: &Option<Interval>| Headline {
        name,
        value: value.map_or_else(|| "–".to_owned(), short),
        interval: interval.map(|interval| {
            format!(
                "{} to {} ({:.0}%)",
                short(interval.low),
                short(interval.high),
                interval.level * 100.0
            )
        }),
    };
    let intervals = &evaluation.intervals;
    [
        tile("Accuracy", evaluation.accuracy, &intervals.accuracy),
        tile("Macro-F1", evaluation.macro_f1, &intervals.macro_f1),
        tile(
            "Macro AUROC",
            evaluation.macro_auroc,
            &intervals.macro_auroc,
        ),
    ]
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
    name: &'static str,
    meaning: &'static str,
    as_is: String,
    clean: Option<String>,
}

fn scores(as_is: &Evaluation, clean: Option<&Evaluation>) -> Vec<ScoreRow> {
    type Score = (&'static str, &'static str, fn(&Evaluation) -> Option<f64>);
    const SCORES: [Score; 12] = [
        ("accuracy", "called right", |of| of.accuracy),
        ("balanced accuracy", "mean recall of the classes", |of| {
            of.balanced_accuracy
        }),
        ("macro-F1", "mean F1 of the classes", |of| of.macro_f1),
        ("weighted F1", "mean F1 by support", |of| of.weighted_f1),
        (
            "macro AUROC",
            "ranks a slice of the class above another; 0.5 is guessing",
            |of| of.macro_auroc,
        ),
        (
            "macro average precision",
            "area under precision and recall",
            |of| of.macro_average_precision,
        ),
        (
            "Cohen's kappa",
            "agreement beyond chance; 0 is chance",
            |of| of.cohen_kappa,
        ),
        ("Matthews correlation", "0 is chance", |of| {
            of.matthews_correlation
        }),
        ("log-loss", "nats; 0 is best", |of| of.log_loss),
        (
            "Brier score",
            "squared distance to the truth; 0 is best",
            |of| of.brier_score,
        ),
        ("log-cosh", "distance to one-hot truth; 0 is best", |of| {
            of.log_cosh
        }),
        (
            "ECE",
            "gap between confidence and accuracy; 0 is best",
            |of| of.ece,
        ),
    ];
    let row = |(name, meaning, score): &Score| ScoreRow {
        name,
        meaning,
        as_is: number(score(as_is)),
        clean: clean.map(|clean| number(score(clean))),
    };
    SCORES.iter().map(row).collect()
}

/// A row of the table of classes, formatted.
#[derive(Serialize)]
struct ClassRow {
    name: String,
    precision: String,
    recall: String,
    f1: String,
    support: String,
    auroc: String,
    average_precision: String,
}

fn class_rows(evaluation: &Evaluation) -> Vec<ClassRow> {
    let row = |(name, scores): (&ClassName, &ClassScores)| ClassRow {
        name: name.to_string(),
        precision: number(scores.precision),
        recall: number(scores.recall),
        f1: number(scores.f1),
        support: scores.support.to_string(),
        auroc: number(scores.auroc),
        average_precision: number(scores.average_precision),
    };
    evaluation.per_class.iter().map(row).collect()
}

fn average_rows(evaluation: &Evaluation) -> [ClassRow; 2] {
    let support = evaluation.count.to_string();
    [
        ClassRow {
            name: "macro".to_owned(),
            precision: number(evaluation.macro_precision),
            recall: number(evaluation.macro_recall),
            f1: number(evaluation.macro_f1),
            support: support.clone(),
            auroc: number(evaluation.macro_auroc),
            average_precision: number(evaluation.macro_average_precision),
        },
        ClassRow {
            name: "weighted".to_owned(),
            precision: number(evaluation.weighted_precision),
            recall: number(evaluation.weighted_recall),
            f1: number(evaluation.weighted_f1),
            support,
            auroc: String::new(),
            average_precision: String::new(),
        },
    ]
}
