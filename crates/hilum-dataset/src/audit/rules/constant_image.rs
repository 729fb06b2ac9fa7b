//! Images without contrast.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "constant-image",
    severity: Severity::Warning,
    finds: "images without contrast",
    advice: "remove them, or check the window",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds images whose grey levels hardly differ: the 1st and the 99th percentile are at most two levels apart.

**Why it matters.** Such a slice shows nothing. It is an export that failed, or a window that missed the data.

**Example.** A DICOM slice of lung stored without its rescale intercept is black in every window.

**What to do.** Remove it, or check window and rescale values.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let files: Vec<usize> = evidence
        .slices()
        .filter(|(_, _, slice)| slice.grey.percentile(99) - slice.grey.percentile(1) <= 2)
        .map(|(index, _, _)| index)
        .collect();
    one_finding(evidence, &files, "images without contrast")
}
