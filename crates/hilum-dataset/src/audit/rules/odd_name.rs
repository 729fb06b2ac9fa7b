//! Files that are named like no others of their class.

use std::collections::BTreeMap;

use hilum_core::{ClassIndex, Severity};

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "odd-name",
    severity: Severity::Warning,
    finds: "files named like no others of their class",
    advice: "look at them: are they of another source?",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds files whose names are made like those of at most a tenth of their class, where four fifths of the class are named alike. Digits, and what marks a copy, make no difference: `000012 (3).png` and `000108.png` are named alike, `004007_01_01_519.png` is not.

**Why it matters.** Names come from where the files come from. A few slices of another source in one class, with another scanner, window, or part of the body, teach a network that their look means this class, whatever they show.

**Example.** A class `normal` of numbered slices, and in it three of a public set of lesions, one of them of the pelvis. With them, slices of tumours in their style were called normal.

**What to do.** Look at them. Leave out what is not of the kind that the class says, and keep a source in every class or in none.
";

const LARGEST_SHARE: f64 = 0.1;
const LEAST_USUAL_SHARE: f64 = 0.8;
const FEWEST: usize = 2;

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut classes: BTreeMap<ClassIndex, BTreeMap<String, Vec<usize>>> = BTreeMap::new();
    for (index, sample, _) in evidence.slices() {
        let name = sample.relative.rsplit('/').next().unwrap_or_default();
        let shapes = classes.entry(sample.class).or_default();
        shapes.entry(shape(name)).or_default().push(index);
    }
    let mut files = Vec::new();
    for shapes in classes.values() {
        let count: usize = shapes.values().map(Vec::len).sum();
        let share = |files: &Vec<usize>| files.len() as f64 / count as f64;
        if shapes
            .values()
            .any(|files| share(files) >= LEAST_USUAL_SHARE)
        {
            let is_odd =
                |files: &&Vec<usize>| files.len() >= FEWEST && share(files) <= LARGEST_SHARE;
            files.extend(shapes.values().filter(is_odd).flatten());
        }
    }
    files.sort_unstable();
    one_finding(
        evidence,
        &files,
        "files named like no others of their class",
    )
}

/// A name without its extension, its copy marks and its digits: `000012 (3) - Copy.png` is `0`.
fn shape(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut stem = stem.to_lowercase();
    loop {
        let shorter = without_copy_mark(&stem);
        if shorter.len() == stem.len() {
            break;
        }
        stem.truncate(shorter.len());
    }
    let mut shape = String::with_capacity(stem.len());
    for character in stem.chars() {
        match character {
            '0'..='9' if shape.ends_with('0') => {}
            '0'..='9' => shape.push('0'),
            other => shape.push(other),
        }
    }
    shape
}

/// Without ` - copy` or ` (3)` at the end.
fn without_copy_mark(stem: &str) -> &str {
    let stem = stem.trim_end();
    if let Some(shorter) = stem.strip_suffix(" - copy") {
        return shorter;
    }
    let number = stem
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('));
    match number {
        Some((shorter, digits))
            if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            shorter.trim_end()
        }
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_numbers_make_no_other_shape() {
        for name in [
            "12.png",
            "000012 (3).png",
            "7 - Copy (2) - Copy.png",
            "7(4).PNG",
        ] {
            assert_eq!(shape(name), "0", "{name}");
        }
        assert_eq!(shape("004007_01_01_519.png"), "0_0_0_0");
        assert_eq!(shape("sq2.png"), "sq0");
        assert_eq!(shape("Bengin case (10).jpg"), "bengin case");
        assert_eq!(shape(".png"), "");
    }
}
