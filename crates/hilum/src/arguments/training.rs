//! How a network is trained; the defaults are the reference recipe.

use clap::{Args, ValueEnum};
use hilum_graph::UpdateRule;
use hilum_imaging::Augmentation;
use hilum_train::{ClassWeights, EarlyStopping, Freeze, Keep, Schedule, Settings};

/// Optimiser, schedule, loss and stopping.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct TrainingArguments {
    /// Passes over the training slices
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) epochs: usize,

    /// Slices per step
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    pub(crate) batch: usize,

    /// Step size of the optimiser; the peak with `one-cycle`
    #[arg(long, value_name = "RATE", default_value_t = 1e-3)]
    pub(crate) learning_rate: f64,

    /// How weights follow their gradients
    #[arg(long, value_enum, default_value_t = OptimizerChoice::Adam)]
    pub(crate) optimizer: OptimizerChoice,

    /// Momentum of `sgd`
    #[arg(long, value_name = "FACTOR", default_value_t = 0.9)]
    pub(crate) momentum: f64,

    /// Weight decay of `adamw` and `sgd`
    #[arg(long, value_name = "FACTOR", default_value_t = 0.01)]
    pub(crate) weight_decay: f64,

    /// How the learning rate changes
    #[arg(long, value_enum, default_value_t = ScheduleChoice::Plateau)]
    pub(crate) schedule: ScheduleChoice,

    /// Epochs over which `cosine` rises to the learning rate
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) warm_up: usize,

    /// Share of the target that is spread over all classes
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) label_smoothing: f32,

    /// Whether rare classes count more
    #[arg(long, value_enum, default_value_t = ClassWeightsChoice::None)]
    pub(crate) class_weights: ClassWeightsChoice,

    /// What keeps its weights
    #[arg(long, value_enum, default_value_t = FreezeChoice::None)]
    pub(crate) freeze: FreezeChoice,

    /// Epochs of `--freeze staged` in which only the head is trained
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub(crate) head_epochs: usize,

    /// Learning rate of the later epochs of `--freeze staged`, as a share of the first ones'
    #[arg(long, value_name = "FACTOR", default_value_t = 0.1)]
    pub(crate) staged_rate: f64,

    /// Dropout before the head; the architecture's own if left out
    #[arg(long, value_name = "PROBABILITY")]
    pub(crate) dropout: Option<f32>,

    /// Stop after this many epochs without a better validation loss; 0 never stops
    #[arg(long, value_name = "EPOCHS", default_value_t = 10)]
    pub(crate) patience: usize,

    /// Which epoch's weights become the model
    #[arg(long, value_enum, default_value_t = KeepChoice::Best)]
    pub(crate) keep: KeepChoice,

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

/// What keeps its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FreezeChoice {
    /// Nothing: every layer is trained.
    None,
    /// Everything but the head, for the whole run.
    Backbone,
    /// Everything but the head at first, nothing after that.
    Staged,
}

impl TrainingArguments {
    /// The settings of the run; `augmentation` comes from its own flags.
    pub(crate) fn resolve(&self, augmentation: Augmentation) -> Settings {
        Settings {
            epochs: self.epochs,
            batch_size: self.batch,
            learning_rate: self.learning_rate,
            seed: self.seed,
            label_smoothing: self.label_smoothing,
            class_weights: match self.class_weights {
                ClassWeightsChoice::None => ClassWeights::None,
                ClassWeightsChoice::Balanced => ClassWeights::Balanced,
            },
            update: self.update(),
            schedule: match self.schedule {
                ScheduleChoice::Constant => Schedule::Constant,
                ScheduleChoice::Plateau => Schedule::REFERENCE,
                ScheduleChoice::OneCycle => Schedule::OneCycle,
                ScheduleChoice::Cosine => Schedule::Cosine {
                    warm_up_epochs: self.warm_up,
                },
            },
            freeze: match self.freeze {
                FreezeChoice::None => Freeze::None,
                FreezeChoice::Backbone => Freeze::Backbone,
                FreezeChoice::Staged => Freeze::Staged {
                    head_epochs: self.head_epochs,
                    learning_rate_factor: self.staged_rate,
                },
            },
            early_stopping: (self.patience > 0).then_some(EarlyStopping {
                patience: self.patience,
                ..EarlyStopping::REFERENCE
            }),
            keep: match self.keep {
                KeepChoice::Best => Keep::Best,
                KeepChoice::Last => Keep::Last,
            },
            augmentation,
        }
    }

    fn update(&self) -> UpdateRule {
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
        match self.optimizer {
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
