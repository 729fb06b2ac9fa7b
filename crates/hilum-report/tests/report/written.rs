//! Folders of evaluations, as they are written.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use hilum_metrics::{EvaluationReport, Leaked};
use hilum_report::{Evaluated, PlotFormat, write_evaluation};
use tempfile::TempDir;

use super::fixture;

/// Writes an evaluation of four classes, of which `present` have slices; its folder.
pub(super) fn written(present: &[usize], change: impl FnOnce(&mut EvaluationReport)) -> TempDir {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, present, 60);
    let mut report = fixture::report(&classes, &predictions);
    change(&mut report);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(
        folder.path(),
        &fixture::evaluated(&report, &predictions),
        PlotFormat::Svg,
    )
    .unwrap();
    folder
}

pub(super) fn read(folder: &TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// What a model knew of 60 slices.
pub(super) fn leaked(count: usize) -> Leaked {
    Leaked {
        count,
        of: 60,
        files: (0..count).map(|number| format!("{number}.png")).collect(),
    }
}

/// An evaluation of 60 slices of which the last 12 are not clean, and of which the model knew
/// `known`.
pub(super) fn with_clean_part(known: Option<Leaked>) -> TempDir {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 60);
    let mut report = fixture::report(&classes, &predictions);
    report.clean = Some(fixture::evaluation(&classes, &predictions[..48]));
    report.leaked = known;
    let positions: Vec<usize> = (0..48).collect();
    let evaluated = Evaluated {
        clean: Some(&positions),
        ..fixture::evaluated(&report, &predictions)
    };
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(folder.path(), &evaluated, PlotFormat::Svg).unwrap();
    folder
}

pub(super) fn metrics(folder: &TempDir) -> serde_json::Value {
    serde_json::from_str(&read(folder, "metrics.json")).unwrap()
}

/// The page and the folder of a calibrated model.
pub(super) fn of_calibrated(alarm: bool) -> (TempDir, EvaluationReport) {
    let classes = fixture::classes(&fixture::CHEST);
    let predictions = fixture::predictions(4, &[0, 1, 2, 3], 200);
    let (report, predictions) = fixture::calibrated(&classes, &predictions, alarm);
    let folder = tempfile::tempdir().unwrap();
    write_evaluation(
        folder.path(),
        &fixture::evaluated(&report, &predictions),
        PlotFormat::Svg,
    )
    .unwrap();
    (folder, report)
}
