//! Slices that carry text in their pixels.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "burned-in-annotation",
    severity: Severity::Warning,
    finds: "slices that carry text in their pixels",
    advice: "export them without overlay",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM files that say themselves that text is part of their pixels: Burned In Annotation (0028,0301) is `YES`.

**Why it matters.** The text may name the patient, and it may differ between classes.

**Example.** A screenshot of a workstation with name and date in the corner.

**What to do.** Export the original slices. Do not share these.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let files: Vec<usize> = evidence
        .slices()
        .filter(|(_, _, slice)| {
            slice
                .dicom
                .as_ref()
                .is_some_and(|dicom| dicom.has_burned_in_annotation)
        })
        .map(|(index, _, _)| index)
        .collect();
    one_finding(
        evidence,
        &files,
        "slices that say that text is part of their pixels",
    )
}
