//! What the page says of how the figures came about.

use hilum_metrics::EvaluationReport;
use serde::Serialize;

use crate::caption::caption;
use crate::provenance::{Fact, Provenance};
use crate::table::{Row, Table};

/// How the figures came about, and the command that makes them again.
#[derive(Serialize)]
pub(crate) struct Origin<'a> {
    tables: Vec<Table>,
    command: Option<&'a str>,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(report: &EvaluationReport, provenance: Option<&'a Provenance>) -> Self {
        let mut decided = vec![
            Fact::new("model", &report.model),
            Fact::new("slices", caption(report)),
        ];
        let details = report.details.iter();
        decided.extend(details.map(|(name, value)| Fact::new(name, value)));
        let mut versions = vec![Fact::new(
            "report by",
            concat!("hilum ", env!("CARGO_PKG_VERSION")),
        )];
        let mut fingerprints = Vec::new();
        if let Some(provenance) = provenance {
            decided.extend(provenance.settings.iter().cloned());
            fingerprints.extend(provenance.fingerprints.iter().cloned());
            versions.extend(provenance.versions.iter().cloned());
        }
        let tables = [
            ("Settings that decided the figures", decided),
            ("Fingerprints", fingerprints),
            ("Versions", versions),
        ];
        let filled = tables.into_iter().filter(|(_, facts)| !facts.is_empty());
        Self {
            tables: filled
                .map(|(caption, facts)| table(caption, facts))
                .collect(),
            command: provenance.and_then(|provenance| provenance.command.as_deref()),
        }
    }
}

fn table(caption: &str, facts: Vec<Fact>) -> Table {
    Table::new(caption, "name")
        .texts(["value"])
        .rows(
            facts
                .into_iter()
                .map(|fact| Row::new(fact.name, [fact.value])),
        )
        .stacked()
}
