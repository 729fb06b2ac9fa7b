//! When there is no answer, as a user sets it.

use std::fmt;
use std::str::FromStr;

use hilum_core::Probabilities;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Reason;
use crate::conformal::SetMethod;

/// For what there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abstain {
    /// For nothing: every slice gets a class.
    Never,
    /// For slices that are unlike the training data (out of distribution).
    Ood,
    /// For those, and for slices of which two classes are as likely.
    #[default]
    Uncertain,
}

/// A word that says nothing of when there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` does not say when to abstain\nhint: write `never`, `ood` or `uncertain`")]
pub struct UnknownAbstain {
    /// What was given.
    pub name: String,
}

impl Abstain {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Never, Self::Ood, Self::Uncertain];

    /// How it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Ood => "ood",
            Self::Uncertain => "uncertain",
        }
    }
}

impl FromStr for Abstain {
    type Err = UnknownAbstain;

    fn from_str(name: &str) -> Result<Self, UnknownAbstain> {
        let known = Self::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or_else(|| UnknownAbstain {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Abstain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// When there is no answer, and how often sets hold the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// For what there is none.
    pub abstain: Abstain,
    /// There is none where the most likely class is less likely than this; in `0.0..=1.0`. Not
    /// with [`Abstain::Never`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Two classes are as likely if they differ by less; in `0.0..=1.0`. Asked for by
    /// [`Abstain::Uncertain`] alone.
    pub margin: f64,
    /// The share of held-out slices of the training's kind that the detector may flag; above 0 and
    /// below 1. As the model has it where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ood_share: Option<f64>,
    /// How often sets hold the truth; above 0 and below 1.
    pub coverage: f64,
    /// How sets are made.
    #[serde(default)]
    pub sets: SetMethod,
}

impl Policy {
    /// The margin, if nobody says otherwise: two classes at 0.475 and 0.525 are as likely.
    pub const MARGIN: f64 = 0.05;
    /// The coverage, if nobody says otherwise.
    pub const COVERAGE: f64 = 0.9;

    /// # Errors
    /// [`PolicyError`] for a number out of its range, and a threshold that nothing would come of.
    pub fn check(&self) -> Result<(), PolicyError> {
        let share = |name, value: f64| {
            let is_one = (0.0..=1.0).contains(&value);
            is_one
                .then_some(())
                .ok_or(PolicyError::NoShare { name, value })
        };
        share("--margin", self.margin)?;
        if let Some(threshold) = self.threshold {
            share("--threshold", threshold)?;
            if self.abstain == Abstain::Never {
                return Err(PolicyError::ThresholdOfNever);
            }
        }
        between("--coverage", self.coverage)?;
        match self.ood_share {
            Some(_) if self.abstain == Abstain::Never => Err(PolicyError::OodShareOfNever),
            Some(share) => between("--ood-share", share),
            None => Ok(()),
        }
    }

    /// Why there is no answer of a slice; `None` if there is one. `is_unlike` is the detector's
    /// verdict, `false` if there is no detector.
    pub fn reason(&self, probabilities: &Probabilities, is_unlike: bool) -> Option<Reason> {
        if self.abstain == Abstain::Never {
            return None;
        }
        if is_unlike {
            return Some(Reason::NotLikeTraining);
        }
        let [first, second] = two_largest(probabilities.as_slice());
        if self.abstain == Abstain::Uncertain && first - second < self.margin {
            return Some(Reason::TwoAsLikely);
        }
        let is_below = self.threshold.is_some_and(|threshold| first < threshold);
        is_below.then_some(Reason::BelowThreshold)
    }
}

fn between(name: &'static str, value: f64) -> Result<(), PolicyError> {
    let is_one = value > 0.0 && value < 1.0;
    is_one
        .then_some(())
        .ok_or(PolicyError::NoShareOfSlices { name, value })
}

/// The largest value and the next, 0 where there is none.
fn two_largest(values: &[f64]) -> [f64; 2] {
    values.iter().fold([0.0, 0.0], |[first, second], value| {
        if *value > first {
            [*value, first]
        } else {
            [first, second.max(*value)]
        }
    })
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            abstain: Abstain::default(),
            threshold: None,
            margin: Self::MARGIN,
            ood_share: None,
            coverage: Self::COVERAGE,
            sets: SetMethod::default(),
        }
    }
}

/// A policy that says nothing.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PolicyError {
    /// A number that is no share of one.
    #[error("`{name} {value}` is no probability\nhint: it is at least 0 and at most 1")]
    NoShare {
        /// The flag.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A number that is no share of slices.
    #[error("`{name} {value}` is no share of slices\nhint: it is above 0 and below 1")]
    NoShareOfSlices {
        /// The flag.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A threshold, but no abstaining.
    #[error(
        "`--threshold` has no meaning with `--abstain never`\nhint: `--abstain ood` or `uncertain` abstains below it"
    )]
    ThresholdOfNever,
    /// A share for the detector, but no abstaining.
    #[error(
        "`--ood-share` has no meaning with `--abstain never`\nhint: `--abstain ood` or `uncertain` asks the detector"
    )]
    OodShareOfNever,
}

