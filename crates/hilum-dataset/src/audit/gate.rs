//! What must not go on.

use hilum_core::Severity;
use thiserror::Error;

use super::result::Audit;
use super::rules::{RULES, Rule};

/// Errors in the data that were neither mended nor allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the data has {}\nhint: `hilum audit` shows them all; mend them, or go on with {}",
    list(rules),
    allow(rules)
)]
pub struct GateError {
    /// Each rule with its number of findings and its first message.
    pub rules: Vec<(&'static str, usize, String)>,
}

fn list(rules: &[(&'static str, usize, String)]) -> String {
    let lines: Vec<String> = rules
        .iter()
        .map(|(rule, count, first)| format!("{rule} ({count}), such as: {first}"))
        .collect();
    lines.join("\nand ")
}

fn allow(rules: &[(&'static str, usize, String)]) -> String {
    let flags: Vec<String> = rules
        .iter()
        .map(|(rule, _, _)| format!("`--allow {rule}`"))
        .collect();
    flags.join(" ")
}

impl Audit {
    /// Lets training and evaluation pass, or stops them.
    ///
    /// # Errors
    /// [`GateError`] if a rule of severity error found something and is not among `allowed`.
    pub fn gate(&self, allowed: &[&Rule]) -> Result<(), GateError> {
        let is_allowed = |rule: &Rule| allowed.iter().any(|one| one.name == rule.name);
        let rules: Vec<(&'static str, usize, String)> = RULES
            .iter()
            .filter(|rule| rule.severity == Severity::Error && !is_allowed(rule))
            .filter_map(|rule| {
                let first = self.of_rule(rule).next()?;
                // A hint of the finding would be taken for one of this error.
                let message = first.message.lines().next().unwrap_or_default();
                Some((rule.name, self.of_rule(rule).count(), message.to_owned()))
            })
            .collect();
        if rules.is_empty() {
            Ok(())
        } else {
            Err(GateError { rules })
        }
    }
}
