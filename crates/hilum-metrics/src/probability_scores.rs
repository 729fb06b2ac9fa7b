//! How far the probabilities are from the truth, whichever class is called.

use std::f64::consts::LN_2;

use hilum_core::{ClassIndex, Probabilities};

use crate::scores::mean;

/// The mean of `-ln(probability of the truth)`, in nats: `0.0..=36.04`. The best is 0.
///
/// `None` without slices. Same as scikit-learn's `log_loss`: probabilities are first brought
/// into `eps..=1 - eps` with the machine epsilon 2.2e-16, so a certain error costs 36 and not
/// infinity.
pub fn log_loss(truth: &[ClassIndex], probabilities: &[Probabilities]) -> Option<f64> {
    mean_over_slices(truth, probabilities, |truth, row| {
        -row.of(truth).clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    })
}

/// The mean squared distance between probabilities and one-hot truth. The best is 0.
///
/// In `0.0..=2.0` for three classes or more (the sum over classes, as Brier wrote it), in
/// `0.0..=1.0` for two (half of that, as is the custom). `None` without slices. Same as
/// scikit-learn's `brier_score_loss` (1.7 or later), whose `scale_by_half="auto"` this is.
///
/// G. W. Brier, Verification of forecasts expressed in terms of probability, 1950.
pub fn brier_score(truth: &[ClassIndex], probabilities: &[Probabilities]) -> Option<f64> {
    mean_over_slices(truth, probabilities, |truth, row| {
        let sum: f64 = differences(truth, row).map(|value| value * value).sum();
        if row.as_slice().len() < 3 {
            sum / 2.0
        } else {
            sum
        }
    })
}

/// The mean over slices and classes of `ln(cosh(probability - one-hot truth))`, in
/// `0.0..=0.434`. The best is 0.
///
/// `None` without slices. Same as Keras's `LogCosh` loss and metric.
pub fn log_cosh(truth: &[ClassIndex], probabilities: &[Probabilities]) -> Option<f64> {
    mean_over_slices(truth, probabilities, |truth, row| {
        let sum: f64 = differences(truth, row).map(ln_cosh).sum();
        sum / row.as_slice().len() as f64
    })
}

/// `ln(cosh(value))` without overflow.
fn ln_cosh(value: f64) -> f64 {
    let size = value.abs();
    size + (-2.0 * size).exp().ln_1p() - LN_2
}

/// Probability minus one-hot truth, of each class.
fn differences(truth: ClassIndex, row: &Probabilities) -> impl Iterator<Item = f64> + '_ {
    row.as_slice()
        .iter()
        .enumerate()
        .map(move |(class, value)| value - f64::from(u8::from(class == truth.get())))
}

fn mean_over_slices(
    truth: &[ClassIndex],
    probabilities: &[Probabilities],
    score: impl Fn(ClassIndex, &Probabilities) -> f64,
) -> Option<f64> {
    assert_eq!(
        truth.len(),
        probabilities.len(),
        "every slice has a truth and probabilities"
    );
    mean(
        truth
            .iter()
            .zip(probabilities)
            .map(|(truth, row)| score(*truth, row)),
    )
}
