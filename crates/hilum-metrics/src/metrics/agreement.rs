//! Agreement beyond chance: Cohen's kappa and the Matthews correlation.

use crate::confusion::Confusion;
use crate::metric::{Direction, Metric, Prominence};

/// [`Confusion::cohen_kappa`].
pub const COHEN_KAPPA: Metric = Metric {
    name: "cohen_kappa",
    title: "Cohen's kappa",
    symbol: None,
    says: "agreement beyond chance; 0 is chance",
    undefined: "if truth and predictions name one and the same class throughout",
    direction: Direction::HigherIsBetter,
    range: (-1.0, 1.0),
    prominence: Prominence::Summary,
    compute: |sample| sample.confusion().cohen_kappa(),
};

/// [`Confusion::matthews_correlation`].
pub const MATTHEWS_CORRELATION: Metric = Metric {
    name: "matthews_correlation",
    title: "Matthews correlation",
    symbol: Some("MCC"),
    says: "correlation of truth and predictions; 0 is chance",
    undefined: "if truth or predictions name a single class",
    direction: Direction::HigherIsBetter,
    range: (-1.0, 1.0),
    prominence: Prominence::Summary,
    compute: |sample| sample.confusion().matthews_correlation(),
};

impl Confusion {
    /// Cohen's kappa, unweighted: 1 is full agreement, 0 what chance gives; in `-1.0..=1.0`.
    ///
    /// `None` without slices, and if truth and predictions name one and the same class
    /// throughout: chance alone would agree. Same as scikit-learn's `cohen_kappa_score`, which
    /// gives nan there.
    ///
    /// J. Cohen, A coefficient of agreement for nominal scales, 1960.
    pub fn cohen_kappa(&self) -> Option<f64> {
        let count = self.count() as f64;
        let chance = self.chance_agreement();
        let observed = self.correct_count() as f64 * count;
        let room = count * count - chance;
        (room > 0.0).then(|| (observed - chance) / room)
    }

    /// The Matthews correlation of truth and predictions over all classes; in `-1.0..=1.0`.
    ///
    /// `None` if truth or predictions name a single class: a constant correlates with nothing.
    /// Same as scikit-learn's `matthews_corrcoef`, which gives 0 there.
    ///
    /// J. Gorodkin, Comparing two K-category assignments by a K-category correlation
    /// coefficient, 2004.
    pub fn matthews_correlation(&self) -> Option<f64> {
        let count = self.count() as f64;
        let square_sum = |size: fn(&Self, _) -> u64| -> f64 {
            self.classes()
                .map(|class| (size(self, class) as f64).powi(2))
                .sum()
        };
        let truth_spread = count * count - square_sum(Self::support);
        let predicted_spread = count * count - square_sum(Self::predicted_count);
        let together = self.correct_count() as f64 * count - self.chance_agreement();
        let spread = truth_spread * predicted_spread;
        (spread > 0.0).then(|| together / spread.sqrt())
    }

    /// What would agree by chance, times the square of the count.
    fn chance_agreement(&self) -> f64 {
        self.classes()
            .map(|class| self.support(class) as f64 * self.predicted_count(class) as f64)
            .sum()
    }
}
