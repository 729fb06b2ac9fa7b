//! Every setting of a run, declared once.
//!
//! A declaration is a field of [`Choices`] and a row of [`SETTINGS`]: what it does (the field's
//! documentation is the flag's help), its type, its name in `settings.toml`, its flag, its
//! heading, its values, its default, and whether trials of a search may differ in it. What a
//! choice makes of a run is in `resolve`.

use std::path::PathBuf;

use hilum_graph::{DeviceName, NetworkName};
use hilum_imaging::{Channels, Depth, FillMode, Fit, Frame, Interpolation, Views, Window};
use hilum_train::{ClassWeights, Keep};
use toml::Value;

use super::declaration::{Default, Heading, Scope, Setting};
use super::defaults::{
    HEAD_EPOCHS, KEPT_VARIATIONS, MAX_PIXELS, MOMENTUM, SEED, STAGED_RATE, WEIGHT_DECAY,
};
use super::kind::{Kind, Range, Word};
use super::words::{Arithmetic, AugmentationPreset, NormalisationKind, Optimizer, ScheduleKind};
use crate::weights::WeightsChoice;

/// Reads a value: as serde does, or from its text.
macro_rules! set {
    (value, $value:ident) => {
        $value
            .try_into()
            .map_err(|error: toml::de::Error| error.message().to_owned())?
    };
    (text, $value:ident) => {
        match $value.as_str().map(str::parse) {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(error.to_string()),
            None => return Err("it is a text".to_owned()),
        }
    };
}

/// Gives a value, in the same way.
macro_rules! get {
    (value, $value:ident) => {
        Value::try_from($value).expect("a choice fits TOML")
    };
    (text, $value:ident) => {
        Value::String($value.to_string())
    };
}

macro_rules! settings {
    ($(
        $(#[doc = $help:literal])+
        $field:ident: $type:ty as $form:ident, $name:literal, $flag:literal $(<$($value:literal),+>)?,
        $heading:ident, $kind:expr, $default:expr, $scope:expr;
    )+) => {
        /// What was chosen of a run; `None` where nobody chose.
        ///
        /// [`Choices::resolve`] makes [`RunSettings`](super::RunSettings) of it, in which nothing is
        /// left open.
        #[derive(Debug, Clone, PartialEq, std::default::Default)]
        pub struct Choices {
            $($(#[doc = $help])+ pub $field: Option<$type>,)+
        }

        /// Every setting, in the order in which help lists them.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            name: $name,
            flag: $flag,
            heading: Heading::$heading,
            help: concat!($($help),+),
            value_names: &[$($($value),+)?],
            kind: $kind,
            default: $default,
            scope: $scope,
            set: |choices, value| {
                choices.$field = Some(set!($form, value));
                Ok(())
            },
            get: |choices| choices.$field.as_ref().map(|value| get!($form, value)),
        }),+];
    };
}

const DATA: Scope = Scope::Run("all trials learn from the same data; give it as a flag");
const PREPARED: Scope =
    Scope::Run("all trials share the slices as they were decoded once; give it as a flag");
const MACHINE: Scope = Scope::Run("all trials run on the same machine; give it as a flag");
const FROM_ARCHITECTURE: Default = Default::Says("the architecture's own");
const NOTHING: Default = Default::Says("");

