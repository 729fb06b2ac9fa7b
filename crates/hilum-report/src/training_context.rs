//! What is known of a training beside its epochs.

use hilum_core::{AuditSummary, ByValidation, ValidationRole};
use hilum_metrics::History;

/// What is known of a training beside its epochs: it stands below its curves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingContext {
    /// What the validation split was for; `None` if nobody recorded it.
    pub validation: Option<ValidationRole>,
    /// What the audit said of the data that was trained on.
    pub audit: AuditSummary,
}

impl TrainingContext {
    /// `12 epochs of training; validation chose epoch 9, and could end the run; data audited: clean`.
    pub(crate) fn caption(&self, history: &History) -> String {
        let count = history.rows.len();
        let word = if count == 1 { "epoch" } else { "epochs" };
        let mut parts = vec![format!("{count} {word} of training")];
        parts.extend(self.choice(history));
        parts.push(self.audit.to_string());
        parts.join("; ")
    }

    /// What validation did, and what it was allowed to do.
    fn choice(&self, history: &History) -> Option<String> {
        let kept = history.best()?.epoch;
        let last = format!("epoch {kept}, the last, was kept");
        let decided = match self.validation.as_ref()? {
            ValidationRole::TrainedOn => {
                return Some(format!("{last}; validation was trained on, too"));
            }
            ValidationRole::KeptBack(decided) => decided,
        };
        let could = decided.iter().filter_map(|decision| match decision {
            ByValidation::Epoch => None,
            ByValidation::LearningRate => Some("lower the learning rate"),
            ByValidation::End => Some("end the run"),
        });
        let could: Vec<&str> = could.collect();
        let could = could.join(" and ");
        let chose_epoch = decided.contains(&ByValidation::Epoch);
        Some(match (chose_epoch, could.is_empty()) {
            (true, true) => format!("validation chose epoch {kept}"),
            (true, false) => format!("validation chose epoch {kept}, and could {could}"),
            (false, true) => format!("{last}; validation chose nothing"),
            (false, false) => format!("{last}; validation could {could}"),
        })
    }

    /// What the legend calls the epoch that was kept.
    pub(crate) fn kept_epoch(&self) -> &'static str {
        match &self.validation {
            None => "epoch kept as the model",
            Some(role) if role.chose_the_epoch() => "best epoch, kept as the model",
            Some(_) => "last epoch, kept as the model",
        }
    }
}
