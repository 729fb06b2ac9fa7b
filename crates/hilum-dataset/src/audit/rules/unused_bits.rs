//! Files of 16 bits that use fewer.

use std::collections::BTreeMap;

use hilum_core::Severity;
use hilum_imaging::SourceDepth;

use super::rule::Rule;
use super::wording::one_finding;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "unused-bits",
    severity: Severity::Warning,
    finds: "files of 16 bits that use fewer",
    advice: "make sure that they were read as they were meant; --depth says what they hold",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds PNG and TIFF files of 16 bits whose values use 8 to 14 of them.

**Why it matters.** Most programs keep the high byte of 16-bit values: 12-bit values become sixteen nearly black grey levels there. Here the range in use decides, slice by slice, and a dark slice of a series may be taken for one of fewer bits.

**Example.** CT slices exported with values from 0 to 4095 as 16-bit PNG.

**What to do.** If they were read as they were meant, say so once and for all: `--depth 12`. If they are Hounsfield units, `--depth hu`.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut kinds: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for (index, _, slice) in evidence.slices() {
        if let Some(SourceDepth::Grey { bits: bits @ ..16 }) = slice.depth {
            kinds.entry(bits).or_default().push(index);
        }
    }
    kinds
        .into_iter()
        .flat_map(|(bits, files)| {
            let message = format!("files of 16 bits that use {bits}");
            let findings = one_finding(evidence, &files, &message).into_iter();
            findings.map(move |finding| finding.with("bits", u64::from(bits)))
        })
        .collect()
}
