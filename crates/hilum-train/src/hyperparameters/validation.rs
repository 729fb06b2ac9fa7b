//! The ranges of settings.

use hilum_graph::UpdateRule;
use hilum_imaging::AugmentationError;
use thiserror::Error;

use super::freeze::Freeze;
use super::settings::Settings;
use crate::schedules::Schedule;

/// Why settings cannot be trained with.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SettingsError {
    /// A number outside of what its setting allows.
    #[error("setting `{setting}` is `{value}`\nhint: it must be {expected}")]
    OutOfRange {
        /// The name of the setting.
        setting: &'static str,
        /// What was given.
        value: f64,
        /// What it must be.
        expected: &'static str,
    },
    /// The augmentation cannot be drawn from.
    #[error("the augmentation cannot be used")]
    Augmentation {
        /// Which setting, and why.
        #[source]
        source: AugmentationError,
    },
}

impl Settings {
    /// Checks every range.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), SettingsError> {
        positive_count("epochs", self.epochs)?;
        positive_count("batch_size", self.batch_size)?;
        positive("learning_rate", self.learning_rate)?;
        below_one("label_smoothing", f64::from(self.label_smoothing))?;
        validate_update(self.update)?;
        self.validate_schedule()?;
        if let Some(stopping) = self.early_stopping {
            positive_count("early_stopping.patience", stopping.patience)?;
        }
        positive("layer_rate", self.layer_rate)?;
        check(
            "layer_rate",
            self.layer_rate,
            self.layer_rate <= 1.0,
            "above 0 and at most 1",
        )?;
        if let Some(decay) = self.averaging {
            below_one("averaging", decay)?;
        }
        if let Freeze::Staged {
            head_epochs,
            learning_rate_factor,
        } = self.freeze
        {
            positive("freeze.learning_rate_factor", learning_rate_factor)?;
            self.before_the_end("freeze.head_epochs", head_epochs)?;
        }
        self.augmentation
            .validate()
            .map_err(|source| SettingsError::Augmentation { source })
    }

    fn validate_schedule(&self) -> Result<(), SettingsError> {
        match self.schedule {
            Schedule::Constant | Schedule::OneCycle => Ok(()),
            Schedule::Plateau {
                factor,
                patience,
                floor,
            } => {
                positive("schedule.factor", factor)?;
                below_one("schedule.factor", factor)?;
                positive_count("schedule.patience", patience)?;
                not_negative("schedule.floor", floor)
            }
            Schedule::Cosine { warm_up_epochs } => {
                self.before_the_end("schedule.warm_up_epochs", warm_up_epochs)
            }
        }
    }

    fn before_the_end(&self, setting: &'static str, epochs: usize) -> Result<(), SettingsError> {
        check(
            setting,
            epochs as f64,
            epochs < self.epochs,
            "less than `epochs`",
        )
    }
}

fn validate_update(update: UpdateRule) -> Result<(), SettingsError> {
    match update {
        UpdateRule::Adam {
            beta1,
            beta2,
            epsilon,
        } => validate_moments(beta1, beta2, epsilon),
        UpdateRule::AdamW {
            beta1,
            beta2,
            epsilon,
            weight_decay,
        } => {
            validate_moments(beta1, beta2, epsilon)?;
            not_negative("update.weight_decay", weight_decay)
        }
        UpdateRule::Sgd {
            momentum,
            weight_decay,
        } => {
            below_one("update.momentum", momentum)?;
            not_negative("update.weight_decay", weight_decay)
        }
    }
}

fn validate_moments(beta1: f64, beta2: f64, epsilon: f64) -> Result<(), SettingsError> {
    below_one("update.beta1", beta1)?;
    below_one("update.beta2", beta2)?;
    positive("update.epsilon", epsilon)
}

fn positive_count(setting: &'static str, value: usize) -> Result<(), SettingsError> {
    check(setting, value as f64, value > 0, "1 or more")
}

fn positive(setting: &'static str, value: f64) -> Result<(), SettingsError> {
    check(
        setting,
        value,
        value > 0.0 && value.is_finite(),
        "finite and above 0",
    )
}

fn not_negative(setting: &'static str, value: f64) -> Result<(), SettingsError> {
    check(
        setting,
        value,
        value >= 0.0 && value.is_finite(),
        "finite and at least 0",
    )
}

fn below_one(setting: &'static str, value: f64) -> Result<(), SettingsError> {
    check(
        setting,
        value,
        (0.0..1.0).contains(&value),
        "at least 0 and below 1",
    )
}

fn check(
    setting: &'static str,
    value: f64,
    valid: bool,
    expected: &'static str,
) -> Result<(), SettingsError> {
    if valid {
        return Ok(());
    }
    Err(SettingsError::OutOfRange {
        setting,
        value,
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_range_is_named() {
        let refused = |change: &dyn Fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.validate().unwrap_err().to_string()
        };
        assert!(refused(&|s| s.learning_rate = f64::NAN).contains("`learning_rate` is `NaN`"));
        assert!(refused(&|s| s.batch_size = 0).contains("`batch_size`"));
        assert!(refused(&|s| s.label_smoothing = 1.0).contains("`label_smoothing`"));
        let staged = Freeze::Staged {
            head_epochs: 50,
            learning_rate_factor: 0.1,
        };
        assert!(refused(&|s| s.freeze = staged.clone()).contains("less than `epochs`"));
        let floor = Schedule::Plateau {
            factor: 1.0,
            patience: 3,
            floor: 0.0,
        };
        assert!(refused(&|s| s.schedule = floor).contains("`schedule.factor`"));
    }
}
