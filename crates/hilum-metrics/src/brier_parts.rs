//! What the Brier score consists of.

use hilum_core::ClassIndex;
use serde::{Deserialize, Serialize};

use crate::calibration_scores::ProbabilityBin;
use crate::metrics::BRIER_SCORE;
use crate::sample::Sample;

/// `brier_score` = reliability - resolution + uncertainty + what bins leave out.
///
/// A. H. Murphy, A new vector partition of the probability score, 1973, summed over classes, with
/// the probabilities of each class in 15 bins of equal width; halved for two classes, as
/// [`BRIER_SCORE`] is. Murphy's sum is exact for forecasts that take one value a bin; what it
/// leaves out otherwise is the variance within bins less twice their covariance (Stephenson,
/// Coelho, Jolliffe, Two extra components in the Brier score decomposition, 2008).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BrierParts {
    /// How far probabilities are from how often they come true; 0 is best.
    pub brier_reliability: Option<f64>,
    /// How far what they tell apart differs from the mean; the more the better, at most the
    /// uncertainty.
    pub brier_resolution: Option<f64>,
    /// How much there is to tell: a matter of the data, not of the model.
    pub brier_uncertainty: Option<f64>,
    /// What the three leave out.
    pub brier_within_bins: Option<f64>,
}

impl BrierParts {
    /// Of the slices of `sample`; `None` without any.
    pub(crate) fn compute(sample: &Sample<'_>) -> Self {
        let Some(score) = (BRIER_SCORE.compute)(sample) else {
            return Self::default();
        };
        let (mut reliability, mut resolution, mut uncertainty) = (0.0, 0.0, 0.0);
        for class in (0..sample.class_count()).map(ClassIndex::new) {
            let bins = ProbabilityBin::each(sample, class);
            let count: f64 = bins.iter().map(|bin| bin.count).sum();
            let occurrences: f64 = bins.iter().map(|bin| bin.occurrences).sum();
            let base = occurrences / count;
            for bin in bins.iter().filter(|bin| bin.count > 0.0) {
                let (mean, occurs) = (bin.probability_sum / bin.count, bin.occurrences / bin.count);
                reliability += bin.count / count * (mean - occurs).powi(2);
                resolution += bin.count / count * (occurs - base).powi(2);
            }
            uncertainty += base * (1.0 - base);
        }
        let scale = if sample.class_count() < 3 { 0.5 } else { 1.0 };
        let [reliability, resolution, uncertainty] =
            [reliability, resolution, uncertainty].map(|part| part * scale);
        Self {
            brier_reliability: Some(reliability),
            brier_resolution: Some(resolution),
            brier_uncertainty: Some(uncertainty),
            brier_within_bins: Some(score - (reliability - resolution + uncertainty)),
        }
    }
}
