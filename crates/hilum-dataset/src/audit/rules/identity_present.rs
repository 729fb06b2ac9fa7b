//! DICOM files that name a person.

use hilum_core::Severity;
use std::collections::BTreeMap;

use super::rule::Rule;
use super::wording::{one_finding, quoted};
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "identity-present",
    severity: Severity::Warning,
    finds: "DICOM files that name a person",
    advice: "de-identify them before anybody else sees them",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM files with filled attributes of the basic profile of PS3.15 (table E.1-1) that name or locate a person: name, birth date, address, telephone, other identifiers, physician, institution. A Patient Name in a file that says that its identity was removed (0012,0062) is taken for a pseudonym.

**Why it matters.** It is somebody's name. Weights do not need it, and a dataset that is passed on must not have it.

**Example.** Patient Name and Patient Birth Date as they came from the hospital's archive.

**What to do.** De-identify the files by PS3.15 before anybody else sees them. Names are never printed, only which attributes are filled.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut attributes: BTreeMap<String, usize> = BTreeMap::new();
    let mut files = Vec::new();
    for (index, _, slice) in evidence.slices() {
        let Some(dicom) = &slice.dicom else { continue };
        let filled: Vec<&String> = dicom
            .identifying_attributes
            .iter()
            .filter(|keyword| !(dicom.is_identity_removed && *keyword == "PatientName"))
            .collect();
        if !filled.is_empty() {
            files.push(index);
        }
        for keyword in filled {
            *attributes.entry(keyword.clone()).or_default() += 1;
        }
    }
    let names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    let message = format!("DICOM files with {} filled", quoted(&names).join(", "));
    one_finding(evidence, &files, &message)
        .into_iter()
        .map(|finding| finding.with("attributes", names.clone()))
        .collect()
}
