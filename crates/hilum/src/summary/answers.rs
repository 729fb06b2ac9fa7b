//! What a model's answers are worth, for a person at a terminal.

use hilum_metrics::{Abstained, EvaluationReport, Exchangeability, Selective, SetScores};

use super::Table;
use super::figures::{range, show};

/// Sets, silence, and whether the slices look like those of the calibration; paragraphs with an
/// empty line before each.
pub(crate) fn answers(report: &EvaluationReport) -> String {
    let answers = &report.answers;
    let shown = report.clean.as_ref().unwrap_or(&report.as_is);
    let mut paragraphs = Vec::new();
    if let Some(before) = shown.ece_before {
        let after = show(shown.scores.ece);
        paragraphs.push(format!(
            "calibrated: expected calibration error {before:.3} before, {after} after"
        ));
    }
    paragraphs.extend(answers.exchangeability.as_ref().map(exchangeability));
    paragraphs.extend(answers.conformal.as_ref().map(sets));
    paragraphs.extend(answers.abstained.as_ref().map(silence));
    paragraphs.extend(answers.selective.as_ref().map(selective));
    let paragraphs = paragraphs.iter().map(|text| format!("\n{text}\n"));
    paragraphs.collect()
}

fn sets(scores: &SetScores) -> String {
    let mut table = Table::new(
        ["slices of", "held the truth", "classes in a set", "slices"],
        1,
    );
    for (name, of_class) in &scores.per_class {
        table.row([
            name.to_string(),
            show(of_class.coverage),
            size(of_class.mean_size),
            of_class.support.to_string(),
        ]);
    }
    table.row([
        "all".to_owned(),
        show(scores.coverage),
        size(scores.mean_size),
        scores.count.to_string(),
    ]);
    let interval = match range(scores.interval) {
        text if text.is_empty() => String::new(),
        text => format!(" ({text})"),
    };
    let empty = match scores.empty {
        0 => String::new(),
        count => format!(
            "\n{count} are empty; with the most likely class in their place {} would hold it",
            show(scores.coverage_filled)
        ),
    };
    format!(
        "sets that are to hold the truth in {} of slices hold it in {}{interval}{empty}\n{table}\n\
         promised of slices that could as well be of the calibration (exchangeable), and of no others",
        scores.asked,
        show(scores.coverage),
    )
}

fn silence(abstained: &Abstained) -> String {
    let share = abstained.share.unwrap_or(0.0) * 100.0;
    let by_reason = abstained.by_reason.iter();
    let reasons: Vec<String> = by_reason
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    let reasons = match reasons.as_slice() {
        [] => String::new(),
        reasons => format!(": {}", reasons.join(", ")),
    };
    format!(
        "\"I don't know\" of {} slices ({share:.1}%){reasons}; accuracy of the answers {}",
        abstained.count,
        show(abstained.accuracy_of_answered)
    )
}

fn selective(selective: &Selective) -> String {
    let at = |name: &str| show(selective.accuracy_at.get(name).copied().flatten());
    format!(
        "accuracy on the surest 90% of slices {}, on the surest 50% {}; area under risk against coverage {}",
        at("0.9"),
        at("0.5"),
        show(selective.aurc)
    )
}

fn exchangeability(found: &Exchangeability) -> String {
    let Exchangeability {
        p_value,
        alarm,
        confidence,
        calibration_confidence,
        ..
    } = found;
    let said = format!(
        "p = {p_value:.4}, mean confidence {confidence:.2}, there {calibration_confidence:.2}"
    );
    if *alarm {
        format!(
            "these slices do not look like those that the model was calibrated on ({said}): do not \
             count on its probabilities and sets"
        )
    } else {
        format!("these slices look like those that the model was calibrated on ({said})")
    }
}

fn size(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}
