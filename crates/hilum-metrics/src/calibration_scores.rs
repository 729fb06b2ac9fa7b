//! Whether probabilities are ones, in more than one figure.

use hilum_core::ClassIndex;
use serde::{Deserialize, Serialize};

use crate::brier_parts::BrierParts;
use crate::metrics::RELIABILITY_BIN_COUNT;
use crate::reliability::{ReliabilityBin, reliability};
use crate::sample::Sample;

/// What [`ECE`](crate::ECE) says, asked in other ways; [`RELIABILITY_BIN_COUNT`] bins each.
///
/// They are no [`Metric`](crate::Metric)s: the debiased error depends on how many slices there are,
/// bins of equal mass on which, and of Brier's parts none is best at either end.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CalibrationScores {
    /// ECE over bins that hold as many slices each: the mean distance between confidence and
    /// accuracy. Same as `get_ece_em(mode="top-label")` of uncertainty-calibration.
    pub ece_equal_mass: Option<f64>,
    /// The root of the squared error over the same bins, less what chance alone would give;
    /// 0 where chance explains all. Kumar, Liang, Ma, Verified uncertainty calibration, 2019,
    /// section 5; the same correction in Bröcker, Estimating reliability and resolution of
    /// probability forecasts through decomposition of the empirical score, 2012. Same as
    /// uncertainty-calibration's `unbiased_l2_ce` of the most likely class.
    pub ece_debiased: Option<f64>,
    /// The mean over classes of the ECE of their probabilities, in bins of equal width. Kull et
    /// al., Beyond temperature scaling, 2019, equation 3.
    pub ece_classwise: Option<f64>,
    /// The largest distance between confidence and accuracy in a bin of equal width. Naeini,
    /// Cooper, Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, 2015.
    pub mce: Option<f64>,
    /// What the Brier score consists of.
    #[serde(flatten)]
    pub brier: BrierParts,
}

impl CalibrationScores {
    /// Of the slices of `sample`.
    pub fn compute(sample: &Sample<'_>) -> Self {
        let equal_mass = EqualMass::of(sample);
        Self {
            ece_equal_mass: equal_mass.as_ref().map(EqualMass::error),
            ece_debiased: equal_mass.as_ref().map(EqualMass::debiased),
            ece_classwise: classwise(sample),
            mce: largest_gap(&reliability(sample, RELIABILITY_BIN_COUNT)),
            brier: BrierParts::compute(sample),
        }
    }
}

fn largest_gap(bins: &[ReliabilityBin]) -> Option<f64> {
    let gaps = bins
        .iter()
        .filter_map(|bin| Some((bin.accuracy? - bin.confidence?).abs()));
    gaps.reduce(f64::max)
}

fn classwise(sample: &Sample<'_>) -> Option<f64> {
    let of_class = |class| {
        let (mut sum, mut count) = (0.0, 0.0);
        for bin in ProbabilityBin::each(sample, class) {
            sum += (bin.probability_sum - bin.occurrences).abs();
            count += bin.count;
        }
        (count > 0.0).then(|| sum / count)
    };
    let classes = sample.class_count();
    let errors: Option<Vec<f64>> = (0..classes).map(ClassIndex::new).map(of_class).collect();
    errors.map(|errors| errors.iter().sum::<f64>() / classes as f64)
}

/// The slices whose probability of a class lies in one of [`RELIABILITY_BIN_COUNT`] bins of equal
/// width, cut as those of [`reliability`] are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ProbabilityBin {
    pub(crate) count: f64,
    pub(crate) probability_sum: f64,
    /// Slices that are of the class.
    pub(crate) occurrences: f64,
}

impl ProbabilityBin {
    /// The bins of `class`, empty ones too.
    pub(crate) fn each(sample: &Sample<'_>, class: ClassIndex) -> Vec<Self> {
        let count = RELIABILITY_BIN_COUNT;
        let edges: Vec<f64> = (1..count)
            .map(|at| at as f64 * (1.0 / count as f64))
            .collect();
        let mut bins = vec![Self::default(); count];
        for (truth, row, repeat) in sample.slices() {
            let probability = row.of(class);
            let bin = &mut bins[edges.partition_point(|edge| *edge < probability)];
            let repeat = f64::from(repeat);
            bin.count += repeat;
            bin.probability_sum += repeat * probability;
            bin.occurrences += repeat * f64::from(u8::from(truth == class));
        }
        bins
    }
}

/// Slices in bins of as many each, by confidence.
struct EqualMass {
    /// Slices, sum of confidences, slices that were called right.
    bins: Vec<(f64, f64, f64)>,
    count: f64,
}

impl EqualMass {
    /// Cuts halfway between the last slice of a bin and the first of the next, so that equal
    /// confidences stay together; `None` without slices.
    fn of(sample: &Sample<'_>) -> Option<Self> {
        let mut slices: Vec<(f64, bool)> = Vec::new();
        for (truth, row, repeat) in sample.slices() {
            let predicted = row.most_likely();
            let slice = (row.of(predicted), predicted == truth);
            slices.extend(std::iter::repeat_n(slice, repeat as usize));
        }
        slices.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let count = slices.len();
        if count == 0 {
            return None;
        }
        let parts = RELIABILITY_BIN_COUNT.min(count);
        // As `numpy.array_split` has it: the first parts are the longer ones.
        let end = |part: usize| part * (count / parts) + part.min(count % parts);
        let mut edges: Vec<f64> = (1..parts)
            .map(|part| f64::midpoint(slices[end(part) - 1].0, slices[end(part)].0))
            .collect();
        edges.push(1.0);
        edges.dedup();
        let mut bins = vec![(0.0, 0.0, 0.0); edges.len()];
        for (confidence, is_right) in slices {
            let at = edges.partition_point(|edge| *edge < confidence);
            // A sum of probabilities may be 1 and a rounding more.
            let bin = &mut bins[at.min(edges.len() - 1)];
            bin.0 += 1.0;
            bin.1 += confidence;
            bin.2 += f64::from(u8::from(is_right));
        }
        bins.retain(|bin| bin.0 > 0.0);
        Some(Self {
            bins,
            count: count as f64,
        })
    }

    fn error(&self) -> f64 {
        let gaps = self.bins.iter().map(|(_, sum, right)| (sum - right).abs());
        gaps.sum::<f64>() / self.count
    }

    fn debiased(&self) -> f64 {
        let of_bin = |(count, sum, right): &(f64, f64, f64)| {
            // Of a single slice nothing can be told.
            if *count < 2.0 {
                return 0.0;
            }
            let (gap, accuracy) = ((sum - right) / count, right / count);
            let by_chance = accuracy * (1.0 - accuracy) / (count - 1.0);
            count * (gap * gap - by_chance)
        };
        let squared = self.bins.iter().map(of_bin).sum::<f64>() / self.count;
        squared.max(0.0).sqrt()
    }
}
