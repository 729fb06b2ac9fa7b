//! Altered copies in two splits.

use hilum_core::Severity;

use super::near_duplicate::near_duplicate_finding;
use super::rule::Rule;
use crate::audit::alike::AlikePair;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "near-duplicate-across-splits",
    severity: Severity::Warning,
    finds: "altered copies in two splits",
    advice: "keep one of each, in the split where it judges",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds pictures in different splits that differ in bytes and pixels but are one picture: saved again as JPEG, resized, brightened, cropped by a few percent, mirrored. How they are found stands on the page of `near-duplicate`.

**Why it matters.** Augmentation teaches a network to see through exactly these changes, so an altered copy in the test split is as good as known.

**Example.** `train/normal/n12.png` and `test/normal/n12 (1).jpg`, the second 20% smaller.

**What to do.** Look at both, then remove the one from train. Nothing is mended, because the judgement is a likely one and not a certain one.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    evidence
        .clusters(AlikePair::is_same_picture)
        .into_iter()
        .filter(|cluster| evidence.splits_of(&cluster.files).len() > 1)
        .map(|cluster| near_duplicate_finding(evidence, &cluster))
        .collect()
}
