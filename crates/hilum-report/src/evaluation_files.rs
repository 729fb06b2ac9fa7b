//! The folder of an evaluation.

use std::io;
use std::path::{Path, PathBuf};

use hilum_files::write_atomically;
use hilum_metrics::History;
use thiserror::Error;

use crate::evaluated::Evaluated;
use crate::html_report::html_report;
use crate::plot_format::PlotFormat;
use crate::plots::EvaluationPlots;
use crate::predictions::{answers_csv, predictions_csv};
use crate::raster::raster;
use crate::room::Room;
use crate::training_context::TrainingContext;
use crate::training_curves::training_curves;

/// Why an evaluation or a plot is not on the disk.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The disk refused; the cause names the file.
    #[error("could not write `{path}`\nhint: is the disk full, or the folder read-only?")]
    Disk {
        /// What was to be written.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}

impl WriteError {
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Disk {
            path: path.to_owned(),
            source,
        }
    }
}

/// Writes `metrics.json`, `predictions.csv`, `answers.csv`, `confusion-matrix.svg`, `roc.svg`,
/// `precision-recall.svg`, `reliability.svg`, `risk-coverage.svg`, `stress.svg` if there is a stress
/// table, and `report.html` into `folder`, which is made if it isn't there; each plot also as PNG, if
/// `format` says so. Each file is either the old one or the whole new one. Returns their paths.
///
/// # Errors
/// [`WriteError`] at the first file that the disk refuses; the files before it are written.
///
/// # Panics
/// If the predictions belong to other classes than the report, or there is not one of the slices a
/// prediction.
pub fn write_evaluation(
    folder: &Path,
    evaluated: &Evaluated<'_>,
    format: PlotFormat,
) -> Result<Vec<PathBuf>, WriteError> {
    fs_err::create_dir_all(folder).map_err(WriteError::at(folder))?;
    let Evaluated {
        report,
        predictions,
        slices,
        ..
    } = evaluated;
    let classes = &report.as_is.confusion.classes;
    let plots = EvaluationPlots::draw(Room::Wide, evaluated);
    let metrics = serde_json::to_vec_pretty(report).expect("scores have text keys");
    let csv = predictions_csv(classes, predictions)
        .map_err(WriteError::at(&folder.join("predictions.csv")))?;
    let answers = answers_csv(classes, predictions, *slices)
        .map_err(WriteError::at(&folder.join("answers.csv")))?;
    let mut written = Vec::new();
    for (name, content) in [
        ("metrics.json", metrics),
        ("predictions.csv", csv),
        ("answers.csv", answers),
    ] {
        written.push(write(folder.join(name), &content)?);
    }
    for (name, drawing) in plots.files() {
        written.extend(write_plot(&folder.join(name), drawing, format)?);
    }
    let html = html_report(evaluated, &plots);
    written.push(write(folder.join("report.html"), html.as_bytes())?);
    Ok(written)
}

/// Writes [`training_curves`] to `path` (usually `curves.svg`), and as PNG beside it, if `format`
/// says so: the old file or the whole new.
///
/// # Errors
/// [`WriteError`] if the disk refuses.
pub fn write_curves(
    path: &Path,
    history: &History,
    context: &TrainingContext,
    format: PlotFormat,
) -> Result<(), WriteError> {
    write_plot(path, &training_curves(history, context), format)?;
    Ok(())
}

/// Writes `drawing`, one of this crate's, to `path`, which ends in `.svg`, and as PNG beside it, if
/// `format` says so: the old file or the whole new. Returns the paths.
///
/// # Errors
/// [`WriteError`] if the disk refuses.
///
/// # Panics
/// If `drawing` is no SVG.
pub fn write_plot(
    path: &Path,
    drawing: &str,
    format: PlotFormat,
) -> Result<Vec<PathBuf>, WriteError> {
    let mut written = vec![write(path.to_owned(), drawing.as_bytes())?];
    if format == PlotFormat::Png {
        written.push(write(path.with_extension("png"), &raster(drawing))?);
    }
    Ok(written)
}

fn write(path: PathBuf, content: &[u8]) -> Result<PathBuf, WriteError> {
    write_atomically(&path, |file| file.write_all(content)).map_err(WriteError::at(&path))?;
    Ok(path)
}
