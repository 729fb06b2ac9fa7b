//! Classes that a split lacks.

use hilum_core::Severity;

use super::rule::Rule;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "class-missing-in-split",
    severity: Severity::Error,
    finds: "classes that a split lacks",
    advice: "rename the folder, or map it with `--class-map`",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds classes that one split holds and another does not, after folder names were brought to their canonical class.

**Why it matters.** A class that training never saw cannot be predicted, and one that validation lacks cannot be judged. Loaders that take the class names from one split drop the folders of the others silently: 50 epochs at accuracy 1.0000, on the one class whose name happened to match.

**Example.** `train` has `Large Cell`, `test` has `large.cell`: to a program these are two classes, each missing in one split.

**What to do.** Rename the folder, or say which name stands for which: `--class-map 'Large Cell=large.cell'`. If the class is really absent, divide the data anew with `hilum split`.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mismatches = evidence.dataset.class_mismatches();
    mismatches
        .iter()
        .map(|mismatch| {
            let held_by: serde_json::Map<String, serde_json::Value> = mismatch
                .held_by
                .iter()
                .map(|(split, count)| (split.to_string(), (*count).into()))
                .collect();
            Finding::new(format!("{mismatch}; {}", mismatch.hint()), Vec::new())
                .with("class", mismatch.class.as_str())
                .with("split", mismatch.missing_in.as_str())
                .with("held_by", held_by)
                .with("suggestion", mismatch.suggestion())
        })
        .collect()
}
