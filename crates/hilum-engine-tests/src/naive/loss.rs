//! The loss as `Step` documents it, and its slope.

use hilum_graph::Step;

/// Weighted, smoothed cross-entropy.
pub(super) fn loss(logits: &[Vec<f64>], step: &Step<'_>) -> f64 {
    let weights: Vec<f64> = step.class_weights.iter().map(|w| f64::from(*w)).collect();
    let classes = weights.len() as f64;
    let smoothing = f64::from(step.label_smoothing);
    let mut sum = 0.0;
    let mut total = 0.0;
    for (row, truth) in logits.iter().zip(step.truth) {
        let log_sum = row.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let cost = |class: usize| weights[class] * (log_sum - row[class]);
        let all: f64 = (0..row.len()).map(cost).sum();
        sum += (1.0 - smoothing) * cost(truth.get()) + smoothing / classes * all;
        total += weights[truth.get()];
    }
    sum / total
}

/// By logit: `(p * sum of targets - target) / sum of the true classes' weights`.
pub(super) fn loss_slopes(logits: &[Vec<f64>], step: &Step<'_>) -> Vec<Vec<f64>> {
    let weights: Vec<f64> = step.class_weights.iter().map(|w| f64::from(*w)).collect();
    let smoothing = f64::from(step.label_smoothing);
    let total: f64 = step.truth.iter().map(|truth| weights[truth.get()]).sum();
    let rows = logits.iter().zip(step.truth).map(|(row, truth)| {
        let target = |class: usize| {
            let own = f64::from(u8::from(class == truth.get()));
            weights[class] * (smoothing / row.len() as f64 + (1.0 - smoothing) * own)
        };
        let targets: f64 = (0..row.len()).map(target).sum();
        let sum: f64 = row.iter().map(|logit| logit.exp()).sum();
        let slope = |class: usize| (row[class].exp() / sum * targets - target(class)) / total;
        (0..row.len()).map(slope).collect()
    });
    rows.collect()
}
