//! Folders that mix several DICOM series.

use hilum_core::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::rule::Rule;
use super::wording::first_of;
use crate::audit::evidence::Evidence;
use crate::audit::finding::Finding;

pub(super) const RULE: Rule = Rule {
    name: "mixed-series",
    severity: Severity::Warning,
    finds: "folders that mix several DICOM series",
    advice: "use one series a folder",
    page: PAGE,
    check,
};

const PAGE: &str = "\
Finds folders that hold DICOM files of one patient with different Series Instance UIDs (0020,000E).

**Why it matters.** Series of one study differ in reconstruction kernel, thickness or contrast medium. Mixed, each slice comes twice in different dress, and the order of slices is lost.

**Example.** A folder with the lung kernel and the soft-tissue kernel of the same scan.

**What to do.** Put each series into a folder of its own and choose one.
";

fn check(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut folders: BTreeMap<(&Path, &str), Vec<(usize, &str)>> = BTreeMap::new();
    for (index, sample, slice) in evidence.slices() {
        let series = || {
            let dicom = slice.dicom.as_ref()?;
            Some((dicom.patient_id.as_deref()?, dicom.series_uid.as_deref()?))
        };
        if let (Some((patient, series)), Some(folder)) = (series(), sample.path.parent()) {
            folders
                .entry((folder, patient))
                .or_default()
                .push((index, series));
        }
    }
    let mut findings = Vec::new();
    for ((_, patient), files) in folders {
        let series: BTreeSet<&str> = files.iter().map(|(_, series)| *series).collect();
        if series.len() > 1 {
            let files: Vec<usize> = files.into_iter().map(|(index, _)| index).collect();
            let paths = evidence.paths(&files);
            let message = format!(
                "patient `{patient}` has {} series in one folder: {}",
                series.len(),
                first_of(&paths)
            );
            findings.push(Finding::new(message, paths).with("series_count", series.len()));
        }
    }
    findings
}
