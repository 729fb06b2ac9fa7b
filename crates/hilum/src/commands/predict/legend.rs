//! A row of the table for people, and what its marks stand for.

use std::collections::BTreeMap;

use hilum_experiment::Prediction;
use hilum_trust::Reason;

/// What is marked in a table, to be said below it.
#[derive(Default)]
pub(super) struct Legend {
    /// Slices without an answer, by reason.
    abstained: BTreeMap<Reason, usize>,
    /// Whether any slice has a set.
    has_sets: bool,
}

impl Legend {
    /// The cells of a slice beside its name; a star marks the classes of its set.
    pub(super) fn cells(&mut self, prediction: &Prediction) -> Vec<String> {
        let class = match (&prediction.class, prediction.reason) {
            (Some(class), _) => class.to_string(),
            (None, Some(reason)) => {
                *self.abstained.entry(reason).or_default() += 1;
                format!("I don't know: {}", short(reason))
            }
            (None, None) => "I don't know".to_owned(),
        };
        self.has_sets |= prediction.set.is_some();
        let probability = |(class, value): (&_, &f64)| match &prediction.set {
            Some(set) if set.contains(class) => format!("{value:.3}*"),
            Some(_) => format!("{value:.3} "),
            None => format!("{value:.3}"),
        };
        let values = prediction.probabilities.iter().map(probability);
        [class].into_iter().chain(values).collect()
    }

    /// What the marks stand for, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let of_reason = |(reason, count): (&Reason, &usize)| {
            let slices = if *count == 1 { "slice" } else { "slices" };
            format!(
                "I don't know: {} = {reason} ({count} {slices})",
                short(*reason)
            )
        };
        let mut lines: Vec<String> = self.abstained.iter().map(of_reason).collect();
        if self.has_sets {
            lines.push("* = in the set of classes that hold the truth".to_owned());
        }
        lines
    }
}

/// So that the column stays as narrow as a class's name.
fn short(reason: Reason) -> &'static str {
    match reason {
        Reason::NotLikeTraining => "unlike",
        Reason::TwoAsLikely => "a tie",
        Reason::BelowThreshold => "unsure",
    }
}
