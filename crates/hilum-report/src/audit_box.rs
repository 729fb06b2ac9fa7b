//! What the audit said, at the top of the report.

use hilum_core::{AuditSummary, FindingCount, Severity};
use serde::Serialize;

/// What the audit said, ready to be shown.
#[derive(Serialize)]
pub(crate) struct Audit {
    /// The name of the box's style.
    level: &'static str,
    verdict: &'static str,
    findings: Vec<(String, usize, &'static str)>,
    mended: Vec<String>,
}

impl Audit {
    /// The same beside slices that the model knew: nothing about them is green.
    pub(crate) fn beside_known_slices(mut self) -> Self {
        if self.level == "clean" {
            self.level = "unknown";
            self.verdict = "Of the data itself, the audit found nothing to say.";
        }
        self
    }

    pub(crate) fn new(summary: &AuditSummary) -> Self {
        let (findings, mended) = match summary {
            AuditSummary::NotAudited => {
                return Self {
                    level: "unknown",
                    verdict: "The data was not audited: nobody knows what these numbers rest on.",
                    findings: vec![],
                    mended: vec![],
                };
            }
            AuditSummary::Audited { findings, mended } => (findings, mended),
        };
        let worst = findings.iter().map(|finding| finding.severity).min();
        let (level, verdict) = match worst {
            None => ("clean", "The data was audited and nothing was found."),
            Some(Severity::Error) => (
                "error",
                "The audit found errors in the data: do not trust these numbers.",
            ),
            Some(Severity::Warning) => (
                "warning",
                "The audit has warnings: these numbers need a second look.",
            ),
        };
        let row = |finding: &FindingCount| {
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            (finding.rule.clone(), finding.count, severity)
        };
        Self {
            level,
            verdict,
            findings: findings.iter().map(row).collect(),
            mended: mended.clone(),
        }
    }
}
