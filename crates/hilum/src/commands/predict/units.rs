//! Answers for a series or a patient: as paragraphs, as JSON lines or as CSV.

use std::io;

use hilum_core::{ClassName, Classes, printable_name, spreadsheet_text};
use hilum_experiment::{Evidence, UnitAnswer, UnitPrediction, Whole};

use super::output::{Sink, csv_rows};
use crate::arguments::Format;
use crate::summary::Table;

/// Slices that a paragraph shows; JSON and CSV name all.
const SHOWN: usize = 10;

/// Puts answers into a format.
pub(super) struct UnitOutput {
    format: Format,
    classes: Classes,
    sink: Sink,
    is_begun: bool,
}

impl UnitOutput {
    pub(super) fn new(format: Format, classes: &Classes, sink: Sink) -> Self {
        Self {
            format,
            classes: classes.clone(),
            sink,
            is_begun: false,
        }
    }

    /// Prints an answer as it comes; among paragraphs, files that could not be read have none.
    pub(super) fn answer(&mut self, answer: &UnitAnswer) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match (self.format, answer) {
            (Format::Json, answer) => self.sink.json(&serde_json::to_string(answer)?),
            (Format::Csv, answer) => {
                let header = is_first.then(|| header(&self.classes));
                let rows = header.into_iter().chain([row(&self.classes, answer)]);
                self.sink.rows(&csv_rows(rows)?)
            }
            (Format::Text, UnitAnswer::Predicted(unit)) => {
                if !is_first {
                    self.sink.line("")?;
                }
                paragraph(unit, &mut self.sink)
            }
            (Format::Text, UnitAnswer::Unreadable { .. }) => {
                self.is_begun = !is_first;
                Ok(())
            }
        }
    }

    /// What the memory holds.
    pub(super) fn finish(self) -> Vec<u8> {
        self.sink.into_memory()
    }
}

fn paragraph(unit: &UnitPrediction, sink: &mut Sink) -> io::Result<()> {
    sink.line(&title(unit))?;
    if let Some(path) = unit.path.as_ref().filter(|_| unit.series_uid.is_some()) {
        sink.line(&format!("  in {path}"))?;
    }
    sink.line(&format!("  {}", verdict(unit)))?;
    let calibrated = if unit.calibrated {
        "calibrated"
    } else {
        "not calibrated"
    };
    sink.line(&format!("  by {}; {calibrated}", unit.rule_says))?;
    sink.line(&format!("  {}", says_what(unit)))?;
    for warning in &unit.warnings {
        sink.line(&format!("  warning: {warning}"))?;
    }
    let shown = unit.evidence.len().min(SHOWN);
    let count = match unit.evidence.len() {
        count if count == shown => String::new(),
        count => format!(" (the first {shown} of {count})"),
    };
    sink.line(&format!("  carried by these slices{count}:"))?;
    let evidence = &unit.evidence[..shown];
    sink.table(&evidence_table(evidence))?;
    if evidence.iter().any(|one| one.abstained) {
        sink.line("? = by itself the slice has no answer")?;
    }
    Ok(())
}

/// `series 1.2.3`, `patient P1`, or the folder.
fn title(unit: &UnitPrediction) -> String {
    let patient = unit.patient_id.as_ref().or(unit.group.as_ref());
    let series = unit.series_uid.as_ref();
    let name = match unit.by {
        Whole::Patient => patient,
        Whole::Series => series.or(patient),
    };
    let path = || unit.path.clone();
    let study = || unit.study_uid.as_ref().map(|uid| format!("of study {uid}"));
    let name = name.cloned().or_else(path).or_else(study);
    format!("{} {}", unit.by, name.unwrap_or_default())
}

/// The class and how likely each is, the likeliest first.
fn verdict(unit: &UnitPrediction) -> String {
    let mut classes: Vec<(&ClassName, f64)> = unit
        .probabilities
        .iter()
        .map(|(name, value)| (name, *value))
        .collect();
    classes.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let shown =
        |(name, value): &(&ClassName, f64)| format!("{} {value:.3}", printable_name(name.as_str()));
    let all: Vec<String> = classes.iter().map(shown).collect();
    match &unit.reason {
        Some(reason) => format!("I don't know: {reason} ({})", all.join(", ")),
        None => match all.split_first() {
            Some((first, others)) => format!("{first} ({})", others.join(", ")),
            None => String::new(),
        },
    }
}

