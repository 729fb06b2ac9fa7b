//! An HTML page that shows the data and what was found in it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use hilum_core::{ClassName, Severity, Split};
use hilum_files::write_atomically;
use hilum_imaging::WriteError;
use minijinja::{Environment, value::Serde};
use serde::Serialize;
use thiserror::Error;

use super::pictures::{finding_rows, sample_rows, write_sheet};
use crate::Dataset;
use crate::audit::facts::{FileFacts, HISTOGRAM_BINS};
use crate::audit::finding::Finding;
use crate::audit::result::{Audit, IgnoredFile, SplitSummary};
use crate::audit::rules::{RULES, Rule};

/// Findings of a rule that are shown with pictures.
const ROW_COUNT: usize = 12;
/// Ignored files that are named.
const IGNORED_COUNT: usize = 100;
/// Findings of a rule that are told in words.
const MESSAGE_COUNT: usize = 25;

/// Why a page was not written.
#[derive(Debug, Error)]
pub enum PageError {
    /// The folder cannot be made, or the page not be written into it.
    #[error("cannot write the audit page: {0}")]
    Io(#[from] io::Error),
    /// A picture could not be written.
    #[error(transparent)]
    Picture(#[from] WriteError),
}

/// Writes `index.html` and its pictures into `folder`, and returns the path of the page.
///
/// The page shows class counts per split, sizes, grey levels per class and a sheet of samples,
/// then every finding with thumbnails. It asks nothing of the network.
///
/// # Errors
/// [`PageError`] if the folder cannot be written.
///
/// # Panics
/// If `audit` is not that of `dataset`.
pub fn write_page(folder: &Path, dataset: &Dataset, audit: &Audit) -> Result<PathBuf, PageError> {
    assert_eq!(
        dataset.samples.len(),
        audit.facts.len(),
        "the audit of this dataset"
    );
    fs_err::create_dir_all(folder)?;
    let has_samples = write_sheet(&folder.join("samples.png"), &sample_rows(dataset, audit))?;
    let mut rules = Vec::new();
    for rule in RULES {
        if let Some(section) = rule_section(folder, dataset, audit, rule)? {
            rules.push(section);
        }
    }
    let errors = audit.findings.iter();
    let page = Page {
        root: dataset.root.display().to_string(),
        classes: dataset.classes.names(),
        // A map would be sorted by letters, test before train.
        splits: audit
            .splits
            .iter()
            .map(|(split, summary)| (*split, summary))
            .collect(),
        mended: &audit.mended,
        ignored: IgnoredList::new(&audit.ignored),
        mending: audit.mending_command(&dataset.root),
        has_samples,
        curves: grey_curves(dataset, audit),
        sizes: common_sizes(audit),
        rules,
        error_count: errors
            .filter(|finding| finding.severity == Severity::Error)
            .count(),
    };
    let text = Environment::new()
        .render_named_str("index.html", include_str!("page.html"), Serde(&page))
        .expect("the template fits its context");
    let path = folder.join("index.html");
    write_atomically(&path, |file| file.write_all(text.as_bytes()))?;
    Ok(path)
}

/// What the page shows.
#[derive(Debug, Serialize)]
struct Page<'audit> {
    root: String,
    classes: &'audit [ClassName],
    splits: Vec<(Split, &'audit SplitSummary)>,
    mended: &'audit [String],
    ignored: IgnoredList<'audit>,
    /// The command that mends what can be mended.
    mending: Option<String>,
    has_samples: bool,
    curves: Vec<GreyCurve>,
    sizes: Sizes,
    rules: Vec<RuleSection>,
    error_count: usize,
}

/// What was found beside the images.
#[derive(Debug, Serialize)]
struct IgnoredList<'audit> {
    named: &'audit [IgnoredFile],
    more_count: usize,
}

impl<'audit> IgnoredList<'audit> {
    fn new(ignored: &'audit [IgnoredFile]) -> Self {
        let named = &ignored[..ignored.len().min(IGNORED_COUNT)];
        Self {
            named,
            more_count: ignored.len() - named.len(),
        }
    }
}

/// What the page says of one rule.
#[derive(Debug, Serialize)]
struct RuleSection {
    name: &'static str,
    severity: Severity,
    finds: &'static str,
    /// The advice, cut at its backticks: every second part is code.
    advice: Vec<&'static str>,
    count: usize,
    findings: Vec<ToldFinding>,
    more_count: usize,
}

/// One finding in words and, if it is about files, in thumbnails.
#[derive(Debug, Serialize)]
struct ToldFinding {
    /// The message, cut at its backticks: every second part is code.
    parts: Vec<String>,
    picture: Option<String>,
}

fn rule_section(
    folder: &Path,
    dataset: &Dataset,
    audit: &Audit,
    rule: &Rule,
) -> Result<Option<RuleSection>, PageError> {
    let findings: Vec<&Finding> = audit.of_rule(rule).collect();
    if findings.is_empty() {
        return Ok(None);
    }
    let mut told = Vec::new();
    for (index, finding) in findings.iter().take(MESSAGE_COUNT).enumerate() {
        let rows = if index < ROW_COUNT {
            finding_rows(dataset, audit, finding)
        } else {
            Vec::new()
        };
        let picture = format!("{}-{}.png", rule.name, index + 1);
        let has_picture = write_sheet(&folder.join(&picture), &rows)?;
        told.push(ToldFinding {
            parts: finding.message.split('`').map(str::to_owned).collect(),
            picture: has_picture.then_some(picture),
        });
    }
    Ok(Some(RuleSection {
        name: rule.name,
        severity: rule.severity,
        finds: rule.finds,
        advice: rule.advice.split('`').collect(),
        count: findings.len(),
        findings: told,
        more_count: findings.len().saturating_sub(MESSAGE_COUNT),
    }))
}

/// The mean histogram of a class, as the points of an SVG polyline over 320 x 120 units.
#[derive(Debug, Serialize)]
struct GreyCurve {
    class: String,
    points: String,
}

fn grey_curves(dataset: &Dataset, audit: &Audit) -> Vec<GreyCurve> {
    let means: Vec<[f64; HISTOGRAM_BINS]> = dataset
        .classes
        .indices()
        .map(|class| {
            let mut mean = [0.0; HISTOGRAM_BINS];
            let mut count = 0.0;
            for (sample, facts) in dataset.samples.iter().zip(&audit.facts) {
                if let (true, Some(slice)) = (sample.class == class, facts.slice()) {
                    count += 1.0;
                    for (sum, share) in mean.iter_mut().zip(slice.grey.histogram) {
                        *sum += f64::from(share) / 65535.0;
                    }
                }
            }
            mean.map(|sum| if count > 0.0 { sum / count } else { 0.0 })
        })
        .collect();
    // Black background and white bone would press everything else to the floor: square roots.
    let largest = means.iter().flatten().copied().fold(1e-9, f64::max).sqrt();
    dataset
        .classes
        .names()
        .iter()
        .zip(means)
        .map(|(class, mean)| GreyCurve {
            class: class.to_string(),
            points: mean
                .iter()
                .enumerate()
                .map(|(bin, share)| {
                    let x = (bin as f64 + 0.5) * 320.0 / HISTOGRAM_BINS as f64;
                    format!("{x:.1},{:.1}", 120.0 - 116.0 * share.sqrt() / largest)
                })
                .collect::<Vec<_>>()
                .join(" "),
        })
        .collect()
}

/// The ten most common sizes, and how many others there are.
#[derive(Debug, Serialize)]
struct Sizes {
    common: Vec<(String, usize)>,
    other_count: usize,
}

fn common_sizes(audit: &Audit) -> Sizes {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for slice in audit.facts.iter().filter_map(FileFacts::slice) {
        *counts.entry((slice.width, slice.height)).or_default() += 1;
    }
    let mut sizes: Vec<_> = counts.into_iter().collect();
    sizes.sort_by_key(|(size, count)| (std::cmp::Reverse(*count), *size));
    Sizes {
        other_count: sizes.len().saturating_sub(10),
        common: sizes
            .into_iter()
            .take(10)
            .map(|((width, height), count)| (format!("{width} x {height}"), count))
            .collect(),
    }
}
