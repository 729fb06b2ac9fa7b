//! An audit as text that a person reads in a minute.

use std::fmt::Write as _;

use hilum_core::Severity;

use crate::audit::finding::Finding;
use crate::audit::result::{Audit, IgnoredFile};
use crate::audit::rules::{RULES, Rule};

/// How many ignored files are named.
const IGNORED_COUNT: usize = 5;
/// How many examples of a rule's findings are shown.
const EXAMPLE_COUNT: usize = 3;

impl Audit {
    /// The splits, then what was mended and ignored, then the findings: errors first, each rule with its
    /// count, three examples and what to do.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_splits(&mut text);
        for line in &self.mended {
            let _ = writeln!(text, "mended: {line}");
        }
        self.write_ignored(&mut text);
        for rule in RULES {
            self.write_rule(&mut text, rule);
        }
        self.write_verdict(&mut text);
        text
    }

    fn write_splits(&self, text: &mut String) {
        for (split, summary) in &self.splits {
            let classes: Vec<String> = summary
                .classes
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            let _ = writeln!(
                text,
                "{split:<5}  {} files, {} distinct: {}",
                summary.files,
                summary.distinct,
                classes.join(", ")
            );
        }
    }

    fn write_ignored(&self, text: &mut String) {
        for IgnoredFile { path, reason } in self.ignored.iter().take(IGNORED_COUNT) {
            let _ = writeln!(text, "ignored: {path} ({reason})");
        }
        let more = self.ignored.len().saturating_sub(IGNORED_COUNT);
        if more > 0 {
            let _ = writeln!(text, "ignored: and {more} more");
        }
    }

    fn write_rule(&self, text: &mut String, rule: &Rule) {
        let findings: Vec<&Finding> = self.of_rule(rule).collect();
        if findings.is_empty() {
            return;
        }
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let count = findings.len();
        let _ = writeln!(
            text,
            "\n{severity}: {} ({count}): {}",
            rule.name, rule.finds
        );
        for finding in findings.iter().take(EXAMPLE_COUNT) {
            let _ = writeln!(text, "  - {}", finding.message);
        }
        if count > EXAMPLE_COUNT {
            let _ = writeln!(text, "  - and {} more", count - EXAMPLE_COUNT);
        }
        let _ = writeln!(text, "  to do: {}", rule.advice);
    }

    fn write_verdict(&self, text: &mut String) {
        let count = |severity| {
            let findings = self.findings.iter();
            findings
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let _ = match (errors, warnings) {
            (0, 0) => writeln!(text, "\nnothing found"),
            (0, _) => writeln!(text, "\nno errors, {}", counted(warnings, "warning")),
            _ => writeln!(
                text,
                "\n{}, {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            ),
        };
    }
}

fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}
