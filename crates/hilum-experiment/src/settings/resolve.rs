//! From choices to settings in which nothing is left open.

use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use hilum_graph::{Architecture, NetworkName, Shape, UpdateRule};
use hilum_imaging::{
    Augmentation, Channels, Clahe, Fit, Normalisation, RandomErasing, Recipe, Views, Window,
    ZoomRange,
};
use hilum_train::{EarlyStopping, Freeze, Schedule, Settings};

use super::defaults::{
    HEAD_EPOCHS, KEPT_VARIATIONS, MAX_PIXELS, MOMENTUM, SEED, STAGED_RATE, WEIGHT_DECAY,
};
use super::words::{Arithmetic, AugmentationPreset, NormalisationKind, Optimizer, ScheduleKind};
use super::{
    ArchitectureChoice, Choices, DataSettings, MachineSettings, NetworkSettings, RunSettings,
    Setting, SettingError,
};
use crate::weights::{StartingWeights, StartingWeightsError, WeightsSource, imported, network_of};
use crate::{ExperimentError, bundled};

/// The network of a run that names neither a network nor weights of one.
const REFERENCE: NetworkName = NetworkName::Known(Architecture::ReferenceCnn);

impl Choices {
    /// The settings of a run on the data in `path`, each in the range that it can have: the
    /// reference recipe, or another one for pre-trained weights, with what was chosen.
    ///
    /// # Errors
    /// [`ExperimentError::Settings`], [`ExperimentError::Recipe`] or
    /// [`ExperimentError::NothingToChooseBy`].
    pub fn resolve(&self, path: &Path) -> Result<RunSettings, ExperimentError> {
        let settings = self.settings(path)?;
        settings.training.validate()?;
        settings.recipe.validate()?;
        if settings.data.train_on_valid && settings.training.chooses_by_validation() {
            return Err(ExperimentError::NothingToChooseBy);
        }
        Ok(settings)
    }

    /// Chooses a value of the setting called `name`, as it is written on a command line.
    ///
    /// # Errors
    /// [`SettingError`] if there is no such setting, or it does not take the value.
    pub fn choose(&mut self, name: &str, text: &str) -> Result<(), SettingError> {
        Setting::named(name)?.choose_text(self, &[text.to_owned()])
    }

    /// Whether neither a network nor weights were chosen, so that the model that comes with the
    /// program is what a training begins with.
    pub fn begins_with_bundled(&self) -> bool {
        self.named_architecture().is_none() && self.weights.is_none()
    }

    /// Whether a training begins with the model that comes with the program, chosen or not.
    pub fn takes_bundled(&self) -> bool {
        let chosen = self.weights.as_ref().and_then(|choice| choice.0.as_ref());
        self.begins_with_bundled() || chosen == Some(&WeightsSource::Bundled)
    }

    fn named_architecture(&self) -> Option<NetworkName> {
        match self.architecture {
            Some(ArchitectureChoice::Named(architecture)) => Some(architecture),
            Some(ArchitectureChoice::Auto) | None => None,
        }
    }

    /// The network, and the weights that it begins with. A network that was named begins with
    /// those that were named, or with none; without a name it is the one of the weights.
    fn beginning(&self) -> Result<(NetworkName, Option<WeightsSource>), ExperimentError> {
        let named = self.named_architecture();
        let weights = match &self.weights {
            Some(choice) => choice.0.clone(),
            None => named.is_none().then_some(WeightsSource::Bundled),
        };
        let architecture = match (named, &weights) {
            (Some(architecture), _) => architecture,
            (None, Some(source)) => network_of(source)?.unwrap_or(REFERENCE),
            (None, None) => REFERENCE,
        };
        Ok((architecture, weights))
    }

    /// The same as [`resolve`](Self::resolve), whether it can be trained with or not.
    pub(crate) fn settings(&self, path: &Path) -> Result<RunSettings, ExperimentError> {
        let (architecture, weights) = self.beginning()?;
        let (preset, views) = match weights {
            Some(_) => (Settings::transfer(), Views::MirroredIfUnsure),
            None => (Settings::default(), Views::Single),
        };
        let recipe = match &weights {
            Some(WeightsSource::Bundled) => self.recipe_as(&bundled::read()?.recipe),
            Some(source) => match (imported(source), architecture.known()) {
                (Some(model), _) => self.recipe_as(&model.recipe),
                (None, Some(known)) => self.recipe_of(known.default_input(), views),
                (None, None) => return Err(StartingWeightsError::NothingImported.into()),
            },
            None => match architecture.known() {
                Some(known) => self.recipe_of(known.default_input(), views),
                None => return Err(StartingWeightsError::NothingImported.into()),
            },
        };
        Ok(RunSettings {
            hilum_version: env!("CARGO_PKG_VERSION").to_owned(),
            data: self.data(path),
            network: NetworkSettings {
                architecture,
                weights: weights.map(StartingWeights::from),
                partial_weights: self.partial_weights.unwrap_or(false),
                dropout: self.dropout.map(|share| share as f32),
            },
            machine: self.training_machine(),
            recipe,
            training: self.training(preset),
        })
    }

