//! Sample size: how many, and how sure figures of so many can be.

use std::collections::BTreeSet;

use hilum_metrics::{Drawn, Evaluation, Interval, METRICS, Metric, Prominence};

use crate::checklist::facts::{EvaluationFacts, Facts};
use crate::checklist::phrases::{judged, listed, score, slices};
use crate::checklist::reply::{Answer, Reply, Source};

/// Slices and groups of each split and class, and the width of the intervals that they give.
pub(in crate::checklist) fn sample_size(facts: &Facts) -> Reply {
    let mut answer = Answer::new().says(
        "No size was calculated beforehand that hilum knows of: all slices that the data holds were used.",
        Source::ModelFile,
    );
    answer = answer.may_say(of_splits(facts), Source::AuditJson);
    if facts.data.is_none() {
        let learned = facts
            .learned
            .map(|count| format!("It learned from {count} different pictures."));
        answer = answer.may_say(learned, Source::ModelFile);
    }
    let Some(evaluation) = facts.evaluation() else {
        // What a figure of so many slices is worth is half of the question.
        return match facts.data {
            Some(_) => Reply::answered(answer),
            None => Reply::partly(answer),
        };
    };
    Reply::answered(answer.and(of_judged(evaluation)))
}

fn of_splits(facts: &Facts) -> Option<String> {
    let data = facts.data.as_ref()?;
    let splits: Vec<String> = data
        .splits
        .iter()
        .map(|(split, held)| {
            let classes: Vec<String> = held
                .classes
                .iter()
                .map(|(class, count)| format!("{count} {class}"))
                .collect();
            format!("`{split}` {} ({})", slices(held.files), classes.join(", "))
        })
        .collect();
    Some(format!("The data: {}.", listed(&splits)))
}

fn of_judged(evaluation: &EvaluationFacts) -> Answer {
    let report = &evaluation.report;
    let figures = evaluation.shown();
    let groups = report.by_group.as_ref().map(|by| {
        let guess = if by.inferred { ", a guess" } else { "" };
        let count = by.figures.count;
        format!(
            " in {count} {}{guess} ({})",
            by.unit.named(count),
            of_each_class(&by.figures)
        )
    });
    let judged = format!(
        "Judged: {} ({}){}.",
        judged(report),
        of_each_class(figures),
        groups.unwrap_or_default()
    );
    let widths: Vec<String> = METRICS
        .iter()
        .filter(|metric| metric.prominence <= Prominence::Headline)
        .filter_map(|metric| width(metric, figures.intervals.get(metric).flatten()))
        .collect();
    let widths = if widths.is_empty() {
        "So few give no interval.".to_owned()
    } else {
        format!(
            "That gives 95% intervals of this width: {}; half the width takes about four times as many \
             {}.",
            listed(&widths),
            match report.drawn {
                Drawn::Slices => "slices",
                Drawn::Groups | Drawn::InferredGroups => "groups",
            }
        )
    };
    Answer::new()
        .says(judged, Source::MetricsJson)
        .says(widths, Source::MetricsJson)
        .may_say(absent(evaluation), Source::MetricsJson)
}

/// `40 adenocarcinoma, 35 normal`.
fn of_each_class(figures: &Evaluation) -> String {
    let classes = figures.per_class.iter();
    let classes: Vec<String> = classes
        .map(|(class, scores)| format!("{} {class}", scores.support))
        .collect();
    classes.join(", ")
}

fn width(metric: &Metric, interval: Option<Interval>) -> Option<String> {
    let Interval { low, high, .. } = interval?;
    Some(format!("{} {}", metric.title, score(Some(high - low))))
}

/// Classes of which nothing was judged have no figure at all.
fn absent(evaluation: &EvaluationFacts) -> Option<String> {
    let classes = evaluation.shown().per_class.iter();
    let absent: BTreeSet<String> = classes
        .filter(|(_, scores)| scores.support == 0)
        .map(|(class, _)| class.to_string())
        .collect();
    let absent: Vec<String> = absent.into_iter().collect();
    (!absent.is_empty()).then(|| format!("No slice was judged of: {}.", listed(&absent)))
}