const CHANNELS: &[Word] = &[
    Word {
        name: "grey",
        says: "One channel",
    },
    Word {
        name: "rgb",
        says: "Three channels",
    },
];
const FITS: &[Word] = &[
    Word {
        name: "stretch",
        says: "Each side on its own",
    },
    Word {
        name: "letterbox",
        says: "The aspect is kept",
    },
];
const FRAMES: &[Word] = &[
    Word {
        name: "none",
        says: "The image as it is",
    },
    Word {
        name: "cut",
        says: "The body's box, black around it",
    },
    Word {
        name: "tones",
        says: "Lungs and soft tissue at fixed levels",
    },
    Word {
        name: "both",
        says: "The body's box, at fixed levels",
    },
];
const DEPTHS: &[Word] = &[
    Word {
        name: "auto",
        says: "By what the file says, its range and its spread",
    },
    Word {
        name: "8",
        says: "Grey levels up to 255",
    },
    Word {
        name: "10",
        says: "Grey levels up to 1023",
    },
    Word {
        name: "12",
        says: "Grey levels up to 4095",
    },
    Word {
        name: "16",
        says: "Grey levels up to 65535",
    },
    Word {
        name: "hu",
        says: "Hounsfield units, + 1024 where they have no sign",
    },
];
const INTERPOLATIONS: &[Word] = &[
    Word {
        name: "nearest",
        says: "The nearest pixel",
    },
    Word {
        name: "bilinear",
        says: "Pillow's BILINEAR",
    },
    Word {
        name: "bicubic",
        says: "Pillow's BICUBIC",
    },
];
const VIEWS: &[Word] = &[
    Word {
        name: "single",
        says: "As it is",
    },
    Word {
        name: "mirrored",
        says: "As it is, and mirrored left to right",
    },
    Word {
        name: "mirrored-if-unsure",
        says: "As it is, and mirrored where that leaves the network unsure",
    },
];
const CLASS_WEIGHTS: &[Word] = &[
    Word {
        name: "none",
        says: "Every slice counts the same",
    },
    Word {
        name: "balanced",
        says: "Every class counts the same",
    },
];
const KEEP: &[Word] = &[
    Word {
        name: "best",
        says: "The one of the highest validation macro-F1",
    },
    Word {
        name: "last",
        says: "The last, whatever validation says",
    },
];
const FILLS: &[Word] = &[
    Word {
        name: "nearest",
        says: "aaaa|abcd|dddd",
    },
    Word {
        name: "constant",
        says: "Black",
    },
    Word {
        name: "reflect",
        says: "dcba|abcd|dcba",
    },
    Word {
        name: "wrap",
        says: "abcd|abcd|abcd",
    },
];
const DEGREES: Range = Range::new(0.0, true, 360.0, true, "at least 0 and at most 360 degrees");
const SHEAR: Range = Range::new(0.0, true, 90.0, false, "at least 0 and below 90 degrees");
const SIDE: Range = Range::new(
    1.0,
    true,
    16384.0,
    true,
    "at least 1 and at most 16384 pixels",
);

