//! Robustness: what changes of the pictures, of the data and of the unit do to the figures; and
//! where the model looked.

use hilum_metrics::{StressRow, StressTable};

use crate::checklist::facts::{EvaluationFacts, Facts};
use crate::checklist::phrases::{counted, listed, score};
use crate::checklist::reply::{Answer, Reply, Source};
use crate::heat::HeatRow;

/// What changes of the pictures do; where none was tried, what the choice of slices and of the unit
/// does, which is an analysis of sensitivity; and the command where neither is known.
pub(in crate::checklist) fn robustness(facts: &Facts) -> Reply {
    let untried = format!(
        "What brightness, contrast, window, noise, JPEG, size and rotation do was not tested: `hilum \
         evaluate DATA --model {} --stress full` does.",
        facts.model
    );
    let Some(evaluation) = facts.evaluation() else {
        return Reply::partly(Answer::new().says(untried, Source::ModelFile));
    };
    let sensitivity = sensitivity(evaluation);
    let is_analysed = evaluation.report.stress.is_some() || sensitivity.is_some();
    let tried = evaluation.report.stress.as_ref().map(stressed);
    let answer = Answer::new()
        .says(tried.unwrap_or(untried), Source::MetricsJson)
        .may_say(sensitivity, Source::MetricsJson);
    if is_analysed {
        Reply::answered(answer)
    } else {
        Reply::partly(answer)
    }
}

/// The worst row of small changes and of all; every row stands in the report.
fn stressed(table: &StressTable) -> String {
    let worst = |rows: &mut dyn Iterator<Item = &StressRow>| {
        rows.filter(|row| row.macro_f1_difference.is_some())
            .min_by(|one, other| {
                let of = |row: &StressRow| row.macro_f1_difference.unwrap_or(0.0);
                of(one).total_cmp(&of(other))
            })
            .map(row_in_words)
    };
    let all = worst(&mut table.rows.iter());
    let small = worst(&mut table.rows.iter().filter(|row| row.small));
    let all = all.map_or_else(
        || "none has a macro-F1".to_owned(),
        |row| format!("the most harmful is {row}"),
    );
    let small = small.map(|row| format!("; of those that a reader would not notice, {row}"));
    format!(
        "{} changes of {} slices were tried, whose macro-F1 is {} without a change: {all}{}.",
        table.rows.len(),
        table.count,
        score(table.macro_f1),
        small.unwrap_or_default()
    )
}

fn row_in_words(row: &StressRow) -> String {
    let interval = row
        .interval
        .map(|interval| format!(", 95% {:+.3} to {:+.3}", interval.low, interval.high));
    let difference = row.macro_f1_difference.unwrap_or(0.0);
    format!(
        "{} (macro-F1 {}, {difference:+.3}{})",
        row.says,
        score(row.macro_f1),
        interval.unwrap_or_default()
    )
}

/// What the choice of slices and of the unit does, where there is a choice.
fn sensitivity(evaluation: &EvaluationFacts) -> Option<String> {
    let report = &evaluation.report;
    let mut parts = Vec::new();
    if let Some(clean) = report
        .clean
        .as_ref()
        .filter(|clean| clean.count < report.as_is.count)
    {
        parts.push(format!(
            "{} on the clean part and {} on all {} slices",
            score(clean.scores.macro_f1),
            score(report.as_is.scores.macro_f1),
            report.as_is.count
        ));
    }
    if let Some(by) = &report.by_group {
        parts.push(format!(
            "{} by slice and {} by {}",
            score(evaluation.shown().scores.macro_f1),
            score(by.figures.scores.macro_f1),
            by.unit.named(1)
        ));
    }
    (!parts.is_empty()).then(|| format!("Sensitivity: macro-F1 is {}.", parts.join("; ")))
}

/// Where heat lies; else the command that shows it.
pub(in crate::checklist) fn explanation(facts: &Facts) -> Reply {
    let heat = facts.evaluation().and_then(|one| one.heat.as_ref());
    let Some(heat) = heat else {
        let text = format!(
            "Not looked at here: `hilum evaluate DATA --model {} --explain` measures where heat lies, \
             `hilum explain` draws it.",
            facts.model
        );
        return Reply::partly(Answer::new().says(text, Source::ModelFile));
    };
    let classes: Vec<String> = heat.classes.iter().filter_map(of_class).collect();
    let layer = match heat.layer.as_str() {
        "" => String::new(),
        layer => format!(" of layer `{layer}`"),
    };
    let where_it_lies = (!classes.is_empty()).then(|| format!("{}.", classes.join("; ")));
    let answer = Answer::new()
        .says(
            format!("Heat maps by {}{layer}.", heat.method),
            Source::MetricsJson,
        )
        .may_say(where_it_lies, Source::MetricsJson)
        .may_say(heat.remarks.first().cloned(), Source::MetricsJson);
    Reply::answered(answer)
}

fn of_class(row: &HeatRow) -> Option<String> {
    let percent = |share: f64| format!("{:.0}%", 100.0 * share);
    let parts = [
        row.inside_lungs
            .map(|share| format!("{} of the heat in lungs", percent(share))),
        row.outside_body
            .map(|share| format!("{} outside of the body", percent(share))),
        row.on_lesion
            .map(|share| format!("{} on the lesion", percent(share))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let maps = counted(row.count, "map", "maps");
    (!parts.is_empty()).then(|| format!("{} ({maps}): {}", row.name, listed(&parts)))
}
