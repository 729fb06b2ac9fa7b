//! DICOM files that depart from the standard.

use std::collections::BTreeMap;

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::first_of;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "nonconforming-dicom",
    severity: Severity::Warning,
    finds: "DICOM files that depart from the standard",
    advice: "write them again, for example with `gdcmconv`",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM files that the standard does not allow and that are read all the same: without file meta information or with a wrong length of it, with known attributes written as `UN`, broken elements, bytes behind the data set, pixels that are coded otherwise than the transfer syntax says.

**Why it matters.** What is forgiven is a guess, and other programs guess otherwise or refuse the file. Where all files of one class depart in the same way, they were exported by another system than the rest, which a network can learn instead of the disease.

**Example.** The application's name in the file meta information is eighteen spaces; sixteen are allowed.

**What to do.** Write the files again, for example with `gdcmconv --force` or `dcmconv`, and look whether a class stands out.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut departures: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, _, slice) in evidence.slices() {
        for what in slice.dicom.iter().flat_map(|dicom| &dicom.nonconformities) {
            departures.entry(what).or_default().push(index);
        }
    }
    departures
        .into_iter()
        .map(|(what, files)| {
            let paths = evidence.paths(&files);
            let message = match paths.len() {
                1 => format!("{what}: {}", first_of(&paths)),
                count => format!("{count} DICOM files: {what}: {}", first_of(&paths)),
            };
            Finding::new(message, paths)
                .with("count", files.len())
                .with("classes", evidence.class_counts(&files))
        })
        .collect()
}
