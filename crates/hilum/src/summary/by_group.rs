//! Patients and groups of an evaluation for a person at a terminal.

use hilum_metrics::{ByGroup, GroupedPart, METRICS, Prominence};

use super::Table;
use super::figures::{range, show};

/// What the groups are, and a row a figure.
pub(super) fn by_group(groups: &ByGroup) -> String {
    let of = match groups.of {
        GroupedPart::Clean => "clean",
        GroupedPart::AsIs => "all",
    };
    let of = format!("by {}, {of}", groups.unit.named(1));
    let mut table = Table::new([of.as_str(), "", "95%"], 1);
    let metrics = METRICS.iter();
    for metric in metrics.filter(|metric| metric.prominence <= Prominence::Summary) {
        let value = groups.figures.scores.get(metric).flatten();
        let interval = groups.figures.intervals.get(metric).flatten();
        table.row([metric.label(), show(value), range(interval)]);
    }
    format!("{}\n{table}", groups.says())
}
