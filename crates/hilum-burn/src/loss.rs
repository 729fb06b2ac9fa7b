//! Weighted, smoothed cross-entropy of a batch, so that Burn derives its gradient too.

use burn_tensor::Tensor;
use burn_tensor::activation::log_softmax;

use hilum_graph::Step;

use crate::images;

/// The loss of `logits`, `[images, classes]`, as PyTorch's `CrossEntropyLoss(weight,
/// label_smoothing)`: the sum of `-t[c] * ln p[c]` over images and classes, divided by the sum
/// of the weights of the true classes, with the target
/// `t[c] = weight[c] * (smoothing / classes + (1 - smoothing) * [c == truth])`.
///
/// By hand, because `burn-tensor` has no losses but `log_softmax`.
pub(crate) fn cross_entropy(logits: Tensor<2>, step: &Step<'_>) -> Tensor<1> {
    let [count, classes] = logits.dims();
    let smoothing = f64::from(step.label_smoothing);
    let total_weight: f64 = step
        .truth
        .iter()
        .map(|truth| f64::from(step.class_weights[truth.get()]))
        .sum();
    let mut targets = Vec::with_capacity(count * classes);
    for truth in step.truth {
        for (class, &weight) in step.class_weights.iter().enumerate() {
            let own_share = if class == truth.get() {
                1.0 - smoothing
            } else {
                0.0
            };
            let share = smoothing / classes as f64 + own_share;
            targets.push((f64::from(weight) * share / total_weight) as f32);
        }
    }
    let device = logits.device().without_autodiff();
    let targets = images::tensor(targets, [count, classes], &device);
    (log_softmax(logits, 1) * targets).sum().neg()
}