    /// Which data, and how it is read.
    pub fn data(&self, path: &Path) -> DataSettings {
        DataSettings {
            path: path.to_owned(),
            class_map: self.class_map.clone().unwrap_or_default(),
            split_seed: self.split_seed.unwrap_or(SEED),
            max_pixels: self.max_pixels(),
            allow: self.allow.clone().unwrap_or_default(),
            as_is: self.as_is.unwrap_or(false),
            train_on_valid: self.train_on_valid.unwrap_or(false),
            calibrate_on: self.calibrate_on.clone(),
        }
    }

    /// Images of more pixels are refused.
    pub fn max_pixels(&self) -> u64 {
        self.max_pixels.unwrap_or(MAX_PIXELS)
    }

    /// Device and threads.
    pub fn machine(&self) -> MachineSettings {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = self.threads.and_then(NonZeroUsize::new);
        MachineSettings {
            device: self.device.unwrap_or_default(),
            threads: threads.unwrap_or_else(cores),
            precision: self.precision.unwrap_or_default(),
            engine: None,
        }
    }

    /// The same for a run: `f32` is what it computes in if nobody chose, and is written in one way.
    fn training_machine(&self) -> MachineSettings {
        let machine = self.machine();
        let precision = match machine.precision {
            Arithmetic::Bf16 => Arithmetic::Bf16,
            Arithmetic::Auto | Arithmetic::F32 => Arithmetic::Auto,
        };
        MachineSettings {
            precision,
            ..machine
        }
    }

    /// The recipe for a network whose own input is `input`.
    ///
    /// What is left open is the architecture's own: its size, its channels, and ImageNet's mean
    /// and deviation where it reads colour; and the `views`.
    fn recipe_of(&self, input: Shape, views: Views) -> Recipe {
        let own = if input.channels == 1 {
            Recipe::reference()
        } else {
            Recipe::imagenet(input.height)
        };
        self.recipe_as(&Recipe {
            height: input.height,
            width: input.width,
            views,
            ..own
        })
    }

    /// The recipe for weights that learned from what `own` prepares: its size, channels,
    /// normalisation and views are taken where they are left open.
    fn recipe_as(&self, own: &Recipe) -> Recipe {
        let channels = self.channels.unwrap_or(own.channels);
        let normalisation = match self.normalise {
            None => own.normalisation.clone(),
            Some(NormalisationKind::Scale) => Normalisation::Scale,
            Some(NormalisationKind::Imagenet) => Recipe::imagenet(own.height).normalisation,
        };
        Recipe {
            height: self.image_size.unwrap_or(own.height),
            width: self.image_size.unwrap_or(own.width),
            channels,
            window: self
                .window
                .as_ref()
                .map_or(Window::LUNG, |choice| choice.window),
            depth: self.depth.unwrap_or_default(),
            frame: self.frame.unwrap_or(own.frame),
            fit: self.fit.unwrap_or(Fit::Stretch),
            interpolation: self.interpolation.unwrap_or(own.interpolation),
            clahe: self.clahe.map(|clip_limit| Clahe {
                clip_limit,
                tile_count: 8,
            }),
            normalisation: match channels {
                Channels::Grey => averaged(&normalisation),
                Channels::Rgb => normalisation,
            },
            views: self.views.unwrap_or(own.views),
        }
    }

    /// `preset` with what was chosen.
    fn training(&self, preset: Settings) -> Settings {
        Settings {
            epochs: self.epochs.unwrap_or(preset.epochs),
            batch_size: self.batch_size.unwrap_or(preset.batch_size),
            learning_rate: self.learning_rate.unwrap_or(preset.learning_rate),
            layer_rate: self.layer_rate.unwrap_or(preset.layer_rate),
            seed: self.seed.unwrap_or(SEED),
            label_smoothing: self
                .label_smoothing
                .map_or(preset.label_smoothing, |share| share as f32),
            class_weights: self.class_weights.unwrap_or(preset.class_weights),
            averaging: match self.averaging {
                Some(decay) => Some(decay).filter(|decay| *decay != 0.0),
                None => preset.averaging,
            },
            keep: self.keep.unwrap_or(preset.keep),
            update: self
                .optimizer
                .map_or(self.decayed(preset.update), |choice| self.update(choice)),
            schedule: self
                .schedule
                .map_or(preset.schedule, |choice| self.schedule(choice)),
            freeze: match &self.freeze {
                Some(what) => self.freeze(&what.0),
                None => preset.freeze,
            },
            kept_variations: self.kept_variations.unwrap_or(KEPT_VARIATIONS),
            early_stopping: match self.patience {
                Some(0) => None,
                Some(patience) => Some(EarlyStopping {
                    patience,
                    ..EarlyStopping::REFERENCE
                }),
                None => preset.early_stopping,
            },
            augmentation: self.augmentation(preset.augmentation),
        }
    }