settings! {
    /// Read the folder or class FROM as class TO; repeatable
    class_map: Vec<String> as value, "data.class_map", "class-map" <"FROM=TO">,
        Data, Kind::Texts, NOTHING, DATA;

    /// Seed of the 70/20/10 split, where the data is not split yet
    split_seed: u64 as value, "data.split_seed", "split-seed" <"SEED">,
        Data, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(SEED as i64)), DATA;

    /// Refuse images of more pixels than this before reading them
    max_pixels: u64 as value, "data.max_pixels", "max-pixels" <"COUNT">,
        Data, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(MAX_PIXELS as i64)), DATA;

    /// The network; `hilum arch` lists all. `auto` is the one of the weights, and with no weights
    /// named the model that comes with hilum; `reference-cnn` learns from nothing
    architecture: ArchitectureChoice as text, "network.architecture", "arch" <"NAME">,
        Network, Kind::Text, Default::Says("auto"), Scope::Trial;

    /// Weights to begin with: a safetensors, PyTorch or ONNX file, `torchvision:NAME[.VERSION]`,
    /// `hf:OWNER/NAME[@REVISION]/FILE`, `https://...`, `bundled`, or `none`
    weights: WeightsChoice as text, "network.weights", "weights" <"WEIGHTS">,
        Network, Kind::Text, Default::Says("`bundled` with `--arch auto`, else none"), Scope::Trial;

    /// Go on if more than the head is missing from the weights
    partial_weights: bool as value, "network.partial_weights", "partial-weights",
        Network, Kind::Switch, NOTHING, Scope::Trial;

    /// Go on in spite of what this audit rule finds; repeatable
    allow: Vec<String> as value, "data.allow", "allow" <"RULE">,
        Audit, Kind::Texts, NOTHING, DATA;

    /// Use the data as it is: leave copies and contradictions in, and mark every number
    as_is: bool as value, "data.as_is", "as-is",
        Audit, Kind::Switch, NOTHING, DATA;

    /// Passes over the training slices
    epochs: usize as value, "training.epochs", "epochs" <"COUNT">,
        Training, Kind::Count(Range::ONE_OR_MORE), Default::Recipe, Scope::Trial;

    /// Slices per step
    batch_size: usize as value, "training.batch_size", "batch" <"COUNT">,
        Training, Kind::Count(Range::ONE_OR_MORE), Default::Recipe, Scope::Trial;

    /// Step size of the optimiser; the peak with `one-cycle`
    learning_rate: f64 as value, "training.learning_rate", "learning-rate" <"RATE">,
        Training, Kind::Number(Range::ABOVE_ZERO), Default::Recipe, Scope::Trial;

    /// Learning rate of the first layer, as a share of the head's; in between it grows from layer
    /// to layer
    layer_rate: f64 as value, "training.layer_rate", "layer-rate" <"SHARE">,
        Training, Kind::Number(Range::UP_TO_ONE), Default::Recipe, Scope::Trial;

    /// How weights follow their gradients
    optimizer: Optimizer as text, "training.update.rule", "optimizer" <"OPTIMIZER">,
        Training, Kind::Word(Optimizer::WORDS), Default::Recipe, Scope::Trial;

    /// Momentum of `sgd`
    momentum: f64 as value, "training.update.momentum", "momentum" <"FACTOR">,
        Training, Kind::Number(Range::BELOW_ONE), Default::Constant(|| Value::Float(MOMENTUM)), Scope::Trial;

    /// Weight decay of `adamw` and `sgd`
    weight_decay: f64 as value, "training.update.weight_decay", "weight-decay" <"FACTOR">,
        Training, Kind::Number(Range::ZERO_OR_MORE), Default::Constant(|| Value::Float(WEIGHT_DECAY)), Scope::Trial;

    /// How the learning rate changes
    schedule: ScheduleKind as text, "training.schedule.kind", "schedule" <"SCHEDULE">,
        Training, Kind::Word(ScheduleKind::WORDS), Default::Recipe, Scope::Trial;

    /// Epochs over which `cosine` rises to the learning rate
    warm_up_epochs: usize as value, "training.schedule.warm_up_epochs", "warm-up" <"COUNT">,
        Training, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(0)), Scope::Trial;

    /// Share of the target that is spread over all classes
    label_smoothing: f64 as value, "training.label_smoothing", "label-smoothing" <"SHARE">,
        Training, Kind::Number(Range::BELOW_ONE), Default::Recipe, Scope::Trial;

    /// Whether rare classes count more
    class_weights: ClassWeights as value, "training.class_weights", "class-weights" <"CLASS_WEIGHTS">,
        Training, Kind::Word(CLASS_WEIGHTS), Default::Recipe, Scope::Trial;

    /// Decay of the running average of weights that is validated and kept; 0 for none
    averaging: f64 as value, "training.averaging", "averaging" <"DECAY">,
        Training, Kind::Number(Range::BELOW_ONE), Default::Recipe, Scope::Trial;

    /// Which epoch's weights become the model
    keep: Keep as value, "training.keep", "keep" <"KEEP">,
        Training, Kind::Word(KEEP), Default::Recipe, Scope::Trial;

    /// What keeps its weights: `none`, `backbone` (all but the head), `staged` (all but the head at
    /// first), or everything before a layer such as `features.14`
    freeze: FreezeChoice as text, "training.freeze.kind", "freeze" <"WHAT">,
        Training, Kind::Text, Default::Recipe, Scope::Trial;

    /// Epochs of `--freeze staged` in which only the head is trained
    head_epochs: usize as value, "training.freeze.head_epochs", "head-epochs" <"COUNT">,
        Training, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(HEAD_EPOCHS as i64)), Scope::Trial;

    /// Learning rate of the later epochs of `--freeze staged`, as a share of the first ones'
    staged_rate: f64 as value, "training.freeze.learning_rate_factor", "staged-rate" <"FACTOR">,
        Training, Kind::Number(Range::ABOVE_ZERO), Default::Constant(|| Value::Float(STAGED_RATE)), Scope::Trial;

    /// Variations of each slice that frozen layers see; epochs take turns with what comes out. With
    /// 0 they run in every epoch
    kept_variations: usize as value, "training.kept_variations", "kept-variations" <"COUNT">,
        Training, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(KEPT_VARIATIONS as i64)), Scope::Trial;

    /// Dropout before the head
    dropout: f64 as value, "network.dropout", "dropout" <"PROBABILITY">,
        Training, Kind::Number(Range::BELOW_ONE), FROM_ARCHITECTURE, Scope::Trial;

    /// Stop after this many epochs without a better validation loss; 0 never stops
    patience: usize as value, "training.early_stopping.patience", "patience" <"EPOCHS">,
        Training, Kind::Count(Range::ZERO_OR_MORE), Default::Recipe, Scope::Trial;

    /// Seed of weights, order, augmentation and dropout
    seed: u64 as value, "training.seed", "seed" <"SEED">,
        Training, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(SEED as i64)),
        Scope::Run("all trials share the seed, so that they differ in what is searched alone; give it as a flag");

    /// Side of the network's input in pixels
    image_size: usize as value, "recipe.image_size", "image-size" <"PIXELS">,
        Preprocessing, Kind::Count(SIDE), FROM_ARCHITECTURE, PREPARED;

    /// Grey or colour input
    channels: Channels as value, "recipe.channels", "channels" <"CHANNELS">,
        Preprocessing, Kind::Word(CHANNELS), FROM_ARCHITECTURE, PREPARED;

    /// Window of Hounsfield units: `lung`, `mediastinum`, `file`, or CENTER/WIDTH
    window: WindowChoice as text, "recipe.window", "window" <"WINDOW">,
        Preprocessing, Kind::Text, Default::Constant(|| Value::String("lung".to_owned())), PREPARED;

    /// What values of more than 8 bits stand for, in PNG and TIFF
    depth: Depth as value, "recipe.depth", "depth" <"DEPTH">,
        Preprocessing, Kind::Word(DEPTHS), Default::Constant(|| Value::String("auto".to_owned())), PREPARED;

    /// How pixels are resampled
    interpolation: Interpolation as value, "recipe.interpolation", "interpolation" <"INTERPOLATION">,
        Preprocessing, Kind::Word(INTERPOLATIONS), Default::Recipe, PREPARED;

    /// What is brought into the image: the body alone, lungs and soft tissue at fixed grey levels,
    /// both, or all as it is
    frame: Frame as value, "recipe.frame", "frame" <"FRAME">,
        Preprocessing, Kind::Word(FRAMES), FROM_ARCHITECTURE, PREPARED;

    /// Stretch to the input's shape, or keep the aspect between black bars
    fit: Fit as value, "recipe.fit", "fit" <"FIT">,
        Preprocessing, Kind::Word(FITS), Default::Recipe, PREPARED;

    /// Equalise contrast locally (CLAHE) with this clip limit, such as 2
    clahe: f64 as value, "recipe.clahe.clip_limit", "clahe" <"CLIP_LIMIT">,
        Preprocessing, Kind::Number(Range::ONE_OR_MORE), NOTHING, PREPARED;

    /// byte / 255, or also ImageNet's mean and standard deviation
    normalise: NormalisationKind as text, "recipe.normalisation", "normalise" <"NORMALISE">,
        Preprocessing, Kind::Word(NormalisationKind::WORDS), Default::Says("follows the weights"), PREPARED;

    /// In which views a slice is judged: as it is, or also mirrored left to right, the answers
    /// averaged
    views: Views as value, "recipe.views", "views" <"VIEWS">,
        Preprocessing, Kind::Word(VIEWS), Default::Recipe, PREPARED;

    /// What the augmentation settings start from
    augment: AugmentationPreset as text, "augmentation_preset", "augment" <"PRESET">,
        Augmentation, Kind::Word(AugmentationPreset::WORDS),
        Default::Says("reference / transfer"), Scope::Trial;

    /// Rotate by up to this many degrees
    rotation: f64 as value, "training.augmentation.rotation_range", "rotation" <"DEGREES">,
        Augmentation, Kind::Number(DEGREES), Default::Recipe, Scope::Trial;

    /// Shift across by up to this fraction of the width
    width_shift: f64 as value, "training.augmentation.width_shift_range", "width-shift" <"FRACTION">,
        Augmentation, Kind::Number(Range::SHARE), Default::Recipe, Scope::Trial;

    /// Shift down by up to this fraction of the height
    height_shift: f64 as value, "training.augmentation.height_shift_range", "height-shift" <"FRACTION">,
        Augmentation, Kind::Number(Range::SHARE), Default::Recipe, Scope::Trial;

    /// Shear by up to this many degrees
    shear: f64 as value, "training.augmentation.shear_range", "shear" <"DEGREES">,
        Augmentation, Kind::Number(SHEAR), Default::Recipe, Scope::Trial;

    /// Zoom each axis by a factor between 1 - FRACTION and 1 + FRACTION
    zoom: f64 as value, "training.augmentation.zoom_range", "zoom" <"FRACTION">,
        Augmentation, Kind::Number(Range::BELOW_ONE), Default::Recipe, Scope::Trial;

    /// Mirror half of the slices left to right
    horizontal_flip: bool as value, "training.augmentation.horizontal_flip", "horizontal-flip" <"BOOL">,
        Augmentation, Kind::Bool, Default::Recipe, Scope::Trial;

    /// Mirror half of the slices top to bottom
    vertical_flip: bool as value, "training.augmentation.vertical_flip", "vertical-flip" <"BOOL">,
        Augmentation, Kind::Bool, Default::Recipe, Scope::Trial;

    /// Multiply brightness by a factor between these two
    brightness: [f64; 2] as value, "training.augmentation.brightness_range", "brightness" <"LOW", "HIGH">,
        Augmentation, Kind::Pair(Range::ZERO_OR_MORE), Default::Recipe, Scope::Trial;

    /// Stretch contrast about the mean by a factor between these two
    contrast: [f64; 2] as value, "training.augmentation.contrast_range", "contrast" <"LOW", "HIGH">,
        Augmentation, Kind::Pair(Range::ZERO_OR_MORE), Default::Recipe, Scope::Trial;

    /// Add up to this many grey levels to each channel
    channel_shift: f64 as value, "training.augmentation.channel_shift_range", "channel-shift" <"LEVELS">,
        Augmentation, Kind::Number(Range::GREY), Default::Recipe, Scope::Trial;

    /// Add Gaussian noise; its standard deviation is drawn from 0 to so many grey levels
    noise: f64 as value, "training.augmentation.noise_std", "noise" <"LEVELS">,
        Augmentation, Kind::Number(Range::GREY), Default::Recipe, Scope::Trial;

    /// Blacken a random rectangle with this probability; 0 for never
    erase: f64 as value, "training.augmentation.random_erasing.probability", "erase" <"PROBABILITY">,
        Augmentation, Kind::Number(Range::SHARE), Default::Recipe, Scope::Trial;

    /// Give lungs and soft tissue grey levels drawn anew with this probability
    tone_change: f64 as value, "training.augmentation.tone_change", "tone-change" <"PROBABILITY">,
        Augmentation, Kind::Number(Range::SHARE), Default::Recipe, Scope::Trial;

    /// Draw what lies outside of the body anew, with and without a table, with this probability
    background_change: f64 as value, "training.augmentation.background_change", "background-change" <"PROBABILITY">,
        Augmentation, Kind::Number(Range::SHARE), Default::Recipe, Scope::Trial;

    /// Where all classes but `normal`, or one called alike, are of tumours: draw a mass into the lungs of
    /// its slices with this probability, which are of another class then; other slices get one half as
    /// often
    planted_lesions: f64 as value, "training.augmentation.planted_lesions", "planted-lesions" <"PROBABILITY">,
        Augmentation, Kind::Number(Range::SHARE), Default::Recipe, Scope::Trial;

    /// Blur or sharpen by up to this amount; 1 is a blur of three pixels
    sharpness: f64 as value, "training.augmentation.sharpness_range", "sharpness" <"AMOUNT">,
        Augmentation, Kind::Number(Range::SHARPNESS), Default::Recipe, Scope::Trial;

    /// What stands outside the slice after it was moved
    fill: FillMode as value, "training.augmentation.fill_mode", "fill" <"FILL">,
        Augmentation, Kind::Word(FILLS), Default::Recipe, Scope::Trial;

    /// `cpu`, or a GPU that this program was built for: `cuda`, `cuda:1`, `vulkan`, `wgpu`, `metal`,
    /// `rocm`
    device: DeviceName as text, "machine.device", "device" <"DEVICE">,
        Machine, Kind::Text, Default::Recipe, MACHINE;

    /// Threads for decoding and computing; 0 is one per core
    threads: usize as value, "machine.threads", "threads" <"COUNT">,
        Machine, Kind::Count(Range::ZERO_OR_MORE), Default::Constant(|| Value::Integer(0)), MACHINE;

    /// In which numbers is multiplied. `bf16` rounds weights and activations to 8 bits of precision: predictions
    /// are faster by a third where the processor has instructions for it, and change a little; training is
    /// faster by less, and what it costs in accuracy was not measured. `auto` takes it for predictions, there,
    /// if the model was found to answer as well in it, and trains in `f32`. Heat maps are in `f32` always
    precision: Arithmetic as value, "machine.precision", "precision" <"PRECISION">,
        Precision, Kind::Word(Arithmetic::WORDS), Default::Constant(|| Value::String("auto".to_owned())), MACHINE;

    /// Train on the validation split as well, for a final model whose settings were chosen before
    /// (`hilum cross-validate`): nothing is validated
    train_on_valid: bool as value, "data.train_on_valid", "train-on-valid",
        Run, Kind::Switch, NOTHING, DATA;

    /// Calibrate the model on this folder of a finished `hilum cross-validate` of the same settings,
    /// in place of the validation split
    calibrate_on: PathBuf as value, "data.calibrate_on", "calibrate-on" <"DIR">,
        Run, Kind::Text, NOTHING, DATA;
}

