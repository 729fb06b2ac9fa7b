//! Which column of a manifest is what.

use csv::{ReaderBuilder, StringRecord, Trim};
use hilum_core::{Split, is_one_slip};

use super::error::ManifestProblem;

/// What `hilum` calls each column, and what other tables call it; the first that is there counts.
const PATH: [&str; 12] = [
    "path",
    "filename",
    "file",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "image_file",
    "img",
    "img_path",
    "image_index",
];
const CLASS: [&str; 8] = [
    "class",
    "label",
    "target",
    "class_name",
    "label_name",
    "category",
    "diagnosis",
    "finding",
];
const SPLIT: [&str; 5] = ["split", "subset", "partition", "set", "fold"];
/// From the widest to the narrowest: slices of one patient belong together, also from two scans.
const GROUP: [&str; 12] = [
    "group",
    "patient",
    "patient_id",
    "patientid",
    "subject",
    "subject_id",
    "case",
    "case_id",
    "study",
    "study_id",
    "scan",
    "scan_id",
];

/// Shorter names than this are a slip away from too many others: `sex` is no `set`.
const LEAST_DOUBTFUL: usize = 5;

/// Where the columns stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub(super) path: usize,
    pub(super) class: usize,
    pub(super) split: Option<usize>,
    pub(super) group: Option<usize>,
}

impl Columns {
    /// Finds the columns by the names of `header`; one that may be a split, and is not called so,
    /// is one only if `records` name splits there.
    ///
    /// # Errors
    /// The first problem of the header.
    pub(super) fn find(
        header: &StringRecord,
        records: &[StringRecord],
    ) -> Result<Self, ManifestProblem> {
        let names = names(header);
        refuse_doubtful(&names)?;
        let split = one_of(&names, &SPLIT)
            .filter(|position| names[*position] == SPLIT[0] || holds_splits(records, *position));
        Ok(Self {
            path: the_one(&names, &PATH)?,
            class: the_one(&names, &CLASS)?,
            split,
            group: one_of(&names, &GROUP),
        })
    }
}

/// The column of paths, and that of groups if there is one; what else there is counts for nothing.
///
/// # Errors
/// The first problem of the header.
pub(super) fn file_columns(
    header: &StringRecord,
) -> Result<(usize, Option<usize>), ManifestProblem> {
    let names = names(header);
    Ok((the_one(&names, &PATH)?, one_of(&names, &GROUP)))
}

/// Whether any value is a word of a split; then all of them must be. Numbers of folds are none.
fn holds_splits(records: &[StringRecord], position: usize) -> bool {
    let mut values = records.iter().filter_map(|record| record.get(position));
    values.any(|value| value.parse::<Split>().is_ok())
}

/// The character between the columns: the one by which path and class are found in the first
/// line, `,` before `;` before tab.
pub(super) fn separator(text: &str) -> u8 {
    let separators = [b',', b';', b'\t'];
    let is_header = |separator: &u8| {
        let mut reader = ReaderBuilder::new()
            .delimiter(*separator)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let Ok(header) = reader.headers() else {
            return false;
        };
        let names = names(header);
        one_of(&names, &PATH).is_some() && one_of(&names, &CLASS).is_some()
    };
    let found = separators.iter().find(|separator| is_header(separator));
    // A header that is none of these is shown as the columns that somebody meant.
    let first_line = text.lines().next().unwrap_or_default().as_bytes();
    let count = |separator: &u8| first_line.split(|byte| byte == separator).count();
    let most = separators
        .iter()
        .rev()
        .max_by_key(|separator| count(separator));
    *found.or(most).unwrap_or(&b',')
}

/// `Patient ID` is `patient_id`.
fn names(header: &StringRecord) -> Vec<String> {
    let name = |cell: &str| cell.trim().to_lowercase().replace([' ', '-'], "_");
    header.iter().map(name).collect()
}

/// The column with the first of `wanted` that is there.
fn one_of(names: &[String], wanted: &[&str]) -> Option<usize> {
    let position = |wanted: &&str| names.iter().position(|name| name == wanted);
    wanted.iter().find_map(position)
}

/// The only column with one of `wanted`, or the one with our own name.
fn the_one(names: &[String], wanted: &[&'static str]) -> Result<usize, ManifestProblem> {
    let positions: Vec<usize> = wanted
        .iter()
        .filter_map(|wanted| names.iter().position(|name| name == wanted))
        .collect();
    match positions.as_slice() {
        [] => Err(ManifestProblem::MissingColumn {
            column: wanted[0],
            found: listed(names),
        }),
        [only] => Ok(*only),
        [first, ..] if names[*first] == wanted[0] => Ok(*first),
        [first, second, ..] => Err(ManifestProblem::AmbiguousColumns {
            meaning: wanted[0],
            first: names[*first].clone(),
            second: names[*second].clone(),
        }),
    }
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A misspelt `splt` would have the data divided anew, and nobody would notice.
fn refuse_doubtful(names: &[String]) -> Result<(), ManifestProblem> {
    let known = || [&PATH[..], &CLASS, &SPLIT, &GROUP].into_iter().flatten();
    for (position, name) in names.iter().enumerate() {
        let advice = if known().any(|column| column == name) {
            if !names[..position].contains(name) {
                continue;
            }
            "a column may stand there once".to_owned()
        } else {
            let ours = [PATH[0], CLASS[0], SPLIT[0], GROUP[0]];
            let is_near = |column: &&&str| {
                (column.len() >= LEAST_DOUBTFUL || ours.contains(*column))
                    && is_one_slip(name, column)
            };
            let Some(near) = known().find(is_near) else {
                continue;
            };
            format!("call it `{near}` if it is that, or something quite different")
        };
        return Err(ManifestProblem::DoubtfulColumn {
            found: name.clone(),
            advice,
        });
    }
    Ok(())
}