    /// The chosen preset, or `preset`, with what else was chosen.
    fn augmentation(&self, preset: Augmentation) -> Augmentation {
        let preset = match self.augment {
            Some(AugmentationPreset::Reference) => Augmentation::reference(),
            Some(AugmentationPreset::Transfer) => Augmentation::transfer(),
            Some(AugmentationPreset::None) => Augmentation::none(),
            None => preset,
        };
        Augmentation {
            rotation_range: self.rotation.unwrap_or(preset.rotation_range),
            width_shift_range: self.width_shift.unwrap_or(preset.width_shift_range),
            height_shift_range: self.height_shift.unwrap_or(preset.height_shift_range),
            shear_range: self.shear.unwrap_or(preset.shear_range),
            zoom_range: self.zoom.map_or(preset.zoom_range, ZoomRange::Around),
            horizontal_flip: self.horizontal_flip.unwrap_or(preset.horizontal_flip),
            vertical_flip: self.vertical_flip.unwrap_or(preset.vertical_flip),
            fill_mode: self.fill.unwrap_or(preset.fill_mode),
            brightness_range: self.brightness.or(preset.brightness_range),
            contrast_range: self.contrast.or(preset.contrast_range),
            channel_shift_range: self.channel_shift.unwrap_or(preset.channel_shift_range),
            noise_std: self.noise.unwrap_or(preset.noise_std),
            random_erasing: self
                .erase
                .map_or(preset.random_erasing, RandomErasing::black),
            tone_change: self.tone_change.unwrap_or(preset.tone_change),
            background_change: self.background_change.unwrap_or(preset.background_change),
            planted_lesions: self.planted_lesions.unwrap_or(preset.planted_lesions),
            sharpness_range: self.sharpness.unwrap_or(preset.sharpness_range),
            ..preset
        }
    }

    fn schedule(&self, choice: ScheduleKind) -> Schedule {
        match choice {
            ScheduleKind::Constant => Schedule::Constant,
            ScheduleKind::Plateau => Schedule::REFERENCE,
            ScheduleKind::OneCycle => Schedule::OneCycle,
            ScheduleKind::Cosine => Schedule::Cosine {
                warm_up_epochs: self.warm_up_epochs.unwrap_or(0),
            },
        }
    }

    fn freeze(&self, what: &str) -> Freeze {
        match what {
            "none" => Freeze::None,
            "backbone" => Freeze::Backbone,
            "staged" => Freeze::Staged {
                head_epochs: self.head_epochs.unwrap_or(HEAD_EPOCHS),
                learning_rate_factor: self.staged_rate.unwrap_or(STAGED_RATE),
            },
            node => Freeze::Before {
                node: node.to_owned(),
            },
        }
    }

    /// The preset's rule with the weight decay that was chosen.
    fn decayed(&self, preset: UpdateRule) -> UpdateRule {
        match preset {
            UpdateRule::AdamW { .. } => self.update(Optimizer::AdamW),
            other => other,
        }
    }

    fn update(&self, choice: Optimizer) -> UpdateRule {
        let UpdateRule::Adam {
            beta1,
            beta2,
            epsilon,
        } = Settings::ADAM
        else {
            unreachable!("the reference optimiser is Adam")
        };
        let weight_decay = self.weight_decay.unwrap_or(WEIGHT_DECAY);
        match choice {
            Optimizer::Adam => Settings::ADAM,
            Optimizer::AdamW => UpdateRule::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            },
            Optimizer::Sgd => UpdateRule::Sgd {
                momentum: self.momentum.unwrap_or(MOMENTUM),
                weight_decay,
            },
        }
    }
}

/// One channel that stands for all takes the mean of what each would take.
fn averaged(normalisation: &Normalisation) -> Normalisation {
    let average = |values: &[f32]| vec![values.iter().sum::<f32>() / values.len() as f32];
    match normalisation {
        Normalisation::Scale => Normalisation::Scale,
        Normalisation::MeanStd { mean, std } => Normalisation::MeanStd {
            mean: average(mean),
            std: average(std),
        },
    }
}
