//! Successive halving: many trials in few epochs, the best of them in more.

use thiserror::Error;

/// Of how many trials one goes on, and by what its epochs grow.
pub const ETA: usize = 3;

/// The rungs of successive halving (Jamieson, Talwalkar, Non-stochastic best arm identification
/// and hyperparameter optimization, 2016), with the factor 3 that Li et al., Hyperband, 2018,
/// use.
///
/// At each rung the best third goes on and is trained for three times as many epochs, from the
/// start: a schedule that spans the run cannot be prolonged. The last rung has all epochs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halving {
    rungs: Vec<Rung>,
}

/// One step of [`Halving`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Trials that are trained.
    pub trial_count: usize,
    /// What a trial's epochs are divided by.
    pub divisor: usize,
}

/// Trials that cannot be halved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HalvingError {
    /// Nothing would be left out.
    #[error("{trials} trials are too few to halve\nhint: use 3 or more, or `--strategy random`")]
    TooFewTrials {
        /// How many were asked for.
        trials: usize,
    },
}

impl Halving {
    /// As many rungs as `trials` allow, for trials of at least `epochs` epochs; the first trains
    /// for one epoch or more.
    ///
    /// # Errors
    /// [`HalvingError`] for fewer than three trials.
    pub fn new(trials: usize, epochs: usize) -> Result<Self, HalvingError> {
        if trials < ETA {
            return Err(HalvingError::TooFewTrials { trials });
        }
        let mut counts = vec![trials];
        let mut divisor = 1;
        while counts.last().is_some_and(|count| *count >= ETA) && divisor * ETA <= epochs.max(ETA) {
            counts.push(counts[counts.len() - 1] / ETA);
            divisor *= ETA;
        }
        let rungs = counts
            .into_iter()
            .scan(divisor, |divisor, trial_count| {
                let rung = Rung {
                    trial_count,
                    divisor: *divisor,
                };
                *divisor /= ETA;
                Some(rung)
            })
            .collect();
        Ok(Self { rungs })
    }

    /// From many short trainings to few long ones.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }
}

impl Rung {
    /// The epochs of a trial that has `epochs` in the end: at least 1.
    pub fn epochs(&self, epochs: usize) -> usize {
        ((epochs as f64 / self.divisor as f64).round() as usize).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(trials: usize, epochs: usize) -> Vec<(usize, usize)> {
        let halving = Halving::new(trials, epochs).unwrap();
        let rungs = halving.rungs().iter();
        rungs
            .map(|rung| (rung.trial_count, rung.epochs(epochs)))
            .collect()
    }

    #[test]
    fn rungs_are_those_of_the_paper() {
        // Li et al., 2018, table 1: the first bracket of R = 81, eta = 3.
        assert_eq!(rungs(81, 81), [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(rungs(20, 24), [(20, 3), (6, 8), (2, 24)]);
        assert_eq!(rungs(27, 2), [(27, 1), (9, 2)]);
        assert_eq!(rungs(3, 12), [(3, 4), (1, 12)]);
        assert!(Halving::new(2, 12).is_err());
    }
}
