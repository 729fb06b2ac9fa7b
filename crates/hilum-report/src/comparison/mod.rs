//! Several models side by side: `compare.json`, a page for a person, and their curves over one
//! another.

mod differences;
mod files;
mod page;
mod panels;
mod plots;
mod reliability;
mod roc;
mod training;

use hilum_core::{ClassIndex, Probabilities};
use hilum_metrics::{ComparisonReport, GroupedPart, History};

use crate::caption::slice_count;
use crate::picture::Picture;

pub use files::write_comparison;

/// All that the files of a comparison are made of.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// The figures.
    pub report: &'a ComparisonReport,
    /// The class of each compared slice.
    pub truth: &'a [ClassIndex],
    /// What is drawn of each model, in the report's order.
    pub models: &'a [ComparedCurves<'a>],
    /// The first of the report's disagreements as pictures; `None` where a file cannot be read.
    pub pictures: &'a [Option<Picture>],
}

/// What is drawn of a model.
#[derive(Debug, Clone, Copy)]
pub struct ComparedCurves<'a> {
    /// What it makes of each compared slice.
    pub probabilities: &'a [Probabilities],
    /// The epochs of its training, if they are known.
    pub training: Option<&'a History>,
}

/// Which slices figures and plots are of, and what the audits said of them.
fn caption(report: &ComparisonReport) -> String {
    let slices = &report.slices;
    let split = slices.split;
    let of = match slices.part {
        GroupedPart::Clean if slices.unclean == 0 => slice_count(slices.count),
        GroupedPart::Clean => format!(
            "{} of {}, without copies, repeats and what a model knew",
            slices.count,
            slice_count(slices.shared)
        ),
        GroupedPart::AsIs if slices.unclean == 0 => {
            format!("all {}", slice_count(slices.count))
        }
        GroupedPart::AsIs => format!(
            "all {}, {} of them not clean",
            slice_count(slices.count),
            slices.unclean
        ),
    };
    let audits = report.audits();
    let said: Vec<String> = match audits.as_slice() {
        [(audit, _)] => vec![audit.to_string()],
        several => several
            .iter()
            .map(|(audit, names)| format!("{}: {audit}", names.join(", ")))
            .collect(),
    };
    format!("{split} split, {of}; {}", said.join("; "))
}
