//! DICOM slices without Hounsfield units.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "missing-rescale",
    severity: Severity::Warning,
    finds: "DICOM slices without Hounsfield units",
    advice: "export them again with Rescale Slope and Intercept",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM slices without Rescale Slope (0028,1053) and Intercept (0028,1052) or a Modality LUT (0028,3000) in their place.

**Why it matters.** Without both, stored values are not known to be Hounsfield units, and a window in Hounsfield units shows something else than it says.

**Example.** An anonymiser dropped both; the lung window then shows a white slice.

**What to do.** Export the files again with both attributes.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let files: Vec<usize> = evidence
        .slices()
        .filter(|(_, _, slice)| slice.dicom.as_ref().is_some_and(|dicom| !dicom.has_rescale))
        .map(|(index, _, _)| index)
        .collect();
    one_finding(
        evidence,
        &files,
        "DICOM slices without Rescale Slope and Intercept",
    )
}
