//! When a run has stopped getting better.

use serde::{Deserialize, Serialize};

/// Ends a run that has stopped getting better, as Keras's `EarlyStopping` does.
///
/// It decides when the run ends, not which weights are kept: those are always the ones of the
/// best validation macro-F1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// What has to get better.
    pub monitor: Monitor,
    /// After how many epochs without a new best value the run ends; 1 or more.
    pub patience: usize,
}

/// What has to get better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monitor {
    /// The loss on the validation split; lower is better. Any decrease counts.
    ValidLoss,
    /// The macro-F1 on the validation split; higher is better. Any increase counts.
    ValidMacroF1,
}

impl EarlyStopping {
    /// The reference recipe: 10 epochs without a lower validation loss.
    pub const REFERENCE: Self = Self {
        monitor: Monitor::ValidLoss,
        patience: 10,
    };
}

/// The state of [`EarlyStopping`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Patience {
    /// The best value so far.
    best: Option<f64>,
    /// Epochs since then.
    flat_epochs: usize,
}

impl Patience {
    /// Takes note of an epoch; an undefined macro-F1 is not better than any other.
    pub fn observe(&mut self, monitor: Monitor, valid_loss: f64, valid_macro_f1: Option<f64>) {
        let value = match monitor {
            Monitor::ValidLoss => Some(valid_loss),
            Monitor::ValidMacroF1 => valid_macro_f1,
        };
        let is_better = value.is_some_and(|value| {
            self.best.is_none_or(|best| match monitor {
                Monitor::ValidLoss => value < best,
                Monitor::ValidMacroF1 => value > best,
            })
        });
        if is_better {
            self.best = value;
            self.flat_epochs = 0;
        } else {
            self.flat_epochs += 1;
        }
    }

    /// Whether the run should end.
    pub fn is_exhausted(&self, stopping: &EarlyStopping) -> bool {
        self.flat_epochs >= stopping.patience
    }
}
