//! How much of what is trained on is set aside to choose by.

use std::str::FromStr;

use hilum_train::Settings;
use thiserror::Error;

/// How much of what is trained on is set aside to choose by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InnerValid {
    percent: f64,
}

/// Why nothing can be set aside.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InnerValidError {
    /// It is no percentage.
    #[error("`{text}` is no share\nhint: write a percentage, such as `10%`, or `0` for none")]
    NotAShare {
        /// What was given.
        text: String,
    },
    /// The settings choose, and would have nothing to choose by.
    #[error(
        "these settings choose by validation ({reasons}), and what is held out must not choose\nhint: leave out `--inner-valid 0`, or choose by nothing: `--keep last --patience 0 --schedule one-cycle`"
    )]
    Needed {
        /// What chooses.
        reasons: &'static str,
    },
}

impl FromStr for InnerValid {
    type Err = InnerValidError;

    fn from_str(text: &str) -> Result<Self, InnerValidError> {
        let number = text.trim().trim_end_matches('%').parse::<f64>();
        match number {
            Ok(percent) if (0.0..100.0).contains(&percent) => Ok(Self { percent }),
            _ => {
                let text = text.to_owned();
                Err(InnerValidError::NotAShare { text })
            }
        }
    }
}

/// The share of the training folds that is set aside: what was asked for, else 10% if `settings`
/// choose by validation, else nothing.
pub(crate) fn inner_share(
    asked: Option<InnerValid>,
    settings: &Settings,
) -> Result<Option<f64>, InnerValidError> {
    const DEFAULT: InnerValid = InnerValid { percent: 10.0 };
    let chooses = settings.chooses_by_validation();
    let given = asked.or_else(|| chooses.then_some(DEFAULT));
    let share = given.map_or(0.0, |given| given.percent / 100.0);
    if chooses && share == 0.0 {
        let reasons = "the best epoch, early stopping or a plateau schedule";
        return Err(InnerValidError::Needed { reasons });
    }
    Ok((share > 0.0).then_some(share))
}
