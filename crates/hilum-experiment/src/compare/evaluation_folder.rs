//! An evaluation as it lies on the disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hilum_core::{ClassIndex, Classes, Probabilities, spreadsheet_text};
use hilum_metrics::EvaluationReport;

use super::error::CompareError;
use crate::ExperimentError;

/// What a model said of a slice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JudgedRow {
    pub(super) path: PathBuf,
    pub(super) truth: ClassIndex,
    pub(super) probabilities: Probabilities,
    /// The number of its group; `None` where an earlier hilum did not say.
    pub(super) group: Option<usize>,
    /// Whether it is clean; `None` where an earlier hilum did not say and it cannot be concluded.
    pub(super) is_clean: Option<bool>,
    /// The digest of its pixels; `None` where an earlier hilum did not say.
    pub(super) content: Option<String>,
}

/// Reads `metrics.json`, `predictions.csv` and, for what it says beside them, `answers.csv`.
pub(super) fn read(folder: &Path) -> Result<(EvaluationReport, Vec<JudgedRow>), ExperimentError> {
    let path = folder.join("metrics.json");
    let text = fs_err::read_to_string(&path).map_err(ExperimentError::Input)?;
    let report: EvaluationReport = serde_json::from_str(&text).map_err(|error| {
        let problem = format!("it has no figures of an evaluation ({error})");
        CompareError::Foreign { path, problem }
    })?;
    let mut rows = predictions(folder, &report.as_is.confusion.classes)?;
    if rows.len() != report.as_is.count {
        let (found, of) = (rows.len(), report.as_is.count);
        return Err(CompareError::Foreign {
            path: folder.join("predictions.csv"),
            problem: format!("{found} slices where `metrics.json` counts {of}"),
        }
        .into());
    }
    add_answers(folder, &mut rows)?;
    let all_alike = match &report.clean {
        None => Some(false),
        Some(clean) => (clean.count == report.as_is.count).then_some(true),
    };
    for row in &mut rows {
        row.is_clean = row.is_clean.or(all_alike);
    }
    Ok((report, rows))
}

fn predictions(folder: &Path, classes: &Classes) -> Result<Vec<JudgedRow>, ExperimentError> {
    let path = folder.join("predictions.csv");
    let text = fs_err::read_to_string(&path).map_err(ExperimentError::Input)?;
    let foreign = |problem: String| CompareError::Foreign {
        path: path.clone(),
        problem,
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| foreign(error.to_string()))?;
    let names = classes
        .names()
        .iter()
        .map(|name| spreadsheet_text(name.as_str()).into_owned());
    let fixed = ["path", "truth", "predicted"].map(str::to_owned);
    let expected: Vec<String> = fixed.into_iter().chain(names).collect();
    if header.iter().take(expected.len()).ne(expected.iter()) {
        let columns = expected.join(",");
        return Err(foreign(format!("its columns are not `{columns}`")).into());
    }
    let mut rows = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| foreign(error.to_string()))?;
        let row = prediction(&record, classes);
        let line = number + 2;
        rows.push(row.ok_or_else(|| foreign(format!("line {line} is no prediction")))?);
    }
    Ok(rows)
}

fn prediction(record: &csv::StringRecord, classes: &Classes) -> Option<JudgedRow> {
    let truth = text_of(record.get(1)?);
    let truth = classes
        .indices()
        .find(|class| classes.name(*class).as_str() == truth)?;
    let values = record.iter().skip(3).take(classes.len());
    let values: Option<Vec<f64>> = values.map(|value| value.parse().ok()).collect();
    Some(JudgedRow {
        path: PathBuf::from(text_of(record.get(0)?)),
        truth,
        probabilities: Probabilities::new(values?)?,
        group: None,
        is_clean: None,
        content: None,
    })
}

/// The text of a cell without the apostrophe that keeps a spreadsheet from computing it.
fn text_of(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if spreadsheet_text(text) == cell => text,
        _ => cell,
    }
}

/// What `answers.csv` says of groups, clean slices and content, where it says that.
fn add_answers(folder: &Path, rows: &mut [JudgedRow]) -> Result<(), ExperimentError> {
    let path = folder.join("answers.csv");
    let Ok(text) = fs_err::read_to_string(&path) else {
        return Ok(());
    };
    let foreign = |problem: String| CompareError::Foreign {
        path: path.clone(),
        problem,
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| foreign(error.to_string()))?;
    let columns: HashMap<String, usize> = header
        .iter()
        .enumerate()
        .map(|(at, name)| (name.to_owned(), at))
        .collect();
    let records: Vec<csv::StringRecord> = reader
        .records()
        .collect::<Result<_, _>>()
        .map_err(|error| foreign(error.to_string()))?;
    let cell = |record: &csv::StringRecord, name: &str| {
        let cell = record.get(*columns.get(name)?)?;
        (!cell.is_empty()).then(|| text_of(cell).to_owned())
    };
    let are_the_same = records.len() == rows.len()
        && records.iter().zip(rows.iter()).all(|(record, row)| {
            cell(record, "path").is_some_and(|path| Path::new(&path) == row.path)
        });
    if !are_the_same {
        let problem = "it is not of the slices of `predictions.csv`".to_owned();
        return Err(foreign(problem).into());
    }
    for (record, row) in records.iter().zip(rows) {
        row.group = cell(record, "group").and_then(|group| group.parse().ok());
        row.is_clean = cell(record, "clean").and_then(|clean| clean.parse().ok());
        row.content = cell(record, "content");
    }
    Ok(())
}
