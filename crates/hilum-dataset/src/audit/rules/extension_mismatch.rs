//! Files that are something else than their name says.

use hilum_core::Severity;
use std::collections::BTreeMap;

use hilum_imaging::Format;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "extension-mismatch",
    severity: Severity::Warning,
    finds: "files that are something else than their name says",
    advice: "rename them",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds files whose content is of another kind than their extension: a JPEG called `.png`.

**Why it matters.** It does no harm here, where content decides. Other programs stop, skip the file, or decode it in another way; and it shows that files were gathered from somewhere else.

**Example.** `n7.png` begins with the bytes of a JPEG.

**What to do.** Rename the files.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut kinds: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, sample, slice) in evidence.slices() {
        match Format::of_extension(&sample.path) {
            Some(promised) if promised != slice.format => {
                let kind = (slice.format.to_string(), promised.to_string());
                kinds.entry(kind).or_default().push(index);
            }
            _ => {}
        }
    }
    kinds
        .into_iter()
        .flat_map(|((content, name), files)| {
            let message = format!("files named as {name} that hold {content}");
            one_finding(evidence, &files, &message)
                .into_iter()
                .map(move |finding| {
                    let finding = finding.with("content", content.as_str());
                    finding.with("extension", name.as_str())
                })
        })
        .collect()
}
