//! What was measured, on which slices, and what came out.

use hilum_metrics::{CLASS_METRICS, Evaluation, METRICS, Prominence, wilson_interval};

use crate::checklist::facts::{EvaluationFacts, Facts, JudgedData};
use crate::checklist::phrases::{judged, listed, score, with_interval};
use crate::checklist::reply::{Answer, Reply, Source};

/// Which figures there are.
pub(in crate::checklist) fn metrics(facts: &Facts) -> Reply {
    if facts.evaluation().is_none() {
        return Reply::Silent;
    }
    let named = METRICS
        .iter()
        .filter(|metric| metric.prominence <= Prominence::Report);
    let named: Vec<String> = named.map(hilum_metrics::Metric::label).collect();
    let of_class: Vec<String> = CLASS_METRICS
        .iter()
        .map(|one| one.title.to_owned())
        .collect();
    let text = format!(
        "{}; of each class {}. Plots: confusion, ROC, precision-recall, reliability, risk against \
         coverage. Definitions are scikit-learn's where it has the figure.",
        listed(&named),
        listed(&of_class)
    );
    Reply::Answered(Answer::new().says(text, Source::MetricsJson))
}

/// How chance is reckoned with.
pub(in crate::checklist) fn uncertainty(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    let Some(drawn) = evaluation.report.details.get("bootstrap") else {
        return Reply::Silent;
    };
    let text = format!(
        "95% intervals by the percentile bootstrap ({drawn}): {}. Shares of a class have Wilson's. No \
         hypothesis is tested in an evaluation; `hilum compare` tests the difference of two.",
        evaluation.report.drawn
    );
    Reply::Answered(Answer::new().says(text, Source::MetricsJson))
}

/// The test on slices of the same source.
pub(in crate::checklist) fn internal(facts: &Facts) -> Reply {
    let Some(evaluation) = of(facts, JudgedData::OfTheTraining) else {
        return Reply::Silent;
    };
    let validation = facts
        .card
        .validation
        .iter()
        .find(|row| row.name() == "macro_f1");
    let beside = validation.map(|row| format!("On validation it was {}.", row.value()));
    let answer = Answer::new()
        .says(result(evaluation), Source::MetricsJson)
        .may_say(beside, Source::ModelFile)
        .says(known(evaluation), Source::MetricsJson);
    Reply::answered(answer)
}

/// The test on slices of another source; that the source is another hospital, nobody here can know.
pub(in crate::checklist) fn external(facts: &Facts) -> Reply {
    let Some(evaluation) = of(facts, JudgedData::Another) else {
        let text = format!(
            "None was given: `hilum evaluate OTHER-DATA --model {} --out DIR`, then `hilum card` with \
             `--evaluation DIR`.",
            facts.model
        );
        return Reply::partly(Answer::new().says(text, Source::ModelFile));
    };
    let answer = Answer::new()
        .says(result(evaluation), Source::MetricsJson)
        .says(known(evaluation), Source::MetricsJson)
        .says(
            "It is other data than the model was trained on; that it is of another hospital, a person \
             must say.",
            Source::MetricsJson,
        );
    Reply::answered(answer)
}

fn of(facts: &Facts, data: JudgedData) -> Option<&EvaluationFacts> {
    facts.evaluations.iter().find(|one| one.of == data)
}

fn result(evaluation: &EvaluationFacts) -> String {
    format!(
        "On `{}`, {}: {}.",
        evaluation.data(),
        judged(&evaluation.report),
        headline(evaluation.shown())
    )
}

fn headline(figures: &Evaluation) -> String {
    let scores: Vec<String> = METRICS
        .iter()
        .filter(|metric| metric.prominence <= Prominence::Headline)
        .map(|metric| {
            let value = figures.scores.get(metric).flatten();
            let interval = figures.intervals.get(metric).flatten();
            format!("{} {}", metric.title, with_interval(value, interval))
        })
        .collect();
    scores.join(", ")
}

