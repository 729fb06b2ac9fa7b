//! Slices whose values were taken for different things.

use std::collections::BTreeMap;

use hilum_core::Severity;
use hilum_imaging::Format;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::facts::SliceFacts;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "mixed-depth",
    severity: Severity::Warning,
    finds: "slices whose values stand for something else than those of the others",
    advice: "export all slices in the same way, or say what they hold with --depth",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds PNG and TIFF files whose values were taken for something else than those of most files: grey levels of 12 bits among files of 8, or Hounsfield units among grey levels.

**Why it matters.** Files that were exported in different ways differ in tone, and a network learns the tone. And where the values of 16-bit files are told by their spread alone, one file of a series may be taken for something else than its neighbours.

**Example.** 300 slices of 8 bits, and 20 of 16 bits from another archive, all of one class.

**What to do.** Export all slices in the same way. If they were, and one was misjudged, say what 16-bit files hold: `--depth 12`, or `--depth hu`.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    // DICOM and NIfTI say what they hold.
    let is_silent = |slice: &SliceFacts| !matches!(slice.format, Format::Dicom | Format::Nifti);
    let mut kinds: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, _, slice) in evidence.slices().filter(|(_, _, slice)| is_silent(slice)) {
        let kind = slice.depth.map_or_else(
            || "grey levels of 8 bits".to_owned(),
            |depth| depth.to_string(),
        );
        kinds.entry(kind).or_default().push(index);
    }
    // Of two kinds of equal number, the first by its name counts as usual.
    let usual = kinds
        .iter()
        .rev()
        .max_by_key(|(_, files)| files.len())
        .map(|(kind, _)| kind.clone());
    kinds
        .into_iter()
        .filter(|(kind, _)| Some(kind) != usual.as_ref())
        .flat_map(|(kind, files)| {
            let usual = usual.clone().unwrap_or_default();
            let message = format!("files read as {kind} where most are {usual}");
            let findings = one_finding(evidence, &files, &message).into_iter();
            findings.map(move |finding| finding.with("depth", kind.as_str()))
        })
        .collect()
}
