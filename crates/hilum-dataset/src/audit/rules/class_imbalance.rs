//! Classes of very different size.

use super::rule::Rule;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;
use hilum_core::ClassIndex;
use hilum_core::Severity;

pub(super) const RULE: Rule = Rule {
    name: "class-imbalance",
    severity: Severity::Warning,
    finds: "classes of very different size",
    advice: "train with `--class-weights balanced`, judge by macro-F1",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds a train split, or data without one, whose largest class is more than three times its smallest.

**Why it matters.** Always naming the largest class is then a fair strategy for accuracy, and a network finds it.

**Example.** 1000 `normal` and 120 `adenocarcinoma`: calling everything normal is right in 89%.

**What to do.** Train with `--class-weights balanced`, judge by macro-F1 and balanced accuracy.
";

/// The largest class over the smallest.
const LARGEST_RATIO: f64 = 3.0;

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(split) = evidence.dataset.splits().first().copied() else {
        return Vec::new();
    };
    let counts = evidence.dataset.class_counts(split);
    let present = || counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let (Some((largest, most)), Some((smallest, least))) = (
        present().max_by_key(|one| one.1),
        present().min_by_key(|one| one.1),
    ) else {
        return Vec::new();
    };
    let ratio = *most as f64 / *least as f64;
    if ratio <= LARGEST_RATIO {
        return Vec::new();
    }
    let name = |class| evidence.class_name(ClassIndex::new(class));
    let message = format!(
        "`{split}` holds {most} of `{}` and {least} of `{}`: {ratio:.1} times as many",
        name(largest),
        name(smallest)
    );
    vec![
        Finding::new(message, Vec::new())
            .with("split", split.as_str())
            .with("largest", name(largest))
            .with("smallest", name(smallest))
            .with("ratio", ratio),
    ]
}
