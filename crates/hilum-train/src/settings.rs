//! How a network is trained.

use hilum_graph::UpdateRule;
use hilum_imaging::{Augmentation, AugmentationError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ClassWeights, EarlyStopping, Freeze, Schedule};

/// How a network is trained; nothing is left open.
///
/// The default is the reference recipe. Fits TOML and JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Passes over the training slices; 1 or more.
    pub epochs: usize,
    /// Slices per step; 1 or more, and 2 or more where batch norm needs a variance. The last batch
    /// of an epoch may be smaller, but a last single slice joins the batch before.
    pub batch_size: usize,
    /// The learning rate that the schedule starts from, or rises to; positive.
    pub learning_rate: f64,
    /// Seeds order, augmentation and dropout.
    pub seed: u64,
    /// The share of the target that is spread evenly over all classes, in `0.0..1.0`.
    pub label_smoothing: f32,
    /// How much each class counts in the loss.
    pub class_weights: ClassWeights,
    /// Which epoch's weights become the model.
    #[serde(default)]
    pub keep: Keep,
    /// How parameters follow their gradients.
    pub update: UpdateRule,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Which part of the network learns, and when.
    pub freeze: Freeze,
    /// Of how many variations of each slice the frozen layers' results are kept; epochs take
    /// turns with them. With 0 nothing is kept, and every epoch computes variations of its own.
    #[serde(default)]
    pub kept_variations: usize,
    /// The share of the learning rate that the first layer gets, in `0.0..=1.0` without 0; it
    /// grows geometrically from layer to layer, up to the head.
    #[serde(default = "one")]
    pub layer_rate: f64,
    /// The decay of a running average of the weights, step by step, in `0.0..1.0`. The average
    /// is what is validated and kept; none if absent. Early steps count more: the decay of step
    /// `t` is at most `(1 + t) / (10 + t)`.
    #[serde(default)]
    pub averaging: Option<f64>,
    /// When the run ends before its last epoch; never, if absent.
    pub early_stopping: Option<EarlyStopping>,
    /// How training slices are varied.
    pub augmentation: Augmentation,
}

/// Which epoch's weights become the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// Those of the highest validation macro-F1, the lower validation loss among equals.
    #[default]
    Best,
    /// Those of the last epoch, whatever validation says.
    Last,
}

impl Settings {
    /// So many variations of a slice are kept of frozen layers; `docs/accuracy.md` says what that
    /// costs.
    pub const KEPT_VARIATIONS: usize = 4;

    /// Adam as Keras has it: betas 0.9 and 0.999, epsilon 1e-7 (PyTorch's is 1e-8).
    pub const ADAM: UpdateRule = UpdateRule::Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-7,
    };

    /// The same with decoupled weight decay of 0.01, PyTorch's default.
    pub const ADAMW: UpdateRule = UpdateRule::AdamW {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-7,
        weight_decay: 0.01,
    };

    /// For a network that begins with pre-trained weights and a few hundred slices or more; how it
    /// was chosen is in `docs/accuracy.md`.
    pub fn transfer() -> Self {
        Self {
            epochs: 30,
            learning_rate: 1e-3,
            label_smoothing: 0.1,
            class_weights: ClassWeights::Balanced,
            keep: Keep::Last,
            update: Self::ADAMW,
            schedule: Schedule::OneCycle,
            layer_rate: 0.1,
            averaging: Some(0.99),
            early_stopping: None,
            augmentation: Augmentation::transfer(),
            ..Self::default()
        }
    }

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

    /// Whether the validation split decides anything: which weights are kept, when the learning
    /// rate shrinks, when the run ends. If not, it is only measured on.
    pub fn chooses_by_validation(&self) -> bool {
        self.keep == Keep::Best
            || self.early_stopping.is_some()
            || matches!(self.schedule, Schedule::Plateau { .. })
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

impl Default for Settings {
    /// The reference recipe.
    fn default() -> Self {
        Self {
            epochs: 50,
            batch_size: 16,
            learning_rate: 1e-3,
            seed: 32,
            label_smoothing: 0.0,
            class_weights: ClassWeights::None,
            keep: Keep::Best,
            update: Self::ADAM,
            schedule: Schedule::REFERENCE,
            freeze: Freeze::None,
            kept_variations: Self::KEPT_VARIATIONS,
            layer_rate: 1.0,
            averaging: None,
            early_stopping: Some(EarlyStopping::REFERENCE),
            augmentation: Augmentation::reference(),
        }
    }
}

fn one() -> f64 {
    1.0
}

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
    fn the_default_is_the_reference_recipe_and_survives_toml() {
        let settings = Settings::default();
        settings.validate().unwrap();
        assert_eq!(
            (settings.epochs, settings.batch_size, settings.seed),
            (50, 16, 32)
        );
        let text = toml::to_string_pretty(&settings).unwrap();
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), settings);
        let without = Settings {
            early_stopping: None,
            label_smoothing: 0.1,
            schedule: Schedule::Cosine { warm_up_epochs: 2 },
            ..settings
        };
        let text = toml::to_string_pretty(&without).unwrap();
        assert_eq!(toml::from_str::<Settings>(&text).unwrap(), without);
        let typo = text.replace("batch_size", "batch");
        assert!(toml::from_str::<Settings>(&typo).is_err());
    }

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
