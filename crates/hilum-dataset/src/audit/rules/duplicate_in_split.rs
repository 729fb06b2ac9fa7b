//! Pictures that stand in one split several times.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::first_of;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "duplicate-in-split",
    severity: Severity::Warning,
    finds: "pictures that stand in one split several times",
    advice: "`--fix` keeps the first, as training does by itself",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds pictures that are equal pixel by pixel and stand in one split more than once.

**Why it matters.** A picture that stands there ten times weighs ten times as much in training, and counts ten times in a test: the number of files is no longer the number of observations, and confidence intervals come out too narrow.

**Example.** The 148 `normal` files of `train` are 55 pictures.

**What to do.** Mending (`hilum audit --fix`, and training by itself) keeps the first by name and leaves the others out. `--as-is` keeps all.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A picture with two classes is a `label-conflict`, which says more.
    let agreeing = evidence
        .copies()
        .filter(|copies| evidence.classes_of(copies).len() == 1);
    for copies in agreeing {
        for split in evidence.splits_of(copies) {
            let inside: Vec<usize> = copies
                .iter()
                .copied()
                .filter(|index| evidence.sample(*index).split == split)
                .collect();
            if inside.len() > 1 {
                let message = format!(
                    "one picture is {} times in `{split}`: {}",
                    inside.len(),
                    first_of(&evidence.paths(&inside))
                );
                let finding = Finding::new(message, evidence.paths(&inside))
                    .with("split", split.as_str())
                    .with("classes", evidence.class_counts(&inside));
                findings.push(finding);
            }
        }
    }
    findings
}
