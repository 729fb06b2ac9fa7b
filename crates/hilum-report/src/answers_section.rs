//! What the page says of calibration, sets, silence, and whether the slices are as they should be.

use hilum_metrics::{
    Abstained, AnswerScores, Evaluation, EvaluationReport, Exchangeability, SetScores,
};
use serde::Serialize;

use crate::caption::slice_count;
use crate::figures::{exact, short};
use crate::table::{Row, Table};

/// Texts and tables, ready formatted.
#[derive(Serialize)]
pub(crate) struct AnswersSection {
    /// What calibration did to the error.
    calibration: String,
    /// What the same error is when it is asked in other ways, and Brier's parts.
    figures: Table,
    alarm: Option<Alarm>,
    sets: Option<SetTable>,
    abstained: Option<Silence>,
}

/// Whether the slices look like those of the calibration.
#[derive(Serialize)]
struct Alarm {
    /// The class of its box.
    level: &'static str,
    text: String,
}

#[derive(Serialize)]
struct SetTable {
    promise: String,
    empty: Option<String>,
    table: Table,
}

#[derive(Serialize)]
struct Silence {
    text: String,
    reasons: Vec<(String, usize)>,
}

impl AnswersSection {
    pub(crate) fn new(report: &EvaluationReport, shown: &Evaluation) -> Self {
        let AnswerScores {
            conformal,
            abstained,
            exchangeability,
            ..
        } = &report.answers;
        Self {
            calibration: calibration(shown),
            figures: figures(shown),
            alarm: exchangeability.as_ref().map(Alarm::new),
            sets: conformal.as_ref().map(SetTable::new),
            abstained: abstained.as_ref().map(Silence::new),
        }
    }
}

fn calibration(shown: &Evaluation) -> String {
    let after = exact(shown.scores.ece);
    match shown.ece_before {
        Some(before) => format!(
            "The probabilities are calibrated: the expected error was {before:.4} and is {after}."
        ),
        None => "The model is not calibrated: its probabilities are no frequencies. Training \
                 calibrates on the validation split, --calibrate-on on a cross-validation."
            .to_owned(),
    }
}

fn figures(shown: &Evaluation) -> Table {
    let scores = &shown.calibration;
    let brier = &scores.brier;
    let rows = [
        ("expected error, bins of equal width", shown.scores.ece),
        ("expected error, bins of equal mass", scores.ece_equal_mass),
        (
            "root of the squared error, less what chance explains",
            scores.ece_debiased,
        ),
        ("expected error, mean over classes", scores.ece_classwise),
        ("largest error of a bin", scores.mce),
        ("Brier score", shown.scores.brier_score),
        ("  its reliability (0 is best)", brier.brier_reliability),
        ("  less its resolution", brier.brier_resolution),
        ("  and its uncertainty", brier.brier_uncertainty),
        ("  and what bins leave out", brier.brier_within_bins),
    ];
    Table::new("Calibration in more figures", "figure")
        .numbers(["value"])
        .rows(rows.map(|(name, value)| Row::new(name, [exact(value)])))
}

impl Alarm {
    fn new(found: &Exchangeability) -> Self {
        let Exchangeability {
            p_value,
            alarm,
            slices,
            groups,
            confidence,
            calibration_confidence,
        } = found;
        let slices = slice_count(*slices);
        let figures = format!(
            "permutation test over {groups} groups, p = {p_value:.4}; mean confidence \
             {confidence:.3}, there {calibration_confidence:.3}"
        );
        if *alarm {
            let text = format!(
                "These {slices} do not look like those that the model was calibrated on: its \
                 probabilities and sets promise nothing here ({figures})."
            );
            let level = "error";
            Self { level, text }
        } else {
            let text = format!(
                "By how sure the model is of them, these {slices} look like those that it was \
                 calibrated on ({figures})."
            );
            let level = "clean";
            Self { level, text }
        }
    }
}

impl SetTable {
    fn new(scores: &SetScores) -> Self {
        let row = |name: &str, coverage, mean_size, support: usize| {
            let figures = [short(coverage), size(mean_size), support.to_string()];
            Row::new(name, figures)
        };
        let all = row("all", scores.coverage, scores.mean_size, scores.count).mean();
        let classes = scores.per_class.iter().map(|(name, of_class)| {
            let support = of_class.support;
            row(
                name.as_str(),
                of_class.coverage,
                of_class.mean_size,
                support,
            )
        });
        Self {
            promise: promise(scores),
            empty: (scores.empty > 0).then(|| {
                format!(
                    "{} sets are empty: no class is as likely as it takes. With the most likely \
                     class in their place the sets would hold the truth in {} of slices.",
                    scores.empty,
                    short(scores.coverage_filled)
                )
            }),
            table: Table::new("How often sets hold the truth", "slices of")
                .numbers(["held the truth", "classes in a set", "slices"])
                .rows([all])
                .rows(classes)
                .stacked(),
        }
    }
}

fn promise(scores: &SetScores) -> String {
    let chance = match scores.interval {
        Some(interval) => format!(" (95%: {:.3} to {:.3})", interval.low, interval.high),
        None => String::new(),
    };
    format!(
        "Each slice has a set of classes that is to hold the truth in {} of slices; here it does in \
         {}{chance}. That is promised of slices that could as well have been among those of the \
         calibration, in any order (exchangeable), and of no others: not of another hospital's, not \
         of one patient's by themselves.",
        scores.asked,
        short(scores.coverage),
    )
}

impl Silence {
    fn new(abstained: &Abstained) -> Self {
        let Abstained {
            count,
            share,
            by_reason,
            accuracy_of_answered,
        } = abstained;
        let percent = share.map_or_else(String::new, |share| format!(" ({:.1}%)", share * 100.0));
        let right = short(*accuracy_of_answered);
        if *count == 0 {
            return Self {
                text: format!("Every slice has an answer; {right} are right."),
                reasons: Vec::new(),
            };
        }
        Self {
            text: format!(
                "The model does not know of {}{percent}. Of those that it answers, {right} are \
                 right.",
                slice_count(*count)
            ),
            reasons: by_reason.clone().into_iter().collect(),
        }
    }
}

fn size(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}
