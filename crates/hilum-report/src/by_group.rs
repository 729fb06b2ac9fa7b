//! What the page says of patients and groups.

use hilum_metrics::{ByGroup, METRICS, Prominence};
use serde::Serialize;

use crate::figures::{exact, range, with_intervals};
use crate::table::{Cell, Row, Table};

/// Every group judged once, ready formatted.
#[derive(Serialize)]
pub(crate) struct GroupFigures {
    /// What the groups are, and by which rule each is judged.
    says: String,
    /// What one of them is called.
    unit: &'static str,
    table: Table,
}

impl GroupFigures {
    pub(crate) fn new(groups: &ByGroup) -> Self {
        let figures = &groups.figures;
        let unit = groups.unit.named(1);
        let shown = METRICS
            .iter()
            .filter(|metric| metric.prominence <= Prominence::Summary);
        let row = |metric: &hilum_metrics::Metric| {
            let value = figures.scores.get(metric).flatten();
            let interval = figures.intervals.get(metric).flatten();
            Row::new(
                metric.label(),
                [Cell::noted(exact(value), interval.map(range))],
            )
        };
        let intervals = with_intervals(figures.intervals.accuracy);
        let caption = format!("Scores, {unit} by {unit}{intervals}");
        Self {
            says: groups.says(),
            unit,
            table: Table::new(caption, "score")
                .numbers([format!("{} ({})", groups.unit.named(2), figures.count)])
                .rows(shown.map(row)),
        }
    }
}
