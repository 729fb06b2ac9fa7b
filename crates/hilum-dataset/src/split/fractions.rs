//! How much of the data each split gets.

use std::str::FromStr;

use hilum_core::Split;
use thiserror::Error;

/// The share of train, valid and test; each in `0.0..=1.0`, sum 1, train above 0.
///
/// ```
/// use hilum_dataset::SplitFractions;
///
/// assert_eq!("70/10/20".parse::<SplitFractions>().unwrap(), SplitFractions::default());
/// assert!(SplitFractions::new(0.7, 0.2, 0.2).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitFractions([f64; 3]);

/// Shares that divide nothing.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FractionsError {
    /// Not three numbers.
    #[error(
        "`{text}` is not three shares\nhint: write train/valid/test in percent, such as `70/10/20`"
    )]
    NotThreeNumbers {
        /// What was given.
        text: String,
    },
    /// A share below 0 or not finite.
    #[error("{split} cannot get a share of {share}\nhint: shares lie between 0 and 1")]
    OutOfRange {
        /// The split.
        split: Split,
        /// Its share.
        share: f64,
    },
    /// Nothing to learn from.
    #[error("train gets no share\nhint: give it more than 0")]
    NoTrain,
    /// Shares that are not the whole.
    #[error(
        "the shares sum to {sum}, not to the whole\nhint: the default is 70/10/20 for train/valid/test"
    )]
    NotTheWhole {
        /// Their sum, 1 being the whole.
        sum: f64,
    },
}

impl SplitFractions {
    /// Shares of 1.
    ///
    /// # Errors
    /// [`FractionsError`] unless each is at least 0, train more, and they sum to 1 within 1e-6.
    pub fn new(train: f64, valid: f64, test: f64) -> Result<Self, FractionsError> {
        let shares = [train, valid, test];
        for (split, share) in Split::ALL.into_iter().zip(shares) {
            if !share.is_finite() || share < 0.0 {
                return Err(FractionsError::OutOfRange { split, share });
            }
        }
        let sum: f64 = shares.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(FractionsError::NotTheWhole { sum });
        }
        if train == 0.0 {
            return Err(FractionsError::NoTrain);
        }
        Ok(Self(shares))
    }

    /// The share of `split`.
    pub fn of(self, split: Split) -> f64 {
        self.0[split as usize]
    }

    /// The splits that get a share.
    pub fn splits(self) -> impl Iterator<Item = Split> {
        Split::ALL
            .into_iter()
            .filter(move |split| self.of(*split) > 0.0)
    }

    pub(crate) fn shares(self) -> [f64; 3] {
        self.0
    }
}

impl Default for SplitFractions {
    /// 70% train, 10% valid, 20% test.
    fn default() -> Self {
        Self([0.7, 0.1, 0.2])
    }
}

impl FromStr for SplitFractions {
    type Err = FractionsError;

    /// Reads `train/valid/test` in percent.
    fn from_str(text: &str) -> Result<Self, FractionsError> {
        let percents: Option<Vec<f64>> = text
            .split('/')
            .map(|part| part.trim().parse().ok())
            .collect();
        match percents.as_deref() {
            Some([train, valid, test]) => Self::new(train / 100.0, valid / 100.0, test / 100.0),
            _ => Err(FractionsError::NotThreeNumbers {
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_are_no_whole_are_refused() {
        assert!(matches!(
            SplitFractions::new(0.5, 0.1, 0.1),
            Err(FractionsError::NotTheWhole { .. })
        ));
        assert!(matches!(
            SplitFractions::new(1.2, -0.2, 0.0),
            Err(FractionsError::OutOfRange {
                split: Split::Valid,
                ..
            })
        ));
        assert!(matches!(
            SplitFractions::new(f64::NAN, 0.5, 0.5),
            Err(FractionsError::OutOfRange { .. })
        ));
        assert_eq!(
            SplitFractions::new(0.0, 0.5, 0.5),
            Err(FractionsError::NoTrain)
        );
        assert!("70/30".parse::<SplitFractions>().is_err());
    }

    #[test]
    fn a_split_may_get_nothing() {
        let fractions: SplitFractions = "80/20/0".parse().unwrap();
        assert_eq!(
            fractions.splits().collect::<Vec<_>>(),
            [Split::Train, Split::Valid]
        );
    }
}
