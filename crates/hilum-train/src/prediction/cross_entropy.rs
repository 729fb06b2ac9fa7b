//! The loss that is reported.

use hilum_core::ClassIndex;

/// The weighted, smoothed cross-entropy over many slices.
///
/// PyTorch's `CrossEntropyLoss(weight, label_smoothing)` with `reduction="mean"`: the sum of the
/// weighted terms, divided by the sum of the weights of the true classes. Computed in `f64`.
#[derive(Debug, Clone)]
pub struct CrossEntropy<'a> {
    class_weights: &'a [f32],
    label_smoothing: f64,
    weighted_sum: f64,
    weight: f64,
}

impl<'a> CrossEntropy<'a> {
    /// A sum of nothing yet; one weight per class, smoothing in `0.0..1.0`.
    pub fn new(class_weights: &'a [f32], label_smoothing: f64) -> Self {
        Self {
            class_weights,
            label_smoothing,
            weighted_sum: 0.0,
            weight: 0.0,
        }
    }

    /// Adds a slice: its logits, one per class, and its true class.
    pub fn add(&mut self, logits: &[f32], truth: ClassIndex) {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let shifted = |logit: &f32| f64::from(*logit) - f64::from(largest);
        let log_sum = logits
            .iter()
            .map(|logit| shifted(logit).exp())
            .sum::<f64>()
            .ln();
        let weight = |class: usize| f64::from(self.class_weights[class]);
        let term = |class: usize| weight(class) * (log_sum - shifted(&logits[class]));
        let even: f64 = (0..logits.len()).map(term).sum::<f64>() / logits.len() as f64;
        let smoothing = self.label_smoothing;
        self.weighted_sum += (1.0 - smoothing) * term(truth.get()) + smoothing * even;
        self.weight += weight(truth.get());
    }

    /// The mean; `None` if nothing was added.
    pub fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.weighted_sum / self.weight)
    }
}
