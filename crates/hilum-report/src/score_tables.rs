//! The tables of figures: a row a metric, and a row a class.

use hilum_metrics::{
    CLASS_METRICS, ClassMetric, CleanPart, Direction, Evaluation, EvaluationReport, METRICS,
    Metric, Prominence,
};

use crate::caption::slice_count;
use crate::figures::{exact, range, with_intervals};
use crate::table::{Cell, Row, Table};

/// A value a metric and set of slices, the clean ones first, with its interval if it has one.
pub(crate) fn score_table(report: &EvaluationReport) -> Table {
    let as_is = &report.as_is;
    let all = format!("all ({})", as_is.count);
    let (columns, evaluations) = match report.clean_part() {
        CleanPart::All(figures) => (
            vec![format!("clean, all ({})", figures.count)],
            vec![figures],
        ),
        CleanPart::Part(clean) => {
            let clean_title = format!("clean ({})", clean.count);
            (vec![clean_title, all], vec![clean, as_is])
        }
        CleanPart::Nothing => (vec![all], vec![as_is]),
    };
    let shown = METRICS
        .iter()
        .filter(|metric| metric.prominence <= Prominence::Report);
    let intervals = evaluations
        .first()
        .and_then(|first| first.intervals.accuracy);
    let caption = format!("Scores, slice by slice{}", with_intervals(intervals));
    Table::new(caption, "score")
        .numbers(columns)
        .rows(shown.map(|metric| score_row(metric, &evaluations)))
}

fn score_row(metric: &Metric, evaluations: &[&Evaluation]) -> Row {
    let value = |evaluation: &&Evaluation| evaluation.scores.get(metric).flatten();
    let mut meaning = vec![metric.says.to_owned()];
    if metric.direction == Direction::LowerIsBetter {
        meaning.push(format!("{} is best", metric.best()));
    }
    if evaluations.iter().any(|one| value(one).is_none()) {
        meaning.push(format!("undefined {}", metric.undefined));
    }
    let cells = evaluations.iter().map(|evaluation| {
        let interval = evaluation.intervals.get(metric).flatten();
        Cell::noted(exact(value(evaluation)), interval.map(range))
    });
    Row::new(Cell::noted(metric.label(), Some(meaning.join("; "))), cells)
}

/// A row a class and the means below, of the clean slices, then of all; one table if they are the
/// same.
pub(crate) fn class_tables(report: &EvaluationReport) -> Vec<Table> {
    let as_is = &report.as_is;
    let all = format!("Classes, of all {}", slice_count(as_is.count));
    match report.clean_part() {
        CleanPart::All(figures) => {
            let title = format!("Classes, of all {}, all clean", slice_count(figures.count));
            vec![class_table(title, figures)]
        }
        CleanPart::Part(clean) => {
            let title = format!("Classes, of the {} clean slices", clean.count);
            vec![class_table(title, clean), class_table(all, as_is)]
        }
        CleanPart::Nothing => vec![class_table(all, as_is)],
    }
}

fn class_table(title: String, evaluation: &Evaluation) -> Table {
    let mean = |name: &str, mean: fn(&ClassMetric) -> Option<Metric>| {
        let value = |metric: &ClassMetric| evaluation.scores.get(&mean(metric)?);
        class_row(name, &evaluation.count.to_string(), value).mean()
    };
    let classes = evaluation.per_class.iter().map(|(name, scores)| {
        let value = |metric: &ClassMetric| Some((metric.value)(scores));
        class_row(name.as_str(), &scores.support.to_string(), value)
    });
    Table::new(title, "class")
        .numbers(CLASS_METRICS.iter().map(|metric| metric.title))
        .numbers(["slices"])
        .rows(classes)
        .rows([
            mean("macro", |metric| Some(metric.macro_mean)),
            mean("weighted", |metric| metric.weighted_mean),
        ])
        .stacked()
}

/// `value` may have nothing to say of a metric, which is no undefined value.
fn class_row(
    name: &str,
    support: &str,
    value: impl Fn(&ClassMetric) -> Option<Option<f64>>,
) -> Row {
    let figures = CLASS_METRICS.iter().map(value);
    let figures = figures.map(|value| value.map_or_else(String::new, exact));
    Row::new(name, figures.chain([support.to_owned()]))
}
