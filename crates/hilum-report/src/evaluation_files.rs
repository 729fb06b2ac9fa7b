//! The folder of an evaluation.

use std::io;
use std::path::{Path, PathBuf};

use hilum_files::write_atomically;
use hilum_metrics::History;
use thiserror::Error;

use crate::evaluated::Evaluated;
use crate::html_report::html_report;
use crate::plots::EvaluationPlots;
use crate::predictions::{answers_csv, predictions_csv};
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
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Disk {
            path: path.to_owned(),
            source,
        }
    }
}

/// Writes `metrics.json`, `predictions.csv`, `answers.csv`, `confusion-matrix.svg`, `roc.svg`,
/// `precision-recall.svg`, `reliability.svg`, `risk-coverage.svg` and `report.html` into `folder`, which is made if
/// it isn't there. Each file is either the old one or the whole new one. Returns their paths.
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
    let html = html_report(evaluated, &plots);
    let files = [
        ("metrics.json", metrics),
        ("predictions.csv", csv),
        ("answers.csv", answers),
        ("confusion-matrix.svg", plots.confusion_matrix.into_bytes()),
        ("roc.svg", plots.roc.into_bytes()),
        ("precision-recall.svg", plots.precision_recall.into_bytes()),
        ("reliability.svg", plots.reliability.into_bytes()),
        ("risk-coverage.svg", plots.risk_coverage.into_bytes()),
        ("report.html", html.into_bytes()),
    ];
    let mut written = Vec::with_capacity(files.len());
    for (name, content) in files {
        let path = folder.join(name);
        write_atomically(&path, |file| file.write_all(&content)).map_err(WriteError::at(&path))?;
        written.push(path);
    }
    Ok(written)
}

/// Writes [`training_curves`] to `path` (usually `curves.svg`): the old file or the whole new.
///
/// # Errors
/// [`WriteError`] if the disk refuses.
pub fn write_curves(
    path: &Path,
    history: &History,
    context: &TrainingContext,
) -> Result<(), WriteError> {
    let drawing = training_curves(history, context);
    write_atomically(path, |file| file.write_all(drawing.as_bytes())).map_err(WriteError::at(path))
}
