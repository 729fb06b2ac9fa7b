//! Files that cannot be decoded.

use hilum_core::Severity;

use super::rule::Rule;
use crate::audit::evidence::Evidence;
use crate::audit::facts::FileFacts;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "unreadable-file",
    severity: Severity::Error,
    finds: "files that cannot be decoded",
    advice: "remove or fetch them again",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds files in class folders that are no PNG, JPEG or DICOM CT slice, or a damaged one.

**Why it matters.** A loader that skips what it cannot read changes the data without a word; the numbers then belong to another dataset than the one that was named.

**Example.** `train/normal/7.png` is an HTML page that a download left behind; `valid/normal/3.jpg` ends in the middle.

**What to do.** Fetch the file again or remove it. Text beside the images (`.txt`, `.csv`, `.json`, licences) is not counted as a sample in the first place.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let samples = &evidence.dataset.samples;
    samples
        .iter()
        .zip(evidence.facts)
        .filter_map(|(sample, facts)| match facts {
            FileFacts::Unreadable { reason, .. } => {
                let short = reason.replace("\nhint: ", "; ");
                let message = format!("`{}`: {short}", sample.relative);
                let finding = Finding::new(message, vec![sample.relative.clone()]);
                Some(finding.with("reason", reason.as_str()))
            }
            FileFacts::Slice(_) => None,
        })
        .collect()
}
