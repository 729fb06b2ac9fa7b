//! How a network is trained.

use hilum_core::ByValidation;
use hilum_graph::UpdateRule;
use hilum_imaging::Augmentation;
use serde::{Deserialize, Serialize};

use super::class_weights::ClassWeights;
use super::freeze::Freeze;
use crate::schedules::{EarlyStopping, Schedule};

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

    /// What the validation split decides: which weights are kept, when the learning rate shrinks,
    /// when the run ends. If nothing, it is only measured on.
    pub fn decided_by_validation(&self) -> Vec<ByValidation> {
        let decisions = [
            (ByValidation::Epoch, self.keep == Keep::Best),
            (
                ByValidation::LearningRate,
                matches!(self.schedule, Schedule::Plateau { .. }),
            ),
            (ByValidation::End, self.early_stopping.is_some()),
        ];
        let decided = decisions.into_iter().filter(|(_, is_decided)| *is_decided);
        decided.map(|(decision, _)| decision).collect()
    }

    /// Whether the validation split decides anything.
    pub fn chooses_by_validation(&self) -> bool {
        !self.decided_by_validation().is_empty()
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
}
