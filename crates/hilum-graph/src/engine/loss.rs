//! Weighted, smoothed cross-entropy and its gradient, on the host: a batch has few logits.

use hilum_core::ClassIndex;

use super::batch::Logits;
use super::step::Step;

/// The loss of a batch and its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// As PyTorch's `CrossEntropyLoss` gives it.
    pub value: f32,
    /// By logit, in the order of the logits.
    pub gradient: Vec<f32>,
}

/// With the target `t[c] = weight[c] * (smoothing / classes + (1 - smoothing) * [c == truth])`
/// of every image, the loss is the sum of `-t[c] * ln p[c]` over images and classes, divided by
/// the sum of the weights of the true classes: PyTorch's `CrossEntropyLoss(weight,
/// label_smoothing)`.
///
/// # Panics
/// If a step has not one true class per row of logits.
pub fn cross_entropy(logits: &Logits, step: &Step<'_>) -> Loss {
    assert_eq!(
        logits.rows().len(),
        step.truth.len(),
        "a true class per row of logits"
    );
    let weight_of = |truth: &ClassIndex| f64::from(step.class_weights[truth.get()]);
    let total_weight: f64 = step.truth.iter().map(weight_of).sum();
    let smoothing = f64::from(step.label_smoothing);
    let even_share = smoothing / step.class_weights.len() as f64;

    let mut loss = 0.0;
    let mut gradient = Vec::with_capacity(logits.as_slice().len());
    for (row, truth) in logits.rows().zip(step.truth) {
        let log_probabilities = log_softmax(row);
        let targets: Vec<f64> = step
            .class_weights
            .iter()
            .enumerate()
            .map(|(class, &weight)| {
                let own_share = if class == truth.get() {
                    1.0 - smoothing
                } else {
                    0.0
                };
                f64::from(weight) * (even_share + own_share)
            })
            .collect();
        let target_sum: f64 = targets.iter().sum();
        for (log_probability, target) in log_probabilities.iter().zip(&targets) {
            loss -= target * log_probability / total_weight;
            let slope = (log_probability.exp() * target_sum - target) / total_weight;
            gradient.push(slope as f32);
        }
    }
    Loss {
        value: loss as f32,
        gradient,
    }
}

fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shifted = logits
        .iter()
        .map(|&logit| f64::from(logit) - f64::from(largest));
    let log_sum = shifted.clone().map(f64::exp).sum::<f64>().ln();
    shifted.map(|logit| logit - log_sum).collect()
}
