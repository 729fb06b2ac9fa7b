//! What the page says of patients and groups.

use hilum_metrics::{ByGroup, METRICS, Prominence};
use serde::Serialize;

/// Every group judged once, ready formatted.
#[derive(Serialize)]
pub(crate) struct GroupTable {
    /// What the groups are, and by which rule each is judged.
    says: String,
    /// What one of them is called.
    unit: &'static str,
    rows: Vec<GroupRow>,
}

#[derive(Serialize)]
struct GroupRow {
    name: String,
    value: String,
    interval: String,
}

impl GroupTable {
    pub(crate) fn new(groups: &ByGroup) -> Self {
        let figures = &groups.figures;
        let metrics = METRICS.iter();
        let shown = metrics.filter(|metric| metric.prominence <= Prominence::Summary);
        let row = |metric: &hilum_metrics::Metric| {
            let value = figures.scores.get(metric).flatten();
            let interval = figures.intervals.get(metric).flatten();
            GroupRow {
                name: metric.label(),
                value: value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}")),
                interval: interval.map_or_else(String::new, |interval| {
                    format!("{:.4} to {:.4}", interval.low, interval.high)
                }),
            }
        };
        Self {
            says: groups.says(),
            unit: groups.unit.named(1),
            rows: shown.map(row).collect(),
        }
    }
}
