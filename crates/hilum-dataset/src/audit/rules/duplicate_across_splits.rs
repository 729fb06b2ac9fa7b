//! Pictures that stand in two splits.

use hilum_core::Severity;
use hilum_core::Split;

use super::rule::Rule;
use super::wording::quoted;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "duplicate-across-splits",
    severity: Severity::Error,
    finds: "pictures that stand in two splits",
    advice: "`--fix` takes copies of test and valid images out of the others, as training does by itself",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds pictures that are equal pixel by pixel and stand in more than one split, whatever their files are called.

**Why it matters.** What was seen in training is recognised, not classified. Every such picture in validation or test raises the score without any skill.

**Example.** 10 of the 13 `normal` images of `valid` are also in `train`: a network that has memorised them gets ten right.

**What to do.** Let hilum mend it: a copy of a test image leaves train and valid, a copy of a valid image leaves train, never the other way. `hilum audit --fix --out manifest.csv` writes the result down.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let shared = evidence
        .copies()
        .filter(|copies| evidence.splits_of(copies).len() > 1);
    shared
        .map(|copies| {
            let splits: Vec<&str> = evidence
                .splits_of(copies)
                .into_iter()
                .map(Split::as_str)
                .collect();
            let message = format!(
                "one picture is in {}: {}",
                quoted(&splits).join(" and "),
                quoted(&evidence.paths(copies)).join(", ")
            );
            Finding::new(message, evidence.paths(copies))
                .with("splits", splits)
                .with("classes", evidence.class_counts(copies))
        })
        .collect()
}
