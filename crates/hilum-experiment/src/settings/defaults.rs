//! Defaults that no recipe holds, and what of `settings.toml` nobody chooses.

use hilum_train::Settings;

/// Of weights, order, augmentation, dropout and splits.
pub const SEED: u64 = 32;
/// Larger images are refused before they are read.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Of stochastic gradient descent.
pub(super) const MOMENTUM: f64 = 0.9;
/// PyTorch's for AdamW.
pub(super) const WEIGHT_DECAY: f64 = 0.01;
/// In which a staged training trains the head alone.
pub(super) const HEAD_EPOCHS: usize = 5;
/// The learning rate of a staged training's later epochs, as a share of the first ones'.
pub(super) const STAGED_RATE: f64 = 0.1;
/// Of each slice, for frozen layers.
pub(super) const KEPT_VARIATIONS: usize = Settings::KEPT_VARIATIONS;

/// Other names of settings: leaves of `settings.toml` that one setting decides together, and what
/// spaces called them before.
pub(super) const ALSO_CALLED: &[(&str, &str)] = &[
    ("training.update.rule", "update.kind"),
    ("training.freeze.kind", "training.freeze.node"),
    ("recipe.image_size", "recipe.height"),
    ("recipe.image_size", "recipe.width"),
];

/// What Keras, fastai, Ultralytics and PyTorch's examples call settings; help shows the first of
/// each, every place takes all of them.
pub(super) const ELSEWHERE_CALLED: &[(&str, &[&str])] = &[
    ("training.learning_rate", &["lr", "lr0", "base-lr"]),
    ("training.batch_size", &["batch-size", "bs"]),
    ("training.update.weight_decay", &["wd"]),
    ("recipe.image_size", &["imgsz", "img-size"]),
    ("training.epochs", &["n-epoch", "num-epochs"]),
    ("training.schedule.warm_up_epochs", &["warmup-epochs"]),
    ("training.freeze.head_epochs", &["freeze-epochs"]),
    ("training.augmentation.rotation_range", &["degrees"]),
];

const RECORD: &str = "it is a record of what ran, not a choice";
const PRESET: &str = "it belongs to the recipe, and no flag changes it";

/// Leaves of `settings.toml` that no flag decides, and why.
pub(super) const DERIVED: &[(&str, &str)] = &[
    ("hilum_version", RECORD),
    ("machine.engine", RECORD),
    ("network.weights.sha256", RECORD),
    ("data.path", "the data is given to the command itself"),
    ("recipe.clahe.tile_count", PRESET),
    ("training.update.beta1", PRESET),
    ("training.update.beta2", PRESET),
    ("training.update.epsilon", PRESET),
    ("training.schedule.factor", PRESET),
    ("training.schedule.patience", PRESET),
    ("training.schedule.floor", PRESET),
    ("training.early_stopping.monitor", PRESET),
    ("training.augmentation.cval", PRESET),
    ("training.augmentation.random_erasing.area_range", PRESET),
    ("training.augmentation.random_erasing.aspect_range", PRESET),
    ("training.augmentation.random_erasing.fill", PRESET),
];
