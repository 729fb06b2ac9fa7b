//! Patients that stand in two splits.

use hilum_core::{GroupId, Severity};
use std::collections::BTreeMap;

use super::rule::Rule;
use crate::audit::alike::is_inferred;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "group-in-two-splits",
    severity: Severity::Error,
    finds: "patients that stand in two splits",
    advice: "divide the data by patient: `hilum split`",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds groups, that is patients or scans by the manifest's `group` column or by DICOM Patient ID, whose slices stand in more than one split.

**Why it matters.** Slices of one patient look alike. A network that has seen the patient in training recognises the patient, not the disease, and the score says nothing of the next patient.

**Example.** Patient `A0001` has slices 1 to 40 in `train` and 41 to 64 in `test`.

**What to do.** `hilum split DATA --out manifest.csv` keeps every group on one side.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, sample, slice) in evidence.slices() {
        let patient = || slice.dicom.as_ref()?.patient_id.as_deref();
        let group = sample.group.as_ref().map(|group| group.0.as_str());
        if let Some(group) = group.or_else(patient) {
            groups.entry(group).or_default().push(index);
        }
    }
    groups
        .into_iter()
        .filter(|(_, files)| evidence.splits_of(files).len() > 1)
        .map(|(group, files)| {
            let counts: serde_json::Map<String, serde_json::Value> = evidence
                .splits_of(&files)
                .into_iter()
                .map(|split| {
                    let inside = |index: &&usize| evidence.sample(**index).split == split;
                    (
                        split.to_string(),
                        files.iter().filter(inside).count().into(),
                    )
                })
                .collect();
            let told: Vec<String> = counts
                .iter()
                .map(|(split, count)| format!("{count} slices in `{split}`"))
                .collect();
            let kind = if is_inferred(&GroupId(group.to_owned())) {
                "inferred group"
            } else {
                "group"
            };
            Finding::new(
                format!("{kind} `{group}` has {}", told.join(" and ")),
                evidence.paths(&files),
            )
            .with("group", group)
            .with("splits", counts)
        })
        .collect()
}
