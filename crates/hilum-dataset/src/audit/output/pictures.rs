//! The pictures of the page: sheets of thumbnails.

use std::path::Path;

use hilum_core::Split;
use hilum_imaging::{Channels, Pixels, SheetRow, WriteError, sheet, write_png};

use super::surroundings::surroundings_rows;
use crate::Dataset;
use crate::audit::facts::{FileFacts, THUMBNAIL_SIDE};
use crate::audit::finding::Finding;
use crate::audit::result::Audit;

/// Pixels per side of a picture on a sheet.
const CELL_SIDE: usize = 96;
/// Pictures in a row.
const COLUMN_COUNT: usize = 8;

/// What a finding shows: surroundings where it tells of them, or else its files.
pub(super) fn finding_rows(dataset: &Dataset, audit: &Audit, finding: &Finding) -> Vec<SheetRow> {
    let rows = surroundings_rows(dataset, audit, finding);
    if rows.is_empty() {
        finding_row(dataset, audit, finding).into_iter().collect()
    } else {
        rows
    }
}

/// The first pictures of a finding and its last, which stands in another split if any does, each
/// under its split.
fn finding_row(dataset: &Dataset, audit: &Audit, finding: &Finding) -> Option<SheetRow> {
    let samples = || dataset.samples.iter().zip(&audit.facts);
    let count = finding.files.len();
    let first_count = if count > COLUMN_COUNT {
        COLUMN_COUNT - 1
    } else {
        count
    };
    let (first, rest) = finding.files.split_at(first_count);
    let (splits, pictures): (Vec<Split>, Vec<Pixels>) = first
        .iter()
        .chain(rest.last())
        .filter_map(|file| {
            let (sample, facts) = samples().find(|(sample, _)| sample.relative == *file)?;
            Some((sample.split, picture(facts)?))
        })
        .unzip();
    (!pictures.is_empty()).then(|| SheetRow {
        label: column_titles(&splits),
        pictures,
    })
}

/// The name of each split above its picture: a letter is 8 pixels wide, a gap 6.
fn column_titles(splits: &[Split]) -> String {
    let mut titles = String::new();
    for (column, split) in splits.iter().enumerate() {
        let start = column * (CELL_SIDE + 6) / 8;
        let room = start - titles.len();
        titles.push_str(&" ".repeat(room));
        titles.push_str(split.as_str());
    }
    titles
}

fn picture(facts: &FileFacts) -> Option<Pixels> {
    let levels = facts.slice()?.thumbnail.levels().to_vec();
    Some(Pixels::new(
        THUMBNAIL_SIDE,
        THUMBNAIL_SIDE,
        Channels::Grey,
        levels,
    ))
}

/// Samples of each class, evenly spread over its files.
pub(super) fn sample_rows(dataset: &Dataset, audit: &Audit) -> Vec<SheetRow> {
    let classes = dataset.classes.indices();
    let rows = classes.map(|class| {
        let pictures: Vec<Pixels> = dataset
            .samples
            .iter()
            .zip(&audit.facts)
            .filter(|(sample, _)| sample.class == class)
            .filter_map(|(_, facts)| picture(facts))
            .collect();
        let step = pictures.len().div_ceil(COLUMN_COUNT).max(1);
        SheetRow {
            label: dataset.classes.name(class).to_string(),
            pictures: pictures.into_iter().step_by(step).collect(),
        }
    });
    rows.filter(|row| !row.pictures.is_empty()).collect()
}

/// Writes a picture of `rows`, and says whether there was anything to show.
pub(super) fn write_sheet(path: &Path, rows: &[SheetRow]) -> Result<bool, WriteError> {
    if rows.is_empty() {
        return Ok(false);
    }
    write_png(path, &sheet(&[], rows, CELL_SIDE, CELL_SIDE))?;
    Ok(true)
}