/// Which network, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchitectureChoice {
    /// The one that the weights are for.
    Auto,
    /// This one.
    Named(NetworkName),
}

impl ArchitectureChoice {
    /// How the choice between all is written.
    const AUTO: &'static str = "auto";
}

impl std::str::FromStr for ArchitectureChoice {
    type Err = hilum_graph::UnknownArchitecture;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            Self::AUTO => Ok(Self::Auto),
            name => name.parse().map(Self::Named),
        }
    }
}

impl std::fmt::Display for ArchitectureChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => formatter.pad(Self::AUTO),
            Self::Named(architecture) => architecture.fmt(formatter),
        }
    }
}

/// What keeps its weights, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeChoice(pub(super) String);

impl std::str::FromStr for FreezeChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            // The word of `settings.toml`, which names the layer beside it.
            "before" | "" => Err("name the first layer that is trained, such as `features.14`"),
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl std::fmt::Display for FreezeChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.0)
    }
}

/// A window, as it was written: the model keeps the numbers, a command line the word.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowChoice {
    /// What it stands for.
    pub window: Window,
    text: String,
}

impl From<Window> for WindowChoice {
    fn from(window: Window) -> Self {
        let text = match window {
            Window::File => "file".to_owned(),
            Window::Hounsfield {
                center_hu,
                width_hu,
            } => format!("{center_hu}/{width_hu}"),
        };
        Self { window, text }
    }
}

impl std::str::FromStr for WindowChoice {
    type Err = hilum_imaging::WindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let window = text.parse()?;
        let text = text.to_owned();
        Ok(Self { window, text })
    }
}

impl std::fmt::Display for WindowChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.text)
    }
}