impl fmt::Display for Policy {
    /// What is done, in words: for notes, details and reports.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.abstain {
            Abstain::Never => return formatter.write_str("never abstains"),
            Abstain::Ood => formatter
                .write_str("abstains from what its detector says is not like the training data")?,
            Abstain::Uncertain => write!(
                formatter,
                "abstains from what its detector says is not like the training data, and where two classes differ by less than {}",
                self.margin
            )?,
        }
        if let Some(share) = self.ood_share {
            write!(
                formatter,
                "; its detector may flag {share} of held-out slices"
            )?;
        }
        match self.threshold {
            Some(threshold) => write!(formatter, ", and below a probability of {threshold}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: [f64; 3]) -> Probabilities {
        Probabilities::new(values.to_vec()).unwrap()
    }

    #[test]
    fn never_answers_whatever_the_detector_says() {
        let never = Policy {
            abstain: Abstain::Never,
            ..Policy::default()
        };
        assert_eq!(never.reason(&row([0.4, 0.4, 0.2]), true), None);
    }

    #[test]
    fn what_is_unlike_counts_more_than_what_is_uncertain() {
        let policy = Policy::default();
        let even = row([0.4, 0.4, 0.2]);
        assert_eq!(policy.reason(&even, true), Some(Reason::NotLikeTraining));
        assert_eq!(policy.reason(&even, false), Some(Reason::TwoAsLikely));
        assert_eq!(policy.reason(&row([0.5, 0.4, 0.1]), false), None);
    }

    #[test]
    fn ood_asks_the_detector_and_a_threshold_that_was_given_alone() {
        let ood = Policy {
            abstain: Abstain::Ood,
            ..Policy::default()
        };
        let even = row([0.4, 0.4, 0.2]);
        assert_eq!(ood.reason(&even, false), None);
        assert_eq!(ood.reason(&even, true), Some(Reason::NotLikeTraining));
        let threshold = Policy {
            threshold: Some(0.5),
            ..ood
        };
        assert_eq!(threshold.reason(&even, false), Some(Reason::BelowThreshold));
        assert_eq!(threshold.reason(&row([0.5, 0.5, 0.0]), false), None);
    }

    #[test]
    fn numbers_out_of_their_range_are_refused_with_their_flag() {
        let default = Policy::default();
        assert_eq!(default.check(), Ok(()));
        for (policy, flag) in [
            (
                Policy {
                    margin: -0.1,
                    ..default
                },
                "--margin",
            ),
            (
                Policy {
                    threshold: Some(1.5),
                    ..default
                },
                "--threshold",
            ),
            (
                Policy {
                    threshold: Some(f64::NAN),
                    ..default
                },
                "--threshold",
            ),
            (
                Policy {
                    ood_share: Some(1.0),
                    ..default
                },
                "--ood-share",
            ),
            (
                Policy {
                    ood_share: Some(0.1),
                    abstain: Abstain::Never,
                    ..default
                },
                "--ood-share",
            ),
            (
                Policy {
                    coverage: 1.0,
                    ..default
                },
                "--coverage",
            ),
            (
                Policy {
                    coverage: f64::NAN,
                    ..default
                },
                "--coverage",
            ),
            (
                Policy {
                    abstain: Abstain::Never,
                    threshold: Some(0.5),
                    ..default
                },
                "--abstain never",
            ),
        ] {
            let error = policy.check().unwrap_err().to_string();
            assert!(error.contains(flag) && error.contains("hint: "), "{error}");
        }
    }
}
