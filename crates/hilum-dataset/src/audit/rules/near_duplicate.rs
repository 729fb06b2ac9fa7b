//! Altered copies within a split.

use hilum_core::Severity;
use hilum_core::Split;

use super::rule::Rule;
use super::wording::first_of;
use crate::audit::alike::AlikePair;
use crate::audit::evidence::{Cluster, Evidence};
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "near-duplicate",
    severity: Severity::Warning,
    finds: "altered copies within a split",
    advice: "keep one of each, in a manifest",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds pictures of one split that differ in bytes and pixels but are one picture: saved again as JPEG, resized, brightened, cropped by a few percent, mirrored.

Candidates come from their lowest spatial frequencies. Those alone would call most chests equal, so each pair is confirmed on pixels: one 64x64 thumbnail is laid onto the other by shift and scale, and both their grey levels and what stands out above the blur, vessels and edges, must correlate.

**Why it matters.** As with exact duplicates: one observation counts several times.

**Example.** `n12.png` and `n12 (1).jpg`, the second 20% smaller.

**What to do.** Keep one of each. Nothing is mended, because the judgement is a likely one and not a certain one.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    evidence
        .clusters(AlikePair::is_same_picture)
        .into_iter()
        .filter(|cluster| evidence.splits_of(&cluster.files).len() == 1)
        .map(|cluster| near_duplicate_finding(evidence, &cluster))
        .collect()
}

/// One finding for pictures that are one, with how sure that is.
pub(super) fn near_duplicate_finding(evidence: &Evidence<'_>, cluster: &Cluster<'_>) -> Finding {
    let files = evidence.paths(&cluster.files);
    let mirrored = if cluster.has_mirror_images() {
        ", mirrored"
    } else {
        ""
    };
    let message = format!(
        "{} files show one picture{mirrored} (detail correlates at {:.2} or more): {}",
        files.len(),
        cluster.least_detail_correlation(),
        first_of(&files)
    );
    let splits: Vec<&str> = evidence
        .splits_of(&cluster.files)
        .into_iter()
        .map(Split::as_str)
        .collect();
    Finding::new(message, files)
        .with("splits", splits)
        .with("classes", evidence.class_counts(&cluster.files))
        .with(
            "least_detail_correlation",
            cluster.least_detail_correlation(),
        )
        .with("mirrored", cluster.has_mirror_images())
}
