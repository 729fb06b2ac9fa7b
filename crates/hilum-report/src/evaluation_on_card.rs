//! What a card says of an evaluation.

use hilum_metrics::{CleanPart, EvaluationReport, METRICS, Prominence};
use serde::Serialize;

use crate::caption::{capitalised, caption};

/// The figures of an evaluation that a card shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvaluationOnCard {
    data: String,
    split: String,
    /// Which slices these figures are of, and what the audit said of them.
    of: String,
    rows: Vec<FigureRow>,
}

/// A figure and its interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FigureRow {
    name: &'static str,
    value: String,
    interval: String,
}

impl EvaluationOnCard {
    /// The clean figures of `report`, which judged `data`; those of all slices if none is clean.
    pub fn new(data: &str, report: &EvaluationReport) -> Self {
        let figures = match report.clean_part() {
            CleanPart::All(figures) | CleanPart::Part(figures) => figures,
            CleanPart::Nothing => &report.as_is,
        };
        let shown = METRICS
            .iter()
            .filter(|metric| metric.prominence <= Prominence::Summary);
        let rows = shown.map(|metric| {
            let value = figures.scores.get(metric).flatten();
            let interval = figures.intervals.get(metric).flatten();
            FigureRow {
                name: metric.title,
                value: value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}")),
                interval: interval.map_or_else(String::new, |interval| {
                    format!("{:.4} to {:.4}", interval.low, interval.high)
                }),
            }
        });
        Self {
            data: cell(data),
            split: report.split.to_string(),
            of: format!(
                "{}. Intervals: {}.",
                capitalised(&caption(report)),
                report.drawn
            ),
            rows: rows.collect(),
        }
    }
}

/// Text in a cell of a table; what would break the table is escaped.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\r', '\n'], " ")
}
