//! Coloured pixels on grey images.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "colour-marks",
    severity: Severity::Warning,
    finds: "coloured pixels on grey images",
    advice: "crop or paint over the marks",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds images that are grey but for some strongly coloured pixels: arrows, circles, captions, a scanner's overlay.

**Why it matters.** Somebody marked what they saw, or the picture was made for a web page. If one class has more marks than another, the mark is learned instead of the disease.

**Example.** 29 `normal` images carry a yellow arrow, and none of the others.

**What to do.** Crop or paint over the marks, or leave the images out; look at how they are spread over classes.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let files: Vec<usize> = evidence
        .slices()
        .filter(|(_, _, slice)| (0.0005..0.5).contains(&slice.color_share))
        .map(|(index, _, _)| index)
        .collect();
    one_finding(evidence, &files, "grey images with coloured marks")
}
