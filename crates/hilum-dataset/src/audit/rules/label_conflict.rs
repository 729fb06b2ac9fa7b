//! Pictures with two classes.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::quoted;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "label-conflict",
    severity: Severity::Error,
    finds: "pictures with two classes",
    advice: "find out which class is right; `--fix` drops all copies",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds pictures that are equal pixel by pixel and stand in folders of different classes, in whatever split.

**Why it matters.** At least one of the labels is wrong, and nobody can say which. In training it teaches both, in a test it makes one error certain.

**Example.** `train/large.cell.carcinoma/l4.png` is `train/squamous.cell.carcinoma/sq2.png`.

**What to do.** Find out which class is right and delete the other file. Until then mending leaves out all copies of such a picture.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let conflicts = evidence
        .copies()
        .filter(|copies| evidence.classes_of(copies).len() > 1);
    conflicts
        .map(|copies| {
            let classes: Vec<&str> = evidence
                .classes_of(copies)
                .into_iter()
                .map(|class| evidence.class_name(class))
                .collect();
            let message = format!(
                "one picture is called {}: {}",
                quoted(&classes).join(" and "),
                quoted(&evidence.paths(copies)).join(", ")
            );
            Finding::new(message, evidence.paths(copies)).with("classes", classes)
        })
        .collect()
}
