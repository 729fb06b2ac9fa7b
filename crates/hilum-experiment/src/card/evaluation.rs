//! Evaluations of the model: those that are named, else the one beside it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hilum_core::Classes;
use hilum_metrics::{CleanPart, EvaluationReport};
use hilum_report::{EvaluationFacts, HeatSection, JudgedData, MistakeFacts};
use hilum_weights::ModelFile;
use serde_json::Value;

use super::error::CardError;
use crate::ModelOrigin;
use crate::places::handed_on;

/// Counts beyond this are damage.
const MOST_SLICES: u64 = 1 << 40;

/// All that are named; if none is, the one beside the model, if it is there and of it.
pub(super) fn all(
    origin: &ModelOrigin,
    model: &ModelFile,
    named: &[PathBuf],
    notes: &mut Vec<String>,
) -> Result<Vec<EvaluationFacts>, CardError> {
    let mut found = Vec::new();
    for folder in named {
        let evaluation = read(folder, model)?;
        if !is_of(&evaluation.report, origin) {
            notes.push(format!(
                "`{}` says that it is of `{}`",
                folder.display(),
                evaluation.report.model
            ));
        }
        found.push(evaluation);
    }
    if named.is_empty() {
        found.extend(beside(origin, model, notes));
    }
    Ok(found)
}

/// None of what may be wrong with it is an error: nobody asked for it.
fn beside(
    origin: &ModelOrigin,
    model: &ModelFile,
    notes: &mut Vec<String>,
) -> Option<EvaluationFacts> {
    let folder = origin.evaluation_folder();
    if !folder.join("metrics.json").is_file() {
        return None;
    }
    let shown = folder.display();
    match read(&folder, model) {
        Ok(evaluation) if is_of(&evaluation.report, origin) => {
            notes.push(format!(
                "with the evaluation in `{shown}`; `--evaluation DIR` takes others"
            ));
            let next = folder.with_file_name("evaluation-2");
            if next.is_dir() {
                notes.push(format!(
                    "there are later ones, such as `{}`",
                    next.display()
                ));
            }
            Some(evaluation)
        }
        Ok(evaluation) => {
            notes.push(format!(
                "`{shown}` is of `{}`, and is left out; `--evaluation {shown}` takes it",
                evaluation.report.model
            ));
            None
        }
        Err(error) => {
            let message = error.to_string();
            let first = message.lines().next().unwrap_or_default();
            notes.push(format!("no evaluation is read: {first}"));
            None
        }
    }
}

/// Whether it says so: a file may have moved, hence by its name alone.
fn is_of(report: &EvaluationReport, origin: &ModelOrigin) -> bool {
    match origin {
        ModelOrigin::Bundled => report.model == origin.to_string(),
        ModelOrigin::File(path) => Path::new(&report.model).file_name() == path.file_name(),
    }
}

fn read(folder: &Path, model: &ModelFile) -> Result<EvaluationFacts, CardError> {
    // The file itself may be named as well.
    let folder = match folder.file_name() {
        Some(name) if name == "metrics.json" => folder.parent().unwrap_or(Path::new("")),
        _ => folder,
    };
    let path = folder.join("metrics.json");
    let text = fs_err::read(&path).map_err(|source| CardError::NoEvaluation {
        folder: folder.to_owned(),
        source,
    })?;
    let unusual = |source| CardError::NotAnEvaluation {
        path: path.clone(),
        source,
    };
    let report: EvaluationReport = serde_json::from_slice(&text).map_err(unusual)?;
    check(&path, folder, &report, &model.classes)?;
    let heat = report.heat.as_ref().map(HeatSection::from);
    let of = judged_data(&report, model);
    Ok(EvaluationFacts {
        folder: folder.display().to_string(),
        mistakes: mistakes(folder, &report),
        report: without_places(report),
        heat,
        of,
    })
}

