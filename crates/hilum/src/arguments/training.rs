//! How a network is trained: the reference recipe, or another one for pre-trained weights.

use clap::{Args, ValueEnum};
use hilum_graph::UpdateRule;
use hilum_imaging::Augmentation;
use hilum_train::{ClassWeights, EarlyStopping, Freeze, Keep, Schedule, Settings};

/// Optimiser, schedule, loss and stopping; what is left out follows from whether training starts
/// from pre-trained weights.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training (defaults: from nothing / from pre-trained weights)")]
pub(crate) struct TrainingArguments {
    /// Passes over the training slices [default: 50 / 30]
    #[arg(long, value_name = "COUNT")]
    pub(crate) epochs: Option<usize>,

    /// Slices per step [default: 16]
    #[arg(long, value_name = "COUNT")]
    pub(crate) batch: Option<usize>,

    /// Step size of the optimiser; the peak with `one-cycle` [default: 0.001]
    #[arg(long, value_name = "RATE")]
    pub(crate) learning_rate: Option<f64>,

    /// Learning rate of the first layer, as a share of the head's; in between it grows from layer
    /// to layer [default: 1 / 0.1]
    #[arg(long, value_name = "SHARE")]
    pub(crate) layer_rate: Option<f64>,

    /// How weights follow their gradients [default: adam / adamw]
    #[arg(long, value_enum)]
    pub(crate) optimizer: Option<OptimizerChoice>,

    /// Momentum of `sgd`
    #[arg(long, value_name = "FACTOR", default_value_t = 0.9)]
    pub(crate) momentum: f64,

    /// Weight decay of `adamw` and `sgd`
    #[arg(long, value_name = "FACTOR", default_value_t = 0.01)]
    pub(crate) weight_decay: f64,

    /// How the learning rate changes [default: plateau / one-cycle]
    #[arg(long, value_enum)]
    pub(crate) schedule: Option<ScheduleChoice>,

    /// Epochs over which `cosine` rises to the learning rate
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) warm_up: usize,

    /// Share of the target that is spread over all classes [default: 0 / 0.1]
    #[arg(long, value_name = "SHARE")]
    pub(crate) label_smoothing: Option<f32>,

    /// Whether rare classes count more [default: none / balanced]
    #[arg(long, value_enum)]
    pub(crate) class_weights: Option<ClassWeightsChoice>,

    /// Decay of the running average of weights that is validated and kept; 0 for none
    /// [default: 0 / 0.99]
    #[arg(long, value_name = "DECAY")]
    pub(crate) averaging: Option<f64>,

    /// Which epoch's weights become the model [default: best / last]
    #[arg(long, value_enum)]
    pub(crate) keep: Option<KeepChoice>,

    /// What keeps its weights: `none`, `backbone` (all but the head), `staged` (all but the head at
    /// first), or everything before a layer such as `features.14` [default: none]
    #[arg(long, value_name = "WHAT")]
    pub(crate) freeze: Option<String>,

    /// Epochs of `--freeze staged` in which only the head is trained
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub(crate) head_epochs: usize,

    /// Learning rate of the later epochs of `--freeze staged`, as a share of the first ones'
    #[arg(long, value_name = "FACTOR", default_value_t = 0.1)]
    pub(crate) staged_rate: f64,

    /// Variations of each slice that frozen layers see; epochs take turns with what comes out. With
    /// 0 they run in every epoch
    #[arg(long, value_name = "COUNT", default_value_t = Settings::KEPT_VARIATIONS)]
    pub(crate) kept_variations: usize,

    /// Dropout before the head; the architecture's own if left out
    #[arg(long, value_name = "PROBABILITY")]
    pub(crate) dropout: Option<f32>,

    /// Stop after this many epochs without a better validation loss; 0 never stops
    /// [default: 10 / 0]
    #[arg(long, value_name = "EPOCHS")]
    pub(crate) patience: Option<usize>,

    /// Seed of weights, order, augmentation and dropout
    #[arg(long, default_value_t = 32)]
    pub(crate) seed: u64,
}

/// Which epoch's weights become the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeepChoice {
    /// The one of the highest validation macro-F1.
    Best,
    /// The last, whatever validation says.
    Last,
}

