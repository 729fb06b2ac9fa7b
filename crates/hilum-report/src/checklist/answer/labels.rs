//! Annotation: where classes come from, and what nobody recorded of it.

use std::path::Path;

use hilum_core::AuditSummary;

use crate::checklist::facts::{Facts, JudgedData};
use crate::checklist::phrases::counted;
use crate::checklist::reply::{Answer, Reply, Source};

/// What a label is; how it was come by is said to be unknown.
pub(in crate::checklist) fn definition(facts: &Facts) -> Reply {
    let Some(path) = facts.setting("data.path") else {
        return Reply::Silent;
    };
    let renamed = facts
        .setting("data.class_map")
        .map(|map| format!("Renamed on purpose: {map}."));
    let answer = Answer::new()
        .says(
            format!(
                "Each slice of `{path}` has {}: one of {} ({}).",
                place(path),
                facts.card.classes.len(),
                facts.card.classes.join(", ")
            ),
            Source::ModelFile,
        )
        .may_say(renamed, Source::ModelFile)
        .says(
            "Not recorded: on what the class rests (histology, report, reading), and when it was \
             determined.",
            Source::ModelFile,
        );
    Reply::answered(answer)
}

fn place(path: &str) -> &'static str {
    let extension = Path::new(path).extension();
    if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        "the class that the manifest names"
    } else {
        "the class of the folder that it lies in"
    }
}

/// Who labelled: the data did, before.
pub(in crate::checklist) fn annotators(facts: &Facts) -> Reply {
    if facts.setting("data.path").is_none() {
        return Reply::Silent;
    }
    let text = "Labels came with the data; no reader annotated a slice for this model. Not recorded: \
                who gave them, with which qualification and instruction.";
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}

/// How test slices were labelled.
pub(in crate::checklist) fn of_test(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    let data = evaluation.data();
    let as_training = match evaluation.of {
        JudgedData::OfTheTraining => ", as those that it learned from",
        JudgedData::Another | JudgedData::Unknown => "",
    };
    let text = format!(
        "Slices of `{}` were not annotated anew: each slice of `{data}` has {}{as_training}.",
        evaluation.report.split,
        place(data)
    );
    Reply::Answered(Answer::new().says(text, Source::MetricsJson))
}

/// Raters are not known; contradictions between copies of one picture are.
pub(in crate::checklist) fn variability(facts: &Facts) -> Reply {
    let Some(remaining) = facts.found("label-conflict") else {
        return Reply::Silent;
    };
    let AuditSummary::Audited { mended, .. } = &facts.card.audit else {
        return Reply::Silent;
    };
    let dropped = mended.iter().filter(|line| line.contains("two classes"));
    let dropped: Vec<&str> = dropped.map(String::as_str).collect();
    let found = match (remaining, dropped.is_empty()) {
        (0, true) => "the audit found no picture under two classes".to_owned(),
        (0, false) => format!(
            "pictures under two classes were dropped ({})",
            dropped.join("; ")
        ),
        (count, _) => format!(
            "{} of one picture under two classes were left in",
            counted(count, "finding", "findings")
        ),
    };
    let text = format!(
        "Not measured: every file has one label, and no slice was read twice. The one trace of \
         disagreement that the data can show: {found}."
    );
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}
