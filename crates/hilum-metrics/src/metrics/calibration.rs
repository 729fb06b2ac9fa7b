//! Whether a confidence of 0.8 is right eight times in ten, in one figure.

use crate::metric::{Direction, Metric, Prominence};
use crate::reliability::{ReliabilityBin, reliability};

/// How many bins the calibration error is computed with.
pub const RELIABILITY_BIN_COUNT: usize = 15;

/// The mean distance between confidence and accuracy over [`RELIABILITY_BIN_COUNT`] bins of
/// confidence, weighted by their counts.
///
/// Naeini, Cooper, Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning,
/// 2015.
pub const ECE: Metric = Metric {
    name: "ece",
    title: "expected calibration error",
    symbol: Some("ECE"),
    says: "gap between confidence and accuracy",
    undefined: "without slices",
    direction: Direction::LowerIsBetter,
    range: (0.0, 1.0),
    prominence: Prominence::Summary,
    compute: |sample| expected_calibration_error(&reliability(sample, RELIABILITY_BIN_COUNT)),
};

fn expected_calibration_error(bins: &[ReliabilityBin]) -> Option<f64> {
    let count: u64 = bins.iter().map(|bin| bin.count).sum();
    let sum: f64 = bins
        .iter()
        .filter_map(|bin| Some(bin.count as f64 * (bin.accuracy? - bin.confidence?).abs()))
        .sum();
    (count > 0).then(|| sum / count as f64)
}