fn check(
    path: &Path,
    folder: &Path,
    report: &EvaluationReport,
    classes: &Classes,
) -> Result<(), CardError> {
    let by_group = report.by_group.as_ref().map(|by| &by.figures);
    let figures = [Some(&report.as_is), report.clean.as_ref(), by_group];
    for confusion in figures.into_iter().flatten().map(|one| &one.confusion) {
        if confusion.classes != *classes {
            let list = |classes: &Classes| {
                let names = classes.names().iter().map(|name| format!("`{name}`"));
                names.collect::<Vec<_>>().join(", ")
            };
            return Err(CardError::OtherClasses {
                folder: folder.to_owned(),
                found: list(&confusion.classes),
                expected: list(classes),
            });
        }
        let is_square = confusion.counts.len() == classes.len()
            && confusion
                .counts
                .iter()
                .all(|row| row.len() == classes.len());
        let is_small = confusion
            .counts
            .iter()
            .flatten()
            .all(|count| *count < MOST_SLICES);
        if !is_square || !is_small {
            let path = path.to_owned();
            return Err(CardError::Contradictory { path });
        }
    }
    Ok(())
}

/// What is handed on names no absolute path.
fn without_places(mut report: EvaluationReport) -> EvaluationReport {
    if let Some(data) = report.details.get_mut("data") {
        *data = handed_on(Path::new(data.as_str())).display().to_string();
    }
    report
}

/// Whether what was judged is the data of the training, by its name and by how it was divided.
fn judged_data(report: &EvaluationReport, model: &ModelFile) -> JudgedData {
    let division = report.details.get("division");
    if division.is_some_and(|says| says.contains("did not learn from it")) {
        return JudgedData::Another;
    }
    let trained = model.training.settings.data.other.get("path");
    let trained = trained.and_then(Value::as_str).map(Path::new);
    let judged = report.details.get("data").map(Path::new);
    match (trained, judged) {
        (Some(trained), Some(judged)) if trained.file_name() == judged.file_name() => {
            JudgedData::OfTheTraining
        }
        (Some(_), Some(_)) => JudgedData::Another,
        _ => JudgedData::Unknown,
    }
}

/// The clean slices that are called wrong, the surest first; of all, if none is clean. `None` if the
/// predictions are gone or cannot be read.
fn mistakes(folder: &Path, report: &EvaluationReport) -> Option<Vec<MistakeFacts>> {
    let clean = match report.clean_part() {
        CleanPart::Nothing => None,
        _ => clean_paths(folder),
    };
    let mut reader = csv::Reader::from_path(folder.join("predictions.csv")).ok()?;
    let header = reader.headers().ok()?.clone();
    let data = report.details.get("data").map(Path::new);
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        let (path, truth, predicted) = (record.get(0)?, record.get(1)?, record.get(2)?);
        let is_clean = clean
            .as_ref()
            .is_none_or(|clean| clean.get(path).copied().unwrap_or(true));
        if truth == predicted || !is_clean {
            continue;
        }
        let column = header.iter().skip(3).position(|name| name == predicted)?;
        let probability: f64 = record.get(3 + column)?.parse().ok()?;
        found.push(MistakeFacts {
            path: within(plain(path), data),
            truth: plain(truth).to_owned(),
            predicted: plain(predicted).to_owned(),
            probability,
        });
    }
    found.sort_by(|one, other| other.probability.total_cmp(&one.probability));
    Some(found)
}

/// Which slices are clean, by their paths; `None` where an older hilum did not write it.
fn clean_paths(folder: &Path) -> Option<HashMap<String, bool>> {
    let mut reader = csv::Reader::from_path(folder.join("answers.csv")).ok()?;
    let header = reader.headers().ok()?;
    let column = header.iter().position(|name| name == "clean")?;
    let mut clean = HashMap::new();
    for record in reader.records() {
        let record = record.ok()?;
        clean.insert(record.get(0)?.to_owned(), record.get(column)? == "true");
    }
    Some(clean)
}

/// Text that a spreadsheet would take for a formula has an apostrophe before it.
fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) => rest,
        _ => cell,
    }
}

/// A slice by its place in the data.
fn within(path: &str, data: Option<&Path>) -> String {
    let path = Path::new(path);
    let inside = data.and_then(|data| path.strip_prefix(data).ok());
    match inside {
        Some(inside) => inside.display().to_string(),
        None => handed_on(path).display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_named_within_its_data() {
        let data = Some(Path::new("/home/ada/slices"));
        assert_eq!(within("/home/ada/slices/test/a.png", data), "test/a.png");
        assert_eq!(within("/elsewhere/a.png", data), "a.png");
        assert_eq!(plain("'=1+1.png"), "=1+1.png");
        assert_eq!(plain("'quoted'.png"), "'quoted'.png");
    }
}
