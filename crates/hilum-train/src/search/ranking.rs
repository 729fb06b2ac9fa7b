//! Which trial is better.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// What a trial is judged by; higher macro-F1 is better, among equals the lower log-loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrialScore {
    /// The mean macro-F1 over folds; `None` if the trial failed.
    pub macro_f1: Option<f64>,
    /// The mean log-loss over folds, in nats; `None` if the trial failed.
    pub log_loss: Option<f64>,
}

impl TrialScore {
    /// `Less` if this one is better.
    fn compare(&self, other: &Self) -> Ordering {
        let lowest = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
        let highest = |value: Option<f64>| value.unwrap_or(f64::INFINITY);
        let by_f1 = lowest(other.macro_f1).total_cmp(&lowest(self.macro_f1));
        by_f1.then(highest(self.log_loss).total_cmp(&highest(other.log_loss)))
    }
}

/// Positions of the scores, the best first; equal ones in their order.
pub fn best_first(scores: &[TrialScore]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].compare(&scores[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macro_f1_decides_then_log_loss_and_a_failed_trial_is_last() {
        let score = |macro_f1, log_loss| TrialScore { macro_f1, log_loss };
        let scores = [
            score(None, None),
            score(Some(0.8), Some(0.5)),
            score(Some(0.9), Some(0.9)),
            score(Some(0.8), Some(0.4)),
            score(Some(0.8), Some(0.5)),
        ];
        assert_eq!(best_first(&scores), [2, 3, 1, 4, 0]);
    }
}
