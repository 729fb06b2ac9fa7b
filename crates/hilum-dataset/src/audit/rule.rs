//! The rules and their pages.

use std::fmt::Write as _;

use hilum_core::{Severity, closest};
use thiserror::Error;

use super::evidence::Evidence;
use super::finding::Finding;
use super::rules;

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
    pub(super) check: fn(&Evidence<'_>) -> Vec<Finding>,
}

/// All rules, errors first, in the order in which they are shown.
pub static RULES: [Rule; 21] = [
    rules::unreadable_file::RULE,
    rules::class_missing_in_split::RULE,
    rules::label_conflict::RULE,
    rules::duplicate_across_splits::RULE,
    rules::group_in_two_splits::RULE,
    rules::property_predicts_class::RULE,
    rules::near_duplicate_across_splits::RULE,
    rules::duplicate_in_split::RULE,
    rules::near_duplicate::RULE,
    rules::split_drift::RULE,
    rules::class_imbalance::RULE,
    rules::color_marks::RULE,
    rules::extension_mismatch::RULE,
    rules::odd_size::RULE,
    rules::constant_image::RULE,
    rules::not_ct::RULE,
    rules::localizer::RULE,
    rules::missing_rescale::RULE,
    rules::mixed_series::RULE,
    rules::burned_in_annotation::RULE,
    rules::identity_present::RULE,
];

/// A name that is no rule's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` is no audit rule\nhint: {hint}")]
pub struct UnknownRule {
    /// What was given.
    pub name: String,
    /// The nearest name, or all of them.
    pub hint: String,
}

impl Rule {
    /// The rule called `name`.
    ///
    /// # Errors
    /// [`UnknownRule`], with the nearest name.
    pub fn named(name: &str) -> Result<&'static Self, UnknownRule> {
        if let Some(rule) = RULES.iter().find(|rule| rule.name == name) {
            return Ok(rule);
        }
        let names = RULES.each_ref().map(|rule| rule.name);
        let all = || format!("the rules are {}", names.join(", "));
        Err(UnknownRule {
            name: name.to_owned(),
            hint: closest(name, names).map_or_else(all, |near| format!("did you mean `{near}`?")),
        })
    }

    /// Its page under its name, as `hilum audit --explain` prints it.
    pub fn explain(&self) -> String {
        let severity = match self.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        format!("## {}\n\n{severity}. {}\n", self.name, self.page.trim())
    }
}

/// The page of every rule: the content of `docs/audit-rules.md`.
pub fn all_pages() -> String {
    let mut text = "# Audit rules\n\n\
        `hilum audit DATA` looks for these; `hilum audit --explain RULE` prints one page. An error \
        stops `train` and `evaluate` unless it is mended or allowed by `--allow RULE`; a warning \
        is told and travels with every number. This page is generated from the rules' own text.\n"
        .to_owned();
    for rule in &RULES {
        let _ = write!(text, "\n{}", rule.explain());
    }
    text
}
