//! The rules, one file each with its page and its check, and the one list of them.

mod background_predicts_class;
mod burned_in_annotation;
mod class_imbalance;
mod class_missing_in_split;
mod colour_marks;
mod constant_image;
mod duplicate_across_splits;
mod duplicate_in_split;
mod extension_mismatch;
mod group_in_two_splits;
mod identity_present;
mod label_conflict;
mod localizer;
mod missing_rescale;
mod mixed_depth;
mod mixed_series;
mod near_duplicate;
mod near_duplicate_across_splits;
mod nonconforming_dicom;
mod not_axial_chest;
mod not_ct;
mod odd_name;
mod odd_size;
mod property_predicts_class;
mod rule;
mod split_drift;
mod unreadable_file;
mod unused_bits;
mod wording;

use std::fmt::Write as _;

use hilum_core::closest;
use thiserror::Error;

pub use rule::Rule;

/// All rules, errors first, in the order in which they are shown.
pub static RULES: &[Rule] = &[
    unreadable_file::RULE,
    class_missing_in_split::RULE,
    label_conflict::RULE,
    duplicate_across_splits::RULE,
    group_in_two_splits::RULE,
    property_predicts_class::RULE,
    background_predicts_class::RULE,
    near_duplicate_across_splits::RULE,
    duplicate_in_split::RULE,
    near_duplicate::RULE,
    split_drift::RULE,
    class_imbalance::RULE,
    colour_marks::RULE,
    extension_mismatch::RULE,
    odd_size::RULE,
    odd_name::RULE,
    mixed_depth::RULE,
    unused_bits::RULE,
    constant_image::RULE,
    not_ct::RULE,
    localizer::RULE,
    not_axial_chest::RULE,
    missing_rescale::RULE,
    mixed_series::RULE,
    burned_in_annotation::RULE,
    identity_present::RULE,
    nonconforming_dicom::RULE,
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
        let names = || RULES.iter().map(|rule| rule.name);
        let all = || format!("the rules are {}", names().collect::<Vec<_>>().join(", "));
        Err(UnknownRule {
            name: name.to_owned(),
            hint: closest(name, names()).map_or_else(all, |near| format!("did you mean `{near}`?")),
        })
    }
}

/// The page of every rule: the content of `docs/audit-rules.md`.
pub fn all_pages() -> String {
    let mut text = "# Audit rules\n\n\
        `hilum audit DATA` looks for these; `hilum audit --explain RULE` prints one page. An error \
        stops `train` and `evaluate` unless it is mended or allowed by `--allow RULE`; a warning \
        is told and travels with every number. This page is generated from the rules' own text.\n"
        .to_owned();
    for rule in RULES {
        let _ = write!(text, "\n{}", rule.explain());
    }
    text
}
