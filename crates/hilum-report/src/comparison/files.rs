//! The folder of a comparison.

use std::path::{Path, PathBuf};

use hilum_files::write_atomically;

use super::Compared;
use super::page::page;
use super::plots::ComparisonPlots;
use crate::evaluation_files::WriteError;
use crate::room::Room;

/// Writes `compare.json`, `comparison.html`, `differences.svg`, `roc.svg`, `reliability.svg` and,
/// where a training is known, `training-curves.svg` into `folder`, which is made if it isn't there.
/// Each file is either the old one or the whole new one. Returns their paths.
///
/// # Errors
/// [`WriteError`] at the first file that the disk refuses; the files before it are written.
///
/// # Panics
/// If the models are not those of the report, or what they say is not of its slices.
pub fn write_comparison(
    folder: &Path,
    compared: &Compared<'_>,
) -> Result<Vec<PathBuf>, WriteError> {
    fs_err::create_dir_all(folder).map_err(WriteError::at(folder))?;
    let report = compared.report;
    assert_eq!(
        report.models.len(),
        compared.models.len(),
        "the same models"
    );
    let plots = ComparisonPlots::draw(Room::Wide, compared);
    let json = serde_json::to_vec_pretty(report).expect("a report has text keys");
    let html = page(compared, &plots);
    let mut files = vec![
        ("compare.json", json),
        ("comparison.html", html.into_bytes()),
        ("differences.svg", plots.differences.into_bytes()),
        ("roc.svg", plots.roc.into_bytes()),
        ("reliability.svg", plots.reliability.into_bytes()),
    ];
    let training = plots.training.map(String::into_bytes);
    files.extend(training.map(|drawing| ("training-curves.svg", drawing)));
    let mut written = Vec::with_capacity(files.len());
    for (name, content) in files {
        let path = folder.join(name);
        write_atomically(&path, |file| file.write_all(&content)).map_err(WriteError::at(&path))?;
        written.push(path);
    }
    Ok(written)
}