/// How weights follow their gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptimizerChoice {
    /// Adam.
    Adam,
    /// Adam with decoupled weight decay.
    Adamw,
    /// Gradient descent with momentum.
    Sgd,
}

/// How the learning rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScheduleChoice {
    /// It does not.
    Constant,
    /// Times 0.1 after 3 epochs without a better validation loss, down to 6e-6.
    Plateau,
    /// Up to the peak and down to nearly nothing, step by step.
    OneCycle,
    /// Down along a cosine, step by step.
    Cosine,
}

/// Whether rare classes count more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClassWeightsChoice {
    /// Every slice counts the same.
    None,
    /// Every class counts the same.
    Balanced,
}

impl TrainingArguments {
    /// `preset` with what the flags change in it; `augmentation` comes from its own flags.
    pub(crate) fn resolve(&self, preset: Settings, augmentation: Augmentation) -> Settings {
        Settings {
            epochs: self.epochs.unwrap_or(preset.epochs),
            batch_size: self.batch.unwrap_or(preset.batch_size),
            learning_rate: self.learning_rate.unwrap_or(preset.learning_rate),
            layer_rate: self.layer_rate.unwrap_or(preset.layer_rate),
            seed: self.seed,
            label_smoothing: self.label_smoothing.unwrap_or(preset.label_smoothing),
            class_weights: self
                .class_weights
                .map_or(preset.class_weights, ClassWeightsChoice::resolve),
            averaging: match self.averaging {
                Some(decay) => Some(decay).filter(|decay| *decay != 0.0),
                None => preset.averaging,
            },
            keep: match self.keep {
                Some(KeepChoice::Best) => Keep::Best,
                Some(KeepChoice::Last) => Keep::Last,
                None => preset.keep,
            },
            update: self
                .optimizer
                .map_or(self.decayed(preset.update), |choice| self.update(choice)),
            schedule: self
                .schedule
                .map_or(preset.schedule, |choice| self.schedule(choice)),
            freeze: match self.freeze.as_deref() {
                Some(what) => self.freeze(what),
                None => preset.freeze,
            },
            kept_variations: self.kept_variations,
            early_stopping: match self.patience {
                Some(0) => None,
                Some(patience) => Some(EarlyStopping {
                    patience,
                    ..EarlyStopping::REFERENCE
                }),
                None => preset.early_stopping,
            },
            augmentation,
        }
    }

    fn schedule(&self, choice: ScheduleChoice) -> Schedule {
        match choice {
            ScheduleChoice::Constant => Schedule::Constant,
            ScheduleChoice::Plateau => Schedule::REFERENCE,
            ScheduleChoice::OneCycle => Schedule::OneCycle,
            ScheduleChoice::Cosine => Schedule::Cosine {
                warm_up_epochs: self.warm_up,
            },
        }
    }

    fn freeze(&self, what: &str) -> Freeze {
        match what {
            "none" => Freeze::None,
            "backbone" => Freeze::Backbone,
            "staged" => Freeze::Staged {
                head_epochs: self.head_epochs,
                learning_rate_factor: self.staged_rate,
            },
            node => Freeze::Before {
                node: node.to_owned(),
            },
        }
    }

    /// The preset's rule with the weight decay that was given.
    fn decayed(&self, preset: UpdateRule) -> UpdateRule {
        match preset {
            UpdateRule::AdamW { .. } => self.update(OptimizerChoice::Adamw),
            other => other,
        }
    }

    fn update(&self, choice: OptimizerChoice) -> UpdateRule {
        let UpdateRule::Adam {
            beta1,
            beta2,
            epsilon,
        } = Settings::ADAM
        else {
            unreachable!("the reference optimiser is Adam")
        };
        let Self {
            momentum,
            weight_decay,
            ..
        } = *self;
        match choice {
            OptimizerChoice::Adam => Settings::ADAM,
            OptimizerChoice::Adamw => UpdateRule::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            },
            OptimizerChoice::Sgd => UpdateRule::Sgd {
                momentum,
                weight_decay,
            },
        }
    }
}

impl ClassWeightsChoice {
    fn resolve(self) -> ClassWeights {
        match self {
            Self::None => ClassWeights::None,
            Self::Balanced => ClassWeights::Balanced,
        }
    }
}
