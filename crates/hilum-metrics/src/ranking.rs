//! Slices ranked by the probability of one class: what ROC and precision-recall are made of.

use hilum_core::{ClassIndex, Probabilities};

/// What lies at or above a threshold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) threshold: f64,
    pub(crate) true_positives: u64,
    pub(crate) false_positives: u64,
}

/// One class against all others, the most probable slices first.
#[derive(Debug)]
pub(crate) struct Ranking {
    class: ClassIndex,
    /// Positions of the slices, by falling probability.
    order: Vec<usize>,
    /// Where in `order` each run of equal probabilities ends (exclusive), with its probability.
    run_ends: Vec<(usize, f64)>,
}

impl Ranking {
    /// Ranks the slices by the probability of `class`.
    pub(crate) fn new(probabilities: &[Probabilities], class: ClassIndex) -> Self {
        let score = |at: &usize| probabilities[*at].of(class);
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|left, right| score(right).total_cmp(&score(left)));
        let run_ends = (1..=order.len())
            .filter(|end| *end == order.len() || score(&order[*end]) != score(&order[*end - 1]))
            .map(|end| (end, score(&order[end - 1])))
            .collect();
        Self {
            class,
            order,
            run_ends,
        }
    }

    /// The counts at every distinct probability, the largest first, where slice `i` stands
    /// `repeats[i]` times in the sample. Same as scikit-learn's `confusion_matrix_at_thresholds`.
    pub(crate) fn cuts(&self, truth: &[ClassIndex], repeats: &[u32]) -> Vec<Cut> {
        let mut cuts = Vec::with_capacity(self.run_ends.len());
        let (mut start, mut true_positives, mut false_positives) = (0, 0, 0);
        for &(end, threshold) in &self.run_ends {
            let (positives, negatives) = self.count(start..end, truth, repeats);
            true_positives += positives;
            false_positives += negatives;
            start = end;
            if positives + negatives > 0 {
                cuts.push(Cut {
                    threshold,
                    true_positives,
                    false_positives,
                });
            }
        }
        cuts
    }

    /// The probability that a slice of the class ranks above one of another class, equal ranks
    /// counted half, where slice `i` stands `repeats[i]` times in the sample.
    ///
    /// `None` without a slice on either side.
    pub(crate) fn auroc(&self, truth: &[ClassIndex], repeats: &[u32]) -> Option<f64> {
        let (mut start, mut above, mut negatives, mut doubled_area) = (0, 0_u64, 0_u64, 0_u64);
        for &(end, _) in &self.run_ends {
            let (positives_here, negatives_here) = self.count(start..end, truth, repeats);
            doubled_area += negatives_here * (2 * above + positives_here);
            above += positives_here;
            negatives += negatives_here;
            start = end;
        }
        let pairs = 2 * above * negatives;
        (pairs > 0).then(|| doubled_area as f64 / pairs as f64)
    }

    /// How many slices at these ranks are of the class, and how many are not.
    fn count(
        &self,
        ranks: std::ops::Range<usize>,
        truth: &[ClassIndex],
        repeats: &[u32],
    ) -> (u64, u64) {
        let (mut positives, mut negatives) = (0, 0);
        for at in &self.order[ranks] {
            if truth[*at] == self.class {
                positives += u64::from(repeats[*at]);
            } else {
                negatives += u64::from(repeats[*at]);
            }
        }
        (positives, negatives)
    }
}