fn known(evaluation: &EvaluationFacts) -> String {
    match &evaluation.report.leaked {
        None => "Whether the model knew some of them nobody can tell.".to_owned(),
        Some(leaked) if leaked.count > 0 => format!(
            "The model knew {} of {}, by their content; the clean figures are without them.",
            leaked.count, leaked.of
        ),
        Some(_) => "The model knew none of them, by their content.".to_owned(),
    }
}

/// The figures themselves.
pub(in crate::checklist) fn performance(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    let report = &evaluation.report;
    let by_group = report
        .by_group
        .as_ref()
        .map(|by| format!("Of {}: {}.", by.says(), headline(&by.figures)));
    let calibration = evaluation.shown().scores.ece.map(|error| {
        let before = evaluation.shown().ece_before;
        let before = before.map(|before| format!(" ({before:.3} before calibration)"));
        format!(
            "Expected calibration error {error:.3}{}.",
            before.unwrap_or_default()
        )
    });
    let answer = Answer::new()
        .says(result(evaluation), Source::MetricsJson)
        .may_say(by_group, Source::MetricsJson)
        .may_say(calibration, Source::MetricsJson)
        .says(
            format!("The data behind it: {}.", report.audit),
            Source::MetricsJson,
        );
    Reply::answered(answer)
}

/// Sensitivity, specificity and area of each class.
pub(in crate::checklist) fn of_classes(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    let report = &evaluation.report;
    let (figures, of, too_narrow) = match &report.by_group {
        Some(by) => (&by.figures, by.unit.named(2), ""),
        None => (
            evaluation.shown(),
            "slices",
            "; of several slices a patient the true interval is wider",
        ),
    };
    let classes: Vec<String> = (0..figures.confusion.counts.len())
        .filter_map(|class| class_in_words(figures, class))
        .collect();
    let text = format!(
        "Of {of}, with Wilson's 95% intervals{too_narrow}. {}.",
        classes.join("; ")
    );
    Reply::Answered(Answer::new().says(text, Source::MetricsJson))
}

fn class_in_words(figures: &Evaluation, class: usize) -> Option<String> {
    let counts = &figures.confusion.counts;
    let name = figures.confusion.classes.names().get(class)?;
    let of_class: u64 = counts.get(class)?.iter().sum();
    let right = *counts.get(class)?.get(class)?;
    let all: u64 = counts.iter().flatten().sum();
    let called: u64 = counts.iter().filter_map(|row| row.get(class)).sum();
    // Neither of the class nor called so.
    let others = all - of_class;
    let right_others = others - (called - right);
    let auroc = figures.per_class.get(name).and_then(|scores| scores.auroc);
    Some(format!(
        "{name}: sensitivity {}, specificity {}, AUROC {}",
        share(right, of_class),
        share(right_others, others),
        score(auroc)
    ))
}

fn share(held: u64, count: u64) -> String {
    match wilson_interval(held, count) {
        None => format!("– ({held}/{count})"),
        Some((low, high)) => {
            let share = held as f64 / count as f64;
            format!("{share:.3} ({held}/{count}; {low:.3} to {high:.3})")
        }
    }
}

/// Groups are clusters; hospitals are named by no file that hilum reads.
pub(in crate::checklist) fn clusters(facts: &Facts) -> Reply {
    let grouped = facts.evaluation().and_then(|one| {
        let by = one.report.by_group.as_ref()?;
        Some(format!("Of {}: {}.", by.says(), headline(&by.figures)))
    });
    Reply::partly(Answer::new().may_say(grouped, Source::MetricsJson))
}

/// An evaluation changes nothing; the calibration came before.
pub(in crate::checklist) fn updating(facts: &Facts) -> Reply {
    if facts.evaluation().is_none() {
        return Reply::Silent;
    }
    let before = match &facts.card.calibration {
        Some(words) => format!("Before it: {words}."),
        None => "The model was not recalibrated before it, either.".to_owned(),
    };
    let answer = Answer::new()
        .says(
            "None: the evaluation changed nothing of the model.",
            Source::MetricsJson,
        )
        .says(before, Source::ModelFile);
    Reply::answered(answer)
}
