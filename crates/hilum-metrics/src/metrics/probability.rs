//! How far the probabilities are from the truth, whichever class is called.

use std::f64::consts::LN_2;

use hilum_core::{ClassIndex, Probabilities};

use crate::metric::{Direction, Metric, Prominence};

/// The mean of `-ln(probability of the truth)`, in nats.
///
/// Same as scikit-learn's `log_loss`: probabilities are first brought into `eps..=1 - eps` with
/// the machine epsilon 2.2e-16, so a certain error costs 36.04 and not infinity.
pub const LOG_LOSS: Metric = Metric {
    name: "log_loss",
    title: "log-loss",
    symbol: None,
    says: "surprise at the truth, in nats",
    undefined: "without slices",
    direction: Direction::LowerIsBetter,
    range: (0.0, 36.05),
    prominence: Prominence::Summary,
    compute: |sample| {
        sample.mean_over_slices(|truth, row| {
            -row.of(truth).clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
        })
    },
};

/// The mean squared distance between probabilities and one-hot truth.
///
/// In `0.0..=2.0` for three classes or more (the sum over classes, as Brier wrote it), in
/// `0.0..=1.0` for two (half of that, as is the custom). Same as scikit-learn's
/// `brier_score_loss` (1.7 or later), whose `scale_by_half="auto"` this is.
///
/// G. W. Brier, Verification of forecasts expressed in terms of probability, 1950.
pub const BRIER_SCORE: Metric = Metric {
    name: "brier_score",
    title: "Brier score",
    symbol: None,
    says: "squared distance to the truth",
    undefined: "without slices",
    direction: Direction::LowerIsBetter,
    range: (0.0, 2.0),
    prominence: Prominence::Report,
    compute: |sample| sample.mean_over_slices(squared_distance),
};

/// The mean over slices and classes of `ln(cosh(probability - one-hot truth))`.
///
/// Same as Keras's `LogCosh` loss and metric.
pub const LOG_COSH: Metric = Metric {
    name: "log_cosh",
    title: "log-cosh",
    symbol: None,
    says: "distance to one-hot truth",
    undefined: "without slices",
    direction: Direction::LowerIsBetter,
    range: (0.0, 0.434),
    prominence: Prominence::Report,
    compute: |sample| {
        sample.mean_over_slices(|truth, row| {
            let sum: f64 = differences(truth, row).map(ln_cosh).sum();
            sum / row.as_slice().len() as f64
        })
    },
};

fn squared_distance(truth: ClassIndex, row: &Probabilities) -> f64 {
    let sum: f64 = differences(truth, row).map(|value| value * value).sum();
    if row.as_slice().len() < 3 {
        sum / 2.0
    } else {
        sum
    }
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
