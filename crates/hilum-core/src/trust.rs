//! What an audit said of the data, short enough to travel with every number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a finding harms a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A number computed on this data would be wrong.
    Error,
    /// A number computed on this data needs a second look.
    Warning,
}

/// How often a rule found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCount {
    /// The rule, such as `duplicate-across-splits`.
    pub rule: String,
    /// How grave the rule's findings are.
    pub severity: Severity,
    /// How many findings remained.
    pub count: usize,
}

/// What was found in the data behind a number, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum AuditSummary {
    /// Nobody looked.
    #[default]
    NotAudited,
    /// The audit ran.
    Audited {
        /// What remained, worst first; empty if the data is clean.
        findings: Vec<FindingCount>,
        /// What was mended in memory before use, one line each.
        mended: Vec<String>,
    },
}

impl fmt::Display for AuditSummary {
    /// One line for a person: `not audited`, `audit: clean`, or the rules that found something.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAudited => formatter.write_str("data not audited"),
            Self::Audited { findings, .. } if findings.is_empty() => {
                formatter.write_str("data audited: clean")
            }
            Self::Audited { findings, .. } => {
                formatter.write_str("data audited: ")?;
                for (position, finding) in findings.iter().enumerate() {
                    let separator = if position == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{} ({})", finding.rule, finding.count)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_every_rule_that_found_something() {
        let finding = |rule: &str, count| FindingCount {
            rule: rule.to_owned(),
            severity: Severity::Warning,
            count,
        };
        let summary = AuditSummary::Audited {
            findings: vec![finding("near-duplicate", 3), finding("class-imbalance", 1)],
            mended: vec![],
        };
        assert_eq!(
            summary.to_string(),
            "data audited: near-duplicate (3), class-imbalance (1)"
        );
        assert_eq!(AuditSummary::default().to_string(), "data not audited");
    }
}
