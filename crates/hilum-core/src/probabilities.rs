//! Class probabilities of one slice.

use serde::{Deserialize, Serialize};

use crate::ClassIndex;

/// One probability per class, in class order; each in `0.0..=1.0`, sum 1 within rounding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Probabilities(Vec<f64>);

impl Probabilities {
    /// The softmax of a network's raw outputs, one per class.
    ///
    /// # Panics
    /// If `logits` is empty or not finite: an engine must have reported that before.
    pub fn from_logits(logits: &[f32]) -> Self {
        Self(softmax(logits))
    }

    /// The same of logits that something was done to in `f64`, such as a scaling.
    ///
    /// # Panics
    /// If `logits` is empty or not finite.
    pub fn from_wide_logits(logits: &[f64]) -> Self {
        Self(softmax_of_wide(logits))
    }

    /// Takes probabilities as they are, such as those read from a file.
    ///
    /// Returns `None` unless each lies in `0.0..=1.0` and they sum to 1 within 1e-6.
    pub fn new(values: Vec<f64>) -> Option<Self> {
        let in_range = values.iter().all(|value| (0.0..=1.0).contains(value));
        let sum: f64 = values.iter().sum();
        (in_range && (sum - 1.0).abs() <= 1e-6).then_some(Self(values))
    }

    /// The values, in class order.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The probability of `class`.
    pub fn of(&self, class: ClassIndex) -> f64 {
        self.0[class.get()]
    }

    /// The class of the largest probability; the first of them if several are equal.
    pub fn most_likely(&self) -> ClassIndex {
        let mut best = 0;
        for (position, value) in self.0.iter().enumerate() {
            if *value > self.0[best] {
                best = position;
            }
        }
        ClassIndex::new(best)
    }
}

/// `exp(x_i) / sum_j exp(x_j)`, computed in `f64` after subtracting the maximum.
///
/// # Panics
/// If `logits` is empty or holds a NaN or an infinity.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let wide: Vec<f64> = logits.iter().copied().map(f64::from).collect();
    softmax_of_wide(&wide)
}

fn softmax_of_wide(logits: &[f64]) -> Vec<f64> {
    assert!(
        !logits.is_empty() && logits.iter().all(|value| value.is_finite()),
        "softmax needs finite logits"
    );
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<f64> = logits.iter().map(|value| (value - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|value| value / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_survives_large_logits_and_sums_to_one() {
        let values = softmax(&[1000.0, 1001.0, -1000.0]);
        assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        // e / (1 + e)
        assert!((values[1] - 0.731_058_578_630_004_9).abs() < 1e-12);
    }

    #[test]
    fn the_first_of_equal_probabilities_is_most_likely() {
        let even = Probabilities::from_logits(&[0.0, 0.0, 0.0]);
        assert_eq!(even.most_likely().get(), 0);
    }

    #[test]
    fn values_that_are_no_distribution_are_refused() {
        assert!(Probabilities::new(vec![0.5, 0.6]).is_none());
        assert!(Probabilities::new(vec![f64::NAN, 1.0]).is_none());
        assert!(Probabilities::new(vec![0.25, 0.75]).is_some());
    }
}
