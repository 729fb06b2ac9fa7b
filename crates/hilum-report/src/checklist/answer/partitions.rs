//! How slices came to their splits, and what may stand on both sides.

use hilum_metrics::{Drawn, GroupUnit};

use crate::checklist::facts::{Facts, JudgedData};
use crate::checklist::phrases::{counted, listed};
use crate::checklist::reply::{Answer, Reply, Source};

/// Which slice is of which split, and who said so.
pub(in crate::checklist) fn assignment(facts: &Facts) -> Reply {
    let Some(data) = &facts.data else {
        return Reply::Silent;
    };
    let sizes: Vec<String> = data
        .splits
        .iter()
        .map(|(split, held)| format!("{} in `{split}`", held.files))
        .collect();
    let sizes = format!("Slices: {}.", listed(&sizes));
    let division = facts
        .evaluations
        .iter()
        .find(|one| one.of == JudgedData::OfTheTraining)
        .and_then(|one| one.report.details.get("division"))
        .map(|division| format!("Divided by: {division}."));
    let seed = facts.setting("data.split_seed").map(|seed| {
        format!(
            "What the data does not divide itself is divided by split seed {seed}, whole groups on one \
             side."
        )
    });
    let valid = match facts.setting("data.train_on_valid") {
        Some("true") => Some("The validation split was trained on.".to_owned()),
        _ => None,
    };
    let answer = Answer::new()
        .says(sizes, Source::AuditJson)
        .may_say(division, Source::MetricsJson)
        .may_say(seed, Source::ModelFile)
        .may_say(valid, Source::ModelFile);
    Reply::answered(answer)
}

/// At which level the splits have nothing in common.
pub(in crate::checklist) fn disjointness(facts: &Facts) -> Reply {
    let found = |rule| facts.found(rule);
    let (Some(copies), Some(near), Some(groups)) = (
        found("duplicate-across-splits"),
        found("near-duplicate-across-splits"),
        found("group-in-two-splits"),
    ) else {
        return Reply::Silent;
    };
    let across = |count, none: &str, what: &str| match count {
        0 => format!("no {none} is in two splits"),
        count => format!(
            "{} of {what} in two splits",
            counted(count, "finding", "findings")
        ),
    };
    let found = [
        across(copies, "picture", "one picture"),
        across(near, "near copy of a picture", "near copies"),
        across(groups, "group that the data names", "one group"),
    ];
    let answer = Answer::new()
        .says(
            format!("By the audit {}.", listed(&found)),
            Source::ModelFile,
        )
        .may_say(
            facts.evaluation().map(|one| {
                patients(
                    one.report.drawn,
                    one.report.by_group.as_ref().map(|by| by.unit),
                )
            }),
            Source::MetricsJson,
        );
    Reply::answered(answer)
}

fn patients(drawn: Drawn, unit: Option<GroupUnit>) -> String {
    match (drawn, unit) {
        (Drawn::Groups, Some(GroupUnit::Patient)) => "DICOM headers name the patients.".to_owned(),
        (Drawn::Groups, _) => "The data names the groups.".to_owned(),
        (Drawn::InferredGroups, _) => {
            "The data does not name every patient: groups are inferred from how alike slices are, a \
             guess, so that one patient may stand on both sides."
                .to_owned()
        }
        (Drawn::Slices, _) => {
            "The data names no patients: the splits are disjoint by slice, and one patient may stand on \
             both sides."
                .to_owned()
        }
    }
}

/// How data was used: learned from, watched on, judged.
pub(in crate::checklist) fn counts(facts: &Facts) -> Reply {
    let learned = facts.learned.map(|count| {
        format!(
            "Learned from {}.",
            counted(count, "different picture", "different pictures")
        )
    });
    let watched = facts.watched.map(|count| {
        format!(
            "Its training was watched on {}.",
            counted(count, "different picture", "different pictures")
        )
    });
    let judged = facts.evaluation().map(|one| {
        let figures = one.shown();
        let classes: Vec<String> = figures
            .per_class
            .iter()
            .map(|(class, scores)| format!("{} {class}", scores.support))
            .collect();
        format!("Judged on {}: {}.", figures.count, listed(&classes))
    });
    let is_whole = learned.is_some() && judged.is_some();
    let answer = Answer::new()
        .may_say(learned, Source::ModelFile)
        .may_say(watched, Source::ModelFile)
        .may_say(judged, Source::MetricsJson);
    if is_whole {
        Reply::answered(answer)
    } else {
        Reply::partly(answer)
    }
}

/// What differs between the data of training and of test.
pub(in crate::checklist) fn differences(facts: &Facts) -> Reply {
    let Some(evaluation) = facts.evaluation() else {
        return Reply::Silent;
    };
    match evaluation.of {
        JudgedData::OfTheTraining => {
            let text = format!(
                "Both are splits of `{}`: the same classes, the same recipe; what else may differ, the \
                 audit looks for.",
                evaluation.data()
            );
            Reply::Answered(Answer::new().says(text, Source::MetricsJson))
                .and(super::data::drift_is_known(facts))
        }
        JudgedData::Another | JudgedData::Unknown => {
            let text = format!(
                "Judged on `{}`, trained on `{}`: the same classes and the same recipe.",
                evaluation.data(),
                facts
                    .setting("data.path")
                    .unwrap_or("data that the model does not name")
            );
            Reply::partly(Answer::new().says(text, Source::MetricsJson))
        }
    }
}
