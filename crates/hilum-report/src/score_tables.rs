//! The tables of the page: a row a metric, and a row a class.

use hilum_metrics::{
    CLASS_METRICS, ClassMetric, CleanPart, Direction, Evaluation, EvaluationReport, METRICS,
    Metric, Prominence,
};
use serde::Serialize;

use crate::caption::slice_count;

/// A value a metric and set of slices, the clean ones first.
#[derive(Serialize)]
pub(crate) struct ScoreTable {
    /// What the slices of each column are.
    columns: Vec<String>,
    rows: Vec<ScoreRow>,
}

#[derive(Serialize)]
struct ScoreRow {
    name: String,
    meaning: String,
    figures: Vec<String>,
}

impl ScoreTable {
    pub(crate) fn new(report: &EvaluationReport) -> Self {
        let as_is = &report.as_is;
        let all = format!("all ({})", as_is.count);
        let (columns, evaluations) = match report.clean_part() {
            CleanPart::All(figures) => (vec!["value".to_owned()], vec![figures]),
            CleanPart::Part(clean) => {
                let clean_title = format!("clean ({})", clean.count);
                (vec![clean_title, all], vec![clean, as_is])
            }
            CleanPart::Nothing => (vec![all], vec![as_is]),
        };
        let metrics = METRICS.iter();
        Self {
            columns,
            rows: metrics
                .filter(|metric| metric.prominence <= Prominence::Report)
                .map(|metric| ScoreRow::new(metric, &evaluations))
                .collect(),
        }
    }
}

impl ScoreRow {
    fn new(metric: &Metric, evaluations: &[&Evaluation]) -> Self {
        let scores = evaluations.iter();
        let scores: Vec<Option<f64>> = scores
            .map(|evaluation| evaluation.scores.get(metric).flatten())
            .collect();
        let mut meaning = vec![metric.says.to_owned()];
        if metric.direction == Direction::LowerIsBetter {
            meaning.push(format!("{} is best", metric.best()));
        }
        if scores.contains(&None) {
            meaning.push(format!("undefined {}", metric.undefined));
        }
        Self {
            name: metric.label(),
            meaning: meaning.join("; "),
            figures: scores.into_iter().map(number).collect(),
        }
    }
}

/// Four decimals, as scikit-learn's users compare them; a dash for what is undefined.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}

/// A row a class, and the means below.
#[derive(Serialize)]
pub(crate) struct ClassTable {
    /// Which slices it is of.
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<ClassRow>,
    means: [ClassRow; 2],
}

#[derive(Serialize)]
struct ClassRow {
    name: String,
    figures: Vec<String>,
    support: String,
}

impl ClassTable {
    /// Of the clean slices, then of all; one table if they are the same.
    pub(crate) fn each(report: &EvaluationReport) -> Vec<Self> {
        let as_is = &report.as_is;
        let all = format!("All {}", slice_count(as_is.count));
        match report.clean_part() {
            CleanPart::All(figures) => vec![Self::new(String::new(), figures)],
            CleanPart::Part(clean) => {
                let title = format!("Clean: {}", slice_count(clean.count));
                vec![Self::new(title, clean), Self::new(all, as_is)]
            }
            CleanPart::Nothing => vec![Self::new(all, as_is)],
        }
    }

    fn new(title: String, evaluation: &Evaluation) -> Self {
        let classes = evaluation.per_class.iter();
        let row = |name: &str, mean: fn(&ClassMetric) -> Option<Metric>| {
            let value = |metric: &ClassMetric| evaluation.scores.get(&mean(metric)?);
            ClassRow::new(name.to_owned(), evaluation.count.to_string(), value)
        };
        Self {
            title,
            columns: CLASS_METRICS.iter().map(|metric| metric.title).collect(),
            rows: classes
                .map(|(name, scores)| {
                    let value = |metric: &ClassMetric| Some((metric.value)(scores));
                    ClassRow::new(name.to_string(), scores.support.to_string(), value)
                })
                .collect(),
            means: [
                row("macro", |metric| Some(metric.macro_mean)),
                row("weighted", |metric| metric.weighted_mean),
            ],
        }
    }
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
            figures: values
                .map(|value| value.map_or_else(String::new, number))
                .collect(),
            support,
        }
    }
}
