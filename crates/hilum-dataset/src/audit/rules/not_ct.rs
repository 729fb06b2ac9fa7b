//! DICOM objects that are no CT slice.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::facts::FileFacts;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "not-ct",
    severity: Severity::Warning,
    finds: "DICOM objects that are no CT slice",
    advice: "remove them",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM files of another modality, or objects that are no image: structured reports, segmentations, PET.

**Why it matters.** Hounsfield units are defined for CT only. Such files cannot be read as slices, so `unreadable-file` names them too; this rule says why.

**Example.** The segmentation object that lies beside a series.

**What to do.** Remove them from the class folders.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let files: Vec<usize> = evidence
        .facts
        .iter()
        .enumerate()
        .filter(|(_, facts)| {
            matches!(
                facts,
                FileFacts::Unreadable {
                    is_not_ct: true,
                    ..
                }
            )
        })
        .map(|(index, _)| index)
        .collect();
    one_finding(evidence, &files, "DICOM objects that are no CT slice")
}
