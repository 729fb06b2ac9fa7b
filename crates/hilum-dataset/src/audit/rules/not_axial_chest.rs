//! DICOM slices that are no axial slices of a chest.

use std::collections::BTreeMap;

use hilum_core::Severity;

use super::rule::Rule;
use super::wording::first_of;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "not-axial-chest",
    severity: Severity::Warning,
    finds: "DICOM slices that are no axial slices of a chest",
    advice: "remove them",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds DICOM slices whose header speaks of something else than an axial slice of a chest: a sagittal or coronal plane (Image Orientation (0020,0037)), a tilted gantry, another part of the body (Body Part Examined (0018,0015), or descriptions where it is silent), a secondary capture.

**Why it matters.** A network answers whatever it is shown. Slices of a head in one class are told apart from chests by anything but disease.

**Example.** A reformatted coronal series lies beside the axial one it was made from.

**What to do.** Remove them; what is a chest all the same was described wrongly by its scanner.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut reasons: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, _, slice) in evidence.slices() {
        for reason in slice.dicom.iter().flat_map(|dicom| &dicom.elsewhere) {
            reasons.entry(reason).or_default().push(index);
        }
    }
    reasons
        .into_iter()
        .map(|(reason, files)| {
            let paths = evidence.paths(&files);
            let message = match paths.len() {
                1 => format!("{reason}: {}", first_of(&paths)),
                count => format!("{count} DICOM slices: {reason}: {}", first_of(&paths)),
            };
            Finding::new(message, paths)
                .with("count", files.len())
                .with("classes", evidence.class_counts(&files))
        })
        .collect()
}
