//! How surprised a scaling is at the truth, and which scaling is least.

use super::newton::{Local, minimum};
use super::scaling::Scaling;
use crate::held_out::HeldOut;

/// Temperatures beyond these say that the logits tell nothing, or that there is no error to learn
/// from.
const TEMPERATURES: [f64; 2] = [0.01, 20.0];

/// Keeps biases from drifting together, which changes nothing: their sum becomes 0.
const RIDGE: f64 = 1e-9;

/// What is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Temperature,
    TemperatureAndBias,
}

/// The scaling of the least log-loss.
///
/// A class that was never confused would be made certain. As Platt (Probabilistic outputs for
/// support vector machines, 1999, section 2.2) the truth of each slice gets a little less than 1:
/// by Laplace's rule of succession, `1 - 1 / (n + 2)` of `n` slices, the rest shared by the other
/// classes. So the minimum always exists; the function is convex in `1 / temperature` and bias.
pub(super) fn most_likely(held_out: &HeldOut, form: Form) -> Scaling {
    let class_count = held_out.class_count();
    let bias_count = match form {
        Form::Temperature => 0,
        Form::TemperatureAndBias => class_count,
    };
    let mut start = vec![0.0; 1 + bias_count];
    start[0] = 1.0;
    let found = minimum(start, |at| log_loss(held_out, at));
    let [coldest, hottest] = TEMPERATURES;
    let inverse = found[0].clamp(1.0 / hottest, 1.0 / coldest);
    let mean: f64 = found[1..].iter().sum::<f64>() / class_count as f64;
    Scaling {
        temperature: 1.0 / inverse,
        bias: (bias_count > 0).then(|| found[1..].iter().map(|bias| bias - mean).collect()),
    }
}

/// The mean cross-entropy to the softened truth at an inverse temperature and, behind it, biases
/// or none.
fn log_loss(held_out: &HeldOut, at: &[f64]) -> Local {
    let (inverse, bias) = (at[0], &at[1..]);
    let (size, class_count) = (at.len(), held_out.class_count());
    let count = held_out.slices().len() as f64;
    let off = 1.0 / (count + 2.0);
    let off_each = off / (class_count.max(2) - 1) as f64;
    let mut local = Local {
        value: 0.0,
        gradient: vec![0.0; size],
        hessian: vec![vec![0.0; size]; size],
    };
    for slice in held_out.slices() {
        let largest = slice
            .logits
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let logits: Vec<f64> = slice.logits.iter().map(|logit| logit - largest).collect();
        let bias_of = |class: usize| bias.get(class).copied().unwrap_or(0.0);
        let scaled = |class: usize| inverse * logits[class] + bias_of(class);
        let top = (0..class_count)
            .map(scaled)
            .fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = (0..class_count)
            .map(|class| (scaled(class) - top).exp())
            .sum();
        let log_sum = top + sum.ln();
        let probability = |class: usize| (scaled(class) - log_sum).exp();
        let mean: f64 = (0..class_count)
            .map(|class| probability(class) * logits[class])
            .sum();
        for (class, logit) in logits.iter().enumerate() {
            let is_truth = class == slice.truth.get();
            let target = if is_truth { 1.0 - off } else { off_each };
            let p = probability(class);
            local.value -= target * (scaled(class) - log_sum);
            local.gradient[0] += (p - target) * logit;
            local.hessian[0][0] += p * logit * (logit - mean);
            if bias.is_empty() {
                continue;
            }
            local.gradient[1 + class] += p - target;
            local.hessian[0][1 + class] += p * (logit - mean);
            local.hessian[1 + class][1 + class] += p;
            for other in 0..class_count {
                local.hessian[1 + class][1 + other] -= p * probability(other);
            }
        }
    }
    finish(&mut local, count, bias);
    local
}

/// Means for sums, the ridge, and the other half of the Hessian.
fn finish(local: &mut Local, count: f64, bias: &[f64]) {
    local.value /= count;
    for value in local
        .gradient
        .iter_mut()
        .chain(local.hessian.iter_mut().flatten())
    {
        *value /= count;
    }
    // Logits that are all the same say nothing about the temperature.
    local.hessian[0][0] += RIDGE;
    for (at, bias) in bias.iter().enumerate() {
        local.value += RIDGE / 2.0 * bias * bias;
        local.gradient[1 + at] += RIDGE * bias;
        local.hessian[1 + at][1 + at] += RIDGE;
        local.hessian[1 + at][0] = local.hessian[0][1 + at];
    }
}
