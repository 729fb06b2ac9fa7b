//! Precision against recall, one class against all others.

use hilum_core::ClassIndex;

use crate::ranking::Cut;
use crate::sample::Sample;

/// What calling a slice `class` from a threshold upwards finds, and how much of it is right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrecisionRecallPoint {
    /// The smallest probability that counts as positive; infinite at the first point.
    pub threshold: f64,
    /// The fraction of the slices called `class` that are `class`; 1 at the first point.
    pub precision: f64,
    /// The fraction of the class's slices that are called `class`.
    pub recall: f64,
}

/// The area under the precision-recall steps of `class` against all others, in `0.0..=1.0`:
/// the sum of each step in recall times the precision it is reached at.
///
/// `None` if no slice is `class`. Same as scikit-learn's
/// `average_precision_score(truth == class, probabilities[:, class])`, which gives 0 there.
pub fn average_precision(sample: &Sample<'_>, class: ClassIndex) -> Option<f64> {
    let cuts = cuts(sample, class);
    let positives = cuts.last().map_or(0, |cut| cut.true_positives);
    let (mut before, mut sum) = (0, 0.0);
    for cut in &cuts {
        sum += (cut.true_positives - before) as f64 * precision(cut);
        before = cut.true_positives;
    }
    (positives > 0).then(|| sum / positives as f64)
}

/// The curve by falling threshold, from recall 0 to recall 1; of points with equal recall the
/// first and the last.
///
/// `None` if no slice is `class`. Same points as scikit-learn's
/// `precision_recall_curve(drop_intermediate=True)`, in reverse order.
pub fn precision_recall_curve(
    sample: &Sample<'_>,
    class: ClassIndex,
) -> Option<Vec<PrecisionRecallPoint>> {
    let cuts = cuts(sample, class);
    let positives = cuts.last().map_or(0, |cut| cut.true_positives);
    if positives == 0 {
        return None;
    }
    let recall = |at: usize| cuts[at].true_positives;
    let mut points = vec![PrecisionRecallPoint {
        threshold: f64::INFINITY,
        precision: 1.0,
        recall: 0.0,
    }];
    points.extend(
        (0..cuts.len())
            .filter(|&at| {
                at == 0
                    || at + 1 == cuts.len()
                    || recall(at - 1) != recall(at)
                    || recall(at) != recall(at + 1)
            })
            .map(|at| PrecisionRecallPoint {
                threshold: cuts[at].threshold,
                precision: precision(&cuts[at]),
                recall: recall(at) as f64 / positives as f64,
            }),
    );
    Some(points)
}

fn cuts(sample: &Sample<'_>, class: ClassIndex) -> Vec<Cut> {
    let ranking = sample.ranking(class);
    ranking.cuts(sample.truth(), sample.repeats())
}

fn precision(cut: &Cut) -> f64 {
    cut.true_positives as f64 / (cut.true_positives + cut.false_positives) as f64
}
