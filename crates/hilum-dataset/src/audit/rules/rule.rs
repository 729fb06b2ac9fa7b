//! What a rule is.

use hilum_core::Severity;

use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

/// One way in which data can be wrong.
pub struct Rule {
    /// Its name, read after "allow": `duplicate-across-splits`.
    pub name: &'static str,
    /// What its findings mean for numbers computed on the data.
    pub severity: Severity,
    /// What it finds, in a few words, such as `images that stand in two splits`.
    pub finds: &'static str,
    /// What to do about it, in one line.
    pub advice: &'static str,
    /// Its page in Markdown: what it finds, why it matters, an example, what to do.
    pub page: &'static str,
    pub(in crate::audit) check: fn(&Evidence<'_>) -> Vec<Finding>,
}

impl Rule {
    /// Its page under its name, as `hilum audit --explain` prints it.
    pub fn explain(&self) -> String {
        let severity = match self.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        format!("## {}\n\n{severity}. {}\n", self.name, self.page.trim())
    }
}
