//! What a rule found.

use hilum_core::Severity;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that is wrong with the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule, such as `duplicate-across-splits`.
    pub rule: String,
    /// What it means for numbers computed on this data.
    pub severity: Severity,
    /// The files, by their relative path; empty if the finding concerns the whole.
    pub files: Vec<String>,
    /// One line for a person.
    pub message: String,
    /// What the finding rests on, under names of the rule's own.
    pub evidence: Map<String, Value>,
}

impl Finding {
    /// A finding without evidence; the engine fills in rule and severity.
    pub(super) fn new(message: impl Into<String>, files: Vec<String>) -> Self {
        Self {
            rule: String::new(),
            severity: Severity::Warning,
            files,
            message: message.into(),
            evidence: Map::new(),
        }
    }

    /// Adds evidence.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }
}
