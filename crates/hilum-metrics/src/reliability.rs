//! Whether a confidence of 0.8 is right eight times in ten.

use serde::{Deserialize, Serialize};

use crate::sample::Sample;

/// The slices whose confidence, the probability of the predicted class, lies in `low..=high`
/// without `low` itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// The lower edge, exclusive (inclusive for the first bin).
    pub low: f64,
    /// The upper edge, inclusive.
    pub high: f64,
    /// How many slices fall here.
    pub count: u64,
    /// Their mean confidence; `None` for an empty bin.
    pub confidence: Option<f64>,
    /// The fraction of them that was called right; `None` for an empty bin.
    pub accuracy: Option<f64>,
}

/// Slices sorted by confidence into `bin_count` bins of equal width over `0.0..=1.0`.
///
/// The bins of Guo et al., On calibration of modern neural networks, 2017; where they hold
/// something, same as scikit-learn's `calibration_curve(correct, confidence)`.
///
/// # Panics
/// If `bin_count` is 0.
pub fn reliability(sample: &Sample<'_>, bin_count: usize) -> Vec<ReliabilityBin> {
    assert!(bin_count > 0, "reliability needs a bin");
    // As `numpy.linspace` has them, to the bit: a confidence on an edge falls on the same side.
    let width = 1.0 / bin_count as f64;
    let mut edges: Vec<f64> = (0..bin_count).map(|at| at as f64 * width).collect();
    edges.push(1.0);

    let mut tallies = vec![(0_u64, 0.0_f64, 0_u64); bin_count];
    for (truth, row, repeat) in sample.slices() {
        let predicted = row.most_likely();
        let confidence = row.of(predicted);
        let bin = edges[1..bin_count].partition_point(|edge| *edge < confidence);
        let (count, confidence_sum, correct_count) = &mut tallies[bin];
        *count += u64::from(repeat);
        *confidence_sum += f64::from(repeat) * confidence;
        *correct_count += u64::from(repeat) * u64::from(predicted == truth);
    }
    let bin =
        |(at, &(count, confidence_sum, correct_count)): (usize, &(u64, f64, u64))| ReliabilityBin {
            low: edges[at],
            high: edges[at + 1],
            count,
            confidence: (count > 0).then(|| confidence_sum / count as f64),
            accuracy: (count > 0).then(|| correct_count as f64 / count as f64),
        };
    tallies.iter().enumerate().map(bin).collect()
}
