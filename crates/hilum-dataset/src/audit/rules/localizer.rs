//! Scout images among slices.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "localizer",
    severity: Severity::Warning,
    finds: "scout images among slices",
    advice: "remove them",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM files whose Image Type (0008,0008) says `LOCALIZER`: the scout view from which a scan is planned.

**Why it matters.** It is a projection, like a radiograph, and no slice. In a folder of slices it is noise in one class.

**Example.** A series of 65 files whose first is the scout.

**What to do.** Remove it.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let files: Vec<usize> = evidence
        .slices()
        .filter(|(_, _, slice)| slice.dicom.as_ref().is_some_and(|dicom| dicom.is_localizer))
        .map(|(index, _, _)| index)
        .collect();
    one_finding(evidence, &files, "scout images, which are no slices")
}
