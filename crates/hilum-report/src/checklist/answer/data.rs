//! Where the slices come from, what was left out, and what is not known of them.

use hilum_core::AuditSummary;

use crate::checklist::facts::{DataFacts, Facts};
use crate::checklist::phrases::{counted, listed, slices};
use crate::checklist::reply::{Answer, Reply, Source};

/// How many reasons, rules and files are named.
const NAMED_COUNT: usize = 5;

/// A folder's name is no origin: who made the images is a person's to say.
pub(in crate::checklist) fn origin(facts: &Facts) -> Reply {
    let Some(path) = facts.setting("data.path") else {
        return Reply::Silent;
    };
    let print = facts.card.data_fingerprint.as_deref();
    let print = print.map(|print| format!("Fingerprint of what it learned from: {print}."));
    let answer = Answer::new()
        .says(format!("Trained on `{path}`."), Source::ModelFile)
        .may_say(print, Source::ModelFile);
    Reply::partly(answer)
}

/// What left the data by rule; who was eligible is a person's to say.
pub(in crate::checklist) fn eligibility(facts: &Facts) -> Reply {
    Reply::partly(left_out(facts))
}

/// What became of every file.
pub(in crate::checklist) fn flow(facts: &Facts) -> Reply {
    let Some(data) = &facts.data else {
        return Reply::partly(left_out(facts));
    };
    let splits: Vec<String> = data
        .splits
        .iter()
        .map(|(split, held)| format!("{} in `{split}`", slices(held.files)))
        .collect();
    let used: usize = data.splits.values().map(|held| held.files).sum();
    let used = format!("{} used: {}.", slices(used), listed(&splits));
    let judged = facts.evaluation().map(|one| {
        let all = one.report.as_is.count;
        match one.report.unclean_count() {
            0 => format!("Judged: {}, all of them clean.", slices(all)),
            unclean => format!(
                "Judged: {}; {unclean} of them left out of the clean figures, as copies, repeats or \
                 slices that the model knew.",
                slices(all)
            ),
        }
    });
    let answer = Answer::new()
        .says(used, Source::AuditJson)
        .and(left_out(facts))
        .may_say(judged, Source::MetricsJson);
    Reply::answered(answer)
}

fn left_out(facts: &Facts) -> Answer {
    let AuditSummary::Audited { mended, .. } = &facts.card.audit else {
        return Answer::new();
    };
    let excluded = if mended.is_empty() {
        "The audit left no slice out.".to_owned()
    } else {
        format!("Left out by the audit: {}.", mended.join("; "))
    };
    Answer::new()
        .says(excluded, Source::ModelFile)
        .may_say(facts.data.as_ref().map(ignored), Source::AuditJson)
}

fn ignored(data: &DataFacts) -> String {
    let first = data.ignored.first();
    let Some(first) = first else {
        return "No file beside the slices was passed over.".to_owned();
    };
    format!(
        "Passed over: {}, such as `{}` ({}).",
        counted(data.ignored.len(), "file or folder", "files and folders"),
        first.path,
        first.reason
    )
}

/// Whether names were found; how they were taken away is a person's to say.
pub(in crate::checklist) fn deidentification(facts: &Facts) -> Reply {
    let (Some(named), Some(burned)) = (
        facts.found("identity-present"),
        facts.found("burned-in-annotation"),
    ) else {
        return Reply::Silent;
    };
    let found = |count, what: &str| match count {
        0 => format!("no {what}"),
        count => format!("{what} ({})", counted(count, "finding", "findings")),
    };
    let text = format!(
        "The audit looked for names in DICOM headers and for text in the pixels. It found {} and {}.",
        found(named, "filled names"),
        found(burned, "burned-in text")
    );
    Reply::partly(Answer::new().says(text, Source::ModelFile))
}

/// Files that cannot be read, and that nothing is filled in.
pub(in crate::checklist) fn missing(facts: &Facts) -> Reply {
    let unreadable = facts.found("unreadable-file").map(|count| match count {
        0 => "The audit read every file.".to_owned(),
        count => format!(
            "The audit could not read some ({}).",
            counted(count, "finding", "findings")
        ),
    });
    let answer = Answer::new()
        .says(
            "Nothing is imputed: the input is the pixels of one slice, and a file that cannot be \
             decoded stops the training.",
            Source::ModelFile,
        )
        .may_say(unreadable, Source::ModelFile)
        .may_say(facts.data.as_ref().map(ignored), Source::AuditJson);
    Reply::answered(answer)
}

/// Preparation alone does not say how good the data is.
pub(in crate::checklist) fn quality(facts: &Facts) -> Reply {
    let AuditSummary::Audited { findings, .. } = &facts.card.audit else {
        return Reply::Silent;
    };
    let named = findings.iter().take(NAMED_COUNT);
    let named: Vec<String> = named
        .map(|one| format!("`{}` ({})", one.rule, one.count))
        .collect();
    let more = findings.len().saturating_sub(NAMED_COUNT);
    let text = match (named.is_empty(), more) {
        (true, _) => "The data was audited; nothing was found.".to_owned(),
        (false, 0) => format!("The data was audited: {}.", listed(&named)),
        (false, more) => format!(
            "The data was audited: {}, and {}.",
            named.join(", "),
            counted(more, "other rule", "other rules")
        ),
    };
    Reply::Answered(Answer::new().says(text, Source::ModelFile))
}

/// Classes of each split; age and sex are in no file that hilum reads.
pub(in crate::checklist) fn characteristics(facts: &Facts) -> Reply {
    let Some(data) = &facts.data else {
        return Reply::Silent;
    };
    let mut answer = Answer::new();
    for (split, held) in &data.splits {
        let classes: Vec<String> = held
            .classes
            .iter()
            .map(|(class, count)| format!("{count} {class}"))
            .collect();
        let text = format!("`{split}`: {}.", listed(&classes));
        answer = answer.says(text, Source::AuditJson);
    }
    Reply::partly(answer)
}

/// Whether what is judged is of the kind that was learned from; demographics are in no file that
/// hilum reads.
pub(in crate::checklist) fn drift(facts: &Facts) -> Reply {
    facts
        .data
        .as_ref()
        .map_or(Reply::Silent, |data| Reply::partly(drifted(data)))
}

/// The same where only the pictures are asked for.
pub(super) fn drift_is_known(facts: &Facts) -> Reply {
    facts
        .data
        .as_ref()
        .map_or(Reply::Silent, |data| Reply::answered(drifted(data)))
}

fn drifted(data: &DataFacts) -> Answer {
    let drifts = data.findings.iter().filter(|one| one.rule == "split-drift");
    let drifts: Vec<&str> = drifts.map(|one| one.message.as_str()).collect();
    let text = if drifts.is_empty() {
        "Class shares and simple properties of the pictures do not drift between the splits \
         (`split-drift` found nothing)."
            .to_owned()
    } else {
        format!("Between the splits: {}.", drifts.join("; "))
    };
    Answer::new().says(text, Source::AuditJson)
}