/// `64 slices: 60 normal, 2 adenocarcinoma; no answer for 2, not like the training data`
fn says_what(unit: &UnitPrediction) -> String {
    let counts = &unit.slices;
    let mut classes: Vec<(&ClassName, usize)> = counts
        .classes
        .iter()
        .map(|(name, count)| (name, *count))
        .collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let answered: Vec<String> = classes
        .iter()
        .map(|(name, count)| format!("{count} {}", printable_name(name.as_str())))
        .collect();
    let mut parts = Vec::new();
    if counts.answered > 0 {
        parts.push(answered.join(", "));
    }
    if counts.abstained > 0 {
        let reasons = counts.reasons.iter();
        let reasons = reasons.map(|(reason, count)| format!("for {count}, {reason}"));
        let reasons: Vec<String> = reasons.collect();
        parts.push(format!("no answer {}", reasons.join("; ")));
    }
    if counts.unreadable > 0 {
        parts.push(format!("{} not readable or refused", counts.unreadable));
    }
    let slices = if counts.count == 1 { "slice" } else { "slices" };
    format!("{} {slices}: {}", counts.count, parts.join("; "))
}

/// The file and what it says; then where it lies, as far as it says so.
fn evidence_table(evidence: &[Evidence]) -> Table {
    let header = [
        "file",
        "class",
        "probability",
        "weight",
        "frame",
        "instance",
        "mm",
    ];
    let cells = |one: &Evidence| {
        let name = one.path.file_name().unwrap_or(one.path.as_os_str());
        let unsure = if one.abstained { " ?" } else { "" };
        let place = one.position_mm.map(|place| format!("{place:.1}"));
        [
            name.to_string_lossy().into_owned(),
            format!("{}{unsure}", one.class),
            format!("{:.3}", one.probability),
            format!("{:.3}", one.weight),
            or_empty(one.frame),
            or_empty(one.instance_number),
            place.unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 7]> = evidence.iter().map(cells).collect();
    // Columns that nothing stands in are left out.
    let is_used = |column: &usize| rows.iter().any(|row| !row[*column].is_empty());
    let columns: Vec<usize> = (0..header.len()).filter(is_used).collect();
    let mut table = Table::new(columns.iter().map(|column| header[*column]), 2);
    for row in &rows {
        table.row(columns.iter().map(|column| row[*column].clone()));
    }
    table
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn header(classes: &Classes) -> Vec<String> {
    let names = classes.names().iter().map(ClassName::as_str);
    let before = [
        "by",
        "path",
        "study_uid",
        "series_uid",
        "patient_id",
        "group",
        "class",
    ];
    let after = [
        "abstained",
        "reason",
        "calibrated",
        "rule",
        "model",
        "slices",
        "slices_answered",
        "slices_abstained",
        "slices_unreadable",
        "slice_classes",
        "evidence",
        "warnings",
        "error",
    ];
    before
        .into_iter()
        .chain(names)
        .chain(after)
        .map(text)
        .collect()
}

fn row(classes: &Classes, answer: &UnitAnswer) -> Vec<String> {
    let unit = match answer {
        UnitAnswer::Predicted(unit) => unit,
        UnitAnswer::Unreadable { path, error, .. } => {
            let mut row = vec![String::new(); header(classes).len()];
            row[1] = text(&path.display().to_string());
            if let Some(last) = row.last_mut() {
                *last = text(error);
            }
            return row;
        }
    };
    let optional = |value: &Option<String>| value.as_deref().map_or_else(String::new, text);
    let mut row = vec![
        unit.by.to_string(),
        optional(&unit.path),
        optional(&unit.study_uid),
        optional(&unit.series_uid),
        optional(&unit.patient_id),
        optional(&unit.group),
        text(unit.class.as_ref().map_or("", ClassName::as_str)),
    ];
    row.extend(unit.probabilities.values().map(f64::to_string));
    let counts = &unit.slices;
    let slice_classes = counts.classes.iter();
    let slice_classes = slice_classes.map(|(name, count)| format!("{name}: {count}"));
    let evidence = unit.evidence.iter().map(|one| {
        let frame = one
            .frame
            .map_or_else(String::new, |frame| format!(" frame {frame}"));
        format!("{}{frame}", one.path.display())
    });
    row.extend([
        unit.abstained.to_string(),
        or_empty(unit.reason),
        unit.calibrated.to_string(),
        unit.rule.to_owned(),
        text(&unit.model),
        counts.count.to_string(),
        counts.answered.to_string(),
        counts.abstained.to_string(),
        counts.unreadable.to_string(),
        text(&slice_classes.collect::<Vec<_>>().join("; ")),
        text(&evidence.collect::<Vec<_>>().join("; ")),
        text(&unit.warnings.join("; ")),
        String::new(),
    ]);
    row
}

/// A cell of text.
fn text(cell: &str) -> String {
    spreadsheet_text(cell).into_owned()
}
