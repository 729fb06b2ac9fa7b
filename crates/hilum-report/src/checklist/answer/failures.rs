//! Failures: what is called wrong, how surely, what gets no answer, and what limits all of it.

use hilum_core::AuditSummary;
use hilum_metrics::Evaluation;

use crate::checklist::facts::{EvaluationFacts, Facts, JudgedData, MistakeFacts};
use crate::checklist::phrases::{counted, judged, listed, slices};
use crate::checklist::reply::{Answer, Reply, Source};

/// How many mistakes and confusions are named.
const NAMED_COUNT: usize = 3;

/// Errors, the surest of them, and slices without an answer.
pub(in crate::checklist) fn failures(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    let mut answer = Answer::new()
        .says(errors(evaluation), Source::MetricsJson)
        .may_say(
            evaluation.mistakes.as_deref().and_then(surest),
            Source::PredictionsCsv,
        )
        .may_say(abstained(evaluation), Source::MetricsJson);
    let unreadable = facts.data.as_ref().filter(|data| !data.ignored.is_empty());
    answer = answer.may_say(
        unreadable.map(|data| {
            let files = counted(data.ignored.len(), "file or folder", "files and folders");
            format!("Passed over as no slices: {files}.")
        }),
        Source::AuditJson,
    );
    Reply::answered(answer)
}

fn errors(evaluation: &EvaluationFacts) -> String {
    let figures = evaluation.shown();
    let mut confused = confusions(figures);
    let wrong: u64 = confused.iter().map(|(count, _)| count).sum();
    confused.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let most: Vec<String> = confused
        .iter()
        .take(NAMED_COUNT)
        .map(|(count, says)| format!("{count} {says}"))
        .collect();
    let of = judged(&evaluation.report);
    if wrong == 0 {
        return format!("No error in {of}; so few say little of how it fails.");
    }
    let most_says = if most.len() < confused.len() {
        ", most often "
    } else {
        ": "
    };
    format!(
        "{} in {of}{most_says}{}.",
        counted(wrong as usize, "error", "errors"),
        listed(&most)
    )
}

/// How many of one class are called another, and which.
fn confusions(figures: &Evaluation) -> Vec<(u64, String)> {
    let names = figures.confusion.classes.names();
    let mut found = Vec::new();
    for (truth, row) in names.iter().zip(&figures.confusion.counts) {
        for (predicted, count) in names.iter().zip(row) {
            if truth != predicted && *count > 0 {
                found.push((*count, format!("{truth} called {predicted}")));
            }
        }
    }
    found
}

fn surest(mistakes: &[MistakeFacts]) -> Option<String> {
    let named: Vec<String> = mistakes
        .iter()
        .take(NAMED_COUNT)
        .map(|one| {
            format!(
                "`{}` ({} called {}, {:.3})",
                one.path, one.truth, one.predicted, one.probability
            )
        })
        .collect();
    (!named.is_empty()).then(|| format!("Wrong and surest: {}.", listed(&named)))
}

fn abstained(evaluation: &EvaluationFacts) -> Option<String> {
    let abstained = evaluation.report.answers.abstained.as_ref()?;
    if abstained.count == 0 {
        return Some("No slice is left without an answer.".to_owned());
    }
    let reasons: Vec<String> = abstained
        .by_reason
        .iter()
        .map(|(reason, count)| format!("{count} as {reason}"))
        .collect();
    let are = if abstained.count == 1 { "gets" } else { "get" };
    Some(format!(
        "{} {are} no answer ({}).",
        slices(abstained.count),
        listed(&reasons)
    ))
}

/// What is known to limit the figures; what it means is a person's to discuss.
pub(in crate::checklist) fn limitations(facts: &Facts) -> Reply {
    let mut answer = Answer::new();
    if let AuditSummary::Audited { findings, .. } = &facts.card.audit
        && !findings.is_empty()
    {
        let text = format!("Of the training: {}.", facts.card.audit);
        answer = answer.says(text, Source::ModelFile);
    }
    if let Some(evaluation) = facts.evaluation() {
        let text = format!("Of the intervals: {}.", evaluation.report.drawn);
        answer = answer.says(text, Source::MetricsJson);
    }
    let abroad = facts
        .evaluations
        .iter()
        .any(|one| one.of == JudgedData::Another);
    if !abroad {
        answer = answer.says("No data of another source was judged.", Source::ModelFile);
    }
    Reply::partly(answer)
}
