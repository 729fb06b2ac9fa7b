//! What an audit found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hilum_core::{AuditSummary, FindingCount, GroupId, Split};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::alike::{AlikePair, inferred_groups};
use super::evidence::Evidence;
use super::facts::{FileFacts, PixelDigest};
use super::finding::Finding;
use super::mend::mends;
use super::rules::{RULES, Rule};
use crate::{Dataset, Ignored};

/// How many files a split has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SplitSummary {
    /// All of them, readable or not.
    pub files: usize,
    /// Distinct pictures among them.
    pub distinct: usize,
    /// Files of each class, by name.
    pub classes: BTreeMap<String, usize>,
}

/// A file or folder that is no sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredFile {
    /// Where it is.
    pub path: String,
    /// Why it is no sample.
    pub reason: String,
}

impl IgnoredFile {
    fn new(ignored: &Ignored) -> Self {
        Self {
            path: ignored.path.display().to_string(),
            reason: ignored.reason.to_string(),
        }
    }
}

/// What was found in a dataset.
///
/// Serialised, it is `{"splits": {...}, "findings": [...], "mended": [...], "ignored": [...]}`: what
/// `hilum audit --format json` prints and `audit.json` holds.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// What each split holds.
    pub splits: BTreeMap<Split, SplitSummary>,
    /// By rule, errors first.
    pub findings: Vec<Finding>,
    /// What was put right before, one line each.
    pub mended: Vec<String>,
    /// What was found beside the images and is none, with the reason.
    pub ignored: Vec<IgnoredFile>,
    #[serde(skip)]
    pub(super) facts: Vec<FileFacts>,
    #[serde(skip)]
    pub(super) pairs: Vec<AlikePair>,
}

impl Audit {
    /// Applies all rules.
    pub(super) fn from_facts(
        dataset: &Dataset,
        facts: Vec<FileFacts>,
        pairs: Vec<AlikePair>,
    ) -> Self {
        let evidence = Evidence::new(dataset, &facts, &pairs);
        let by_rule: Vec<Vec<Finding>> = RULES
            .par_iter()
            .map(|rule| {
                let mut findings = (rule.check)(&evidence);
                for finding in &mut findings {
                    rule.name.clone_into(&mut finding.rule);
                    finding.severity = rule.severity;
                }
                findings
            })
            .collect();
        Self {
            splits: dataset
                .splits()
                .into_iter()
                .map(|split| (split, summarise(dataset, &facts, split)))
                .collect(),
            findings: by_rule.into_iter().flatten().collect(),
            mended: Vec::new(),
            ignored: dataset.ignored.iter().map(IgnoredFile::new).collect(),
            facts,
            pairs,
        }
    }

    /// The findings of one rule.
    pub fn of_rule(&self, rule: &Rule) -> impl Iterator<Item = &Finding> {
        let name = rule.name;
        self.findings
            .iter()
            .filter(move |finding| finding.rule == name)
    }

    /// The facts of each file, in the order of [`Dataset::samples`].
    pub fn facts(&self) -> &[FileFacts] {
        &self.facts
    }

    /// The pairs of different pictures that are one, or neighbours in one scan.
    pub fn pairs(&self) -> &[AlikePair] {
        &self.pairs
    }

    /// The audit of `divided`, which has the same files as `dataset`, the data of this audit, in
    /// other splits. No file is looked at again.
    ///
    /// # Panics
    /// If a file is in one of the two alone.
    #[must_use]
    pub fn of_same_files(&self, dataset: &Dataset, divided: &Dataset) -> Self {
        let paths = dataset.samples.iter().map(|sample| &sample.path);
        let facts: BTreeMap<_, _> = paths.zip(&self.facts).collect();
        let samples = divided.samples.iter();
        let facts = samples.map(|sample| facts[&sample.path].clone()).collect();
        Self {
            mended: self.mended.clone(),
            ..Self::from_facts(divided, facts, self.pairs.clone())
        }
    }

    /// The command that writes the data down without what can be put right, if there is any.
    pub(super) fn mending_command(&self, root: &Path) -> Option<String> {
        let mendable = |finding: &Finding| mends(&finding.rule);
        self.findings.iter().any(mendable).then(|| {
            let root = root.display().to_string();
            let is_plain = |c: char| c.is_alphanumeric() || "._/-".contains(c);
            let root = if root.chars().all(is_plain) {
                root
            } else {
                format!("'{}'", root.replace('\'', r"'\''"))
            };
            format!("hilum audit {root} --fix --out manifest.csv")
        })
    }

    /// What travels with every number that is computed on this data.
    pub fn summary(&self) -> AuditSummary {
        let counts = RULES.iter().map(|rule| FindingCount {
            rule: rule.name.to_owned(),
            severity: rule.severity,
            count: self.of_rule(rule).count(),
        });
        AuditSummary::Audited {
            findings: counts.filter(|one| one.count > 0).collect(),
            mended: self.mended.clone(),
        }
    }

    /// For each sample its group, or, where none is known, one that is inferred from how alike
    /// slices are: `inferred-0001`, ...
    ///
    /// A guess for data that names no patient. It keeps what is visibly one scan together when
    /// the data is divided ([`Dataset::with_groups`]), and cannot see that two unlike slices
    /// are of one person.
    ///
    /// # Panics
    /// If this is not the audit of `dataset`.
    pub fn similarity_groups(&self, dataset: &Dataset) -> Vec<Option<GroupId>> {
        assert_eq!(
            dataset.samples.len(),
            self.facts.len(),
            "the audit of this dataset"
        );
        inferred_groups(dataset, &self.facts, &self.pairs)
    }
}

fn summarise(dataset: &Dataset, facts: &[FileFacts], split: Split) -> SplitSummary {
    let counts = dataset.class_counts(split);
    let pictures: BTreeSet<PixelDigest> = dataset
        .of(split)
        .filter_map(|(index, _)| Some(facts[index].slice()?.digest))
        .collect();
    SplitSummary {
        files: counts.iter().sum(),
        distinct: pictures.len(),
        classes: dataset
            .classes
            .names()
            .iter()
            .zip(counts)
            .map(|(name, count)| (name.to_string(), count))
            .collect(),
    }
}
