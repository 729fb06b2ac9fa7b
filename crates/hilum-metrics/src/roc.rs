//! The receiver operating characteristic, one class against all others.

use hilum_core::ClassIndex;

use crate::ranking::Cut;
use crate::sample::Sample;

/// What calling a slice `class` from a threshold upwards finds, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// The smallest probability that counts as positive; infinite at the first point.
    pub threshold: f64,
    /// The fraction of other slices that are called `class`, in `0.0..=1.0`.
    pub false_positive_rate: f64,
    /// The fraction of the class's slices that are called `class` (recall), in `0.0..=1.0`.
    pub true_positive_rate: f64,
}

/// The area under the ROC curve of `class` against all others, in `0.0..=1.0`.
///
/// `None` if no slice is `class` or all are. Same as scikit-learn's
/// `roc_auc_score(truth == class, probabilities[:, class])`.
pub fn auroc(sample: &Sample<'_>, class: ClassIndex) -> Option<f64> {
    let ranking = sample.ranking(class);
    ranking.auroc(sample.truth(), sample.repeats())
}

/// The curve from (0, 0) to (1, 1), by falling threshold, without points on a straight run.
///
/// `None` if no slice is `class` or all are. Same as scikit-learn's
/// `roc_curve(truth == class, probabilities[:, class])`.
pub fn roc_curve(sample: &Sample<'_>, class: ClassIndex) -> Option<Vec<RocPoint>> {
    let ranking = sample.ranking(class);
    let cuts = ranking.cuts(sample.truth(), sample.repeats());
    let last = *cuts.last()?;
    if last.true_positives == 0 || last.false_positives == 0 {
        return None;
    }
    let point = |threshold, true_positives: u64, false_positives: u64| RocPoint {
        threshold,
        false_positive_rate: false_positives as f64 / last.false_positives as f64,
        true_positive_rate: true_positives as f64 / last.true_positives as f64,
    };
    let mut points = vec![point(f64::INFINITY, 0, 0)];
    points.extend(
        corners(&cuts).map(|cut| point(cut.threshold, cut.true_positives, cut.false_positives)),
    );
    Some(points)
}

/// The first, the last, and those between that don't continue the step before them.
fn corners(cuts: &[Cut]) -> impl Iterator<Item = &Cut> {
    let step = |at: usize| {
        (
            cuts[at].true_positives - cuts[at - 1].true_positives,
            cuts[at].false_positives - cuts[at - 1].false_positives,
        )
    };
    (0..cuts.len())
        .filter(move |&at| at == 0 || at + 1 == cuts.len() || step(at) != step(at + 1))
        .map(|at| &cuts[at])
}
