//! Images of an unusual size.

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::facts::SliceFacts;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "odd-size",
    severity: Severity::Warning,
    finds: "images of an unusual size",
    advice: "look at them",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds images with a side below 64 pixels, with one side more than two and a half times the other, or with ten times more or fewer pixels than the median image.

**Why it matters.** A thumbnail holds too little to be judged; a strip or a poster is most likely no slice.

**Example.** Among slices of 512x512, one of 48x48 and one of 2000x300.

**What to do.** Look at them. Leave out what is no slice.
";

const SMALLEST_SIDE: usize = 64;
const LARGEST_ASPECT: f64 = 2.5;
const LARGEST_AREA_RATIO: f64 = 10.0;

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let area = |slice: &SliceFacts| (slice.width * slice.height) as f64;
    let mut areas: Vec<f64> = evidence.slices().map(|(_, _, slice)| area(slice)).collect();
    if areas.is_empty() {
        return Vec::new();
    }
    let middle = areas.len() / 2;
    let median = *areas.select_nth_unstable_by(middle, f64::total_cmp).1;
    let is_odd = |slice: &SliceFacts| {
        let (short, long) = (slice.width.min(slice.height), slice.width.max(slice.height));
        let ratio = area(slice) / median;
        short < SMALLEST_SIDE
            || long as f64 / short as f64 > LARGEST_ASPECT
            || !(1.0 / LARGEST_AREA_RATIO..=LARGEST_AREA_RATIO).contains(&ratio)
    };
    let files: Vec<usize> = evidence
        .slices()
        .filter(|(_, _, slice)| is_odd(slice))
        .map(|(index, _, _)| index)
        .collect();
    one_finding(evidence, &files, "images of an unusual size")
}
