//! How logits become calibrated probabilities.

use hilum_core::Probabilities;
use serde::{Deserialize, Serialize};

/// How logits become calibrated probabilities: `softmax(logits / temperature + bias)`.
///
/// With the temperature alone it is temperature scaling (Guo et al., On calibration of modern
/// neural networks, 2017, section 4.2), which leaves the order of the classes as it is; with the
/// bias it is their vector scaling with one scale for all classes, bias-corrected temperature
/// scaling (Alexandari et al., Maximum likelihood with bias-corrected calibration is hard-to-beat
/// at label shift adaptation, 2020).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Positive.
    pub temperature: f64,
    /// One value a class, their sum 0; `None` where it did not help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Vec<f64>>,
}

impl Scaling {
    /// # Panics
    /// If the logits are not finite, or not as many as there are biases.
    pub fn probabilities(&self, logits: &[f32]) -> Probabilities {
        let wide: Vec<f64> = logits.iter().copied().map(f64::from).collect();
        self.probabilities_of_wide(&wide)
    }

    /// The same of logits that something was done to in `f64`, such as logarithms of
    /// probabilities.
    ///
    /// # Panics
    /// If the logits are not finite, or not as many as there are biases.
    pub fn probabilities_of_wide(&self, logits: &[f64]) -> Probabilities {
        let scaled = logits.iter().map(|logit| logit / self.temperature);
        let scaled: Vec<f64> = match &self.bias {
            None => scaled.collect(),
            Some(bias) => {
                assert_eq!(bias.len(), logits.len(), "a bias for each class");
                scaled.zip(bias).map(|(logit, bias)| logit + bias).collect()
            }
        };
        Probabilities::from_wide_logits(&scaled)
    }

    /// Whether it can stand in a model of `class_count` classes: a damaged file could say anything.
    pub fn fits(&self, class_count: usize) -> bool {
        let is_positive = self.temperature.is_finite() && self.temperature > 0.0;
        let fits = |bias: &Vec<f64>| {
            bias.len() == class_count && bias.iter().all(|value| value.is_finite())
        };
        is_positive && self.bias.as_ref().is_none_or(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_of_one_is_the_softmax() {
        let scaling = Scaling {
            temperature: 1.0,
            bias: None,
        };
        let logits = [2.0, -1.0, 0.5];
        assert_eq!(
            scaling.probabilities(&logits),
            Probabilities::from_logits(&logits)
        );
    }

    #[test]
    fn a_bias_may_change_who_is_first_and_a_temperature_never() {
        let logits = [1.0, 0.75];
        let cold = Scaling {
            temperature: 0.1,
            bias: None,
        };
        // 1 / (1 + exp(-2.5))
        let first = cold.probabilities(&logits).as_slice()[0];
        assert!((first - 0.924_141_819_978_756_5).abs() < 1e-12);
        let biased = Scaling {
            temperature: 1.0,
            bias: Some(vec![-0.25, 0.25]),
        };
        assert_eq!(biased.probabilities(&logits).most_likely().get(), 1);
    }

    #[test]
    fn what_no_model_could_use_does_not_fit() {
        let scaling = |temperature, bias| Scaling { temperature, bias };
        assert!(scaling(0.5, Some(vec![0.1, -0.1])).fits(2));
        assert!(!scaling(0.0, None).fits(2));
        assert!(!scaling(f64::NAN, None).fits(2));
        assert!(!scaling(1.0, Some(vec![0.0])).fits(2));
        assert!(!scaling(1.0, Some(vec![0.0, f64::INFINITY])).fits(2));
    }
}
