//! `hilum train`: a network on a folder of slices.

pub(crate) mod network;
mod preview;
mod progress;
mod resume;
mod run;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::ArgMatches;
use hilum_graph::Architecture;
use hilum_imaging::Views;
use hilum_train::Settings;

use crate::arguments::{
    AugmentationArguments, DataArguments, DeviceArguments, GateArguments, RecipeArguments,
    TrainingArguments, start_threads,
};
use crate::bundled;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::settings::{MachineSettings, NetworkSettings, RunSettings};
use crate::weights::{self, StartingWeights, WeightsChoice, WeightsSource};

pub(crate) use run::{Place, Run, stop_flag, template, train, write_audit};

/// The validation split cannot both be trained on and choose.
#[derive(Debug, thiserror::Error)]
#[error(
    "`--train-on-valid` leaves nothing to choose the epoch or the learning rate by\n\
     hint: add `--keep last --patience 0`, and `--schedule one-cycle` in place of `plateau`"
)]
struct NothingToChooseBy;

/// What `hilum train` takes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hilum train slices/\n  hilum train slices/ --arch mobilenet-v2 --weights torchvision:mobilenet_v2 --epochs 12\n  hilum train slices/ --resume"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    fit: FitArguments,

    /// Go on with a run that was interrupted: the one called `--name`, or the latest on this data
    #[arg(long, help_heading = "Run")]
    resume: bool,

    /// Train on the validation split as well, for a final model whose settings were chosen before
    /// (`hilum cross-validate`): nothing is validated
    #[arg(long, help_heading = "Run")]
    train_on_valid: bool,

    /// Write a picture of augmented slices of each class, and train nothing
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "preview.png", help_heading = "Run")]
    preview: Option<PathBuf>,
}

/// What decides how a network is trained, whichever command trains it.
#[derive(Debug, clap::Args)]
pub(crate) struct FitArguments {
    #[command(flatten)]
    data: DataArguments,

    /// The network; `hilum arch` lists all
    #[arg(help_heading = "Network")]
    #[arg(long, value_name = "NAME", default_value_t = Architecture::ReferenceCnn)]
    pub(crate) arch: Architecture,

    /// Weights to begin with: a safetensors or PyTorch file, `torchvision:NAME[.VERSION]`,
    /// `hf:OWNER/NAME[@REVISION]/FILE`, `https://...`, `bundled`, or `none`
    #[arg(help_heading = "Network")]
    #[arg(long, value_name = "WEIGHTS", default_value = "none")]
    weights: WeightsChoice,

    /// Go on if more than the head is missing from the weights
    #[arg(help_heading = "Network")]
    #[arg(long)]
    partial_weights: bool,

    /// Name of the run; made of the architecture's if left out
    #[arg(long, help_heading = "Run")]
    pub(crate) name: Option<String>,

    /// Folder of all runs
    #[arg(long, value_name = "DIR", default_value = "runs", help_heading = "Run")]
    pub(crate) runs: PathBuf,

    #[command(flatten)]
    gate: GateArguments,

    #[command(flatten)]
    training: TrainingArguments,

    #[command(flatten)]
    recipe: RecipeArguments,

    #[command(flatten)]
    augmentation: AugmentationArguments,

    #[command(flatten)]
    device: DeviceArguments,
}

/// Trains, resumes or previews; `given` tells which flags the user wrote.
pub(crate) fn run(
    arguments: &Arguments,
    given: &ArgMatches,
    screen: &Screen,
) -> Result<(), CommandError> {
    let fit = &arguments.fit;
    let mut settings = fit.checked_settings()?;
    if arguments.train_on_valid {
        if settings.training.chooses_by_validation() {
            return Err(CommandError::bad_input(NothingToChooseBy));
        }
        settings.data.train_on_valid = true;
    }
    if let Some(path) = &arguments.preview {
        start_threads(settings.machine.threads);
        return preview::write(path, &settings, screen);
    }
    let mut run = if arguments.resume {
        let wanted = resume::Wanted {
            runs: &fit.runs,
            name: fit.name.as_deref(),
            settings: &settings,
            given,
        };
        resume::find(&wanted)?
    } else {
        let name = fit
            .name
            .as_deref()
            .unwrap_or(settings.network.architecture.name());
        let place = Place::New {
            runs: fit.runs.clone(),
            name: name.to_owned(),
        };
        Run { place, settings }
    };
    start_threads(run.settings.machine.threads);
    weights::prepare(&mut run.settings.network, screen)?;
    let trained = train(&run, screen)?;
    screen.note(&trained);
    writeln!(io::stdout().lock(), "{}", trained.folder.model().display())?;
    Ok(())
}

impl FitArguments {
    /// The settings, each in the range that it can have.
    pub(crate) fn checked_settings(&self) -> Result<RunSettings, CommandError> {
        let settings = self.settings()?;
        settings
            .training
            .validate()
            .map_err(CommandError::bad_input)?;
        settings
            .recipe
            .validate()
            .map_err(CommandError::bad_input)?;
        Ok(settings)
    }

    fn settings(&self) -> Result<RunSettings, CommandError> {
        let weights = self.weights.0.clone();
        let (preset, views) = match weights {
            Some(_) => (Settings::transfer(), Views::Mirrored),
            None => (Settings::default(), Views::Single),
        };
        let recipe = match &weights {
            Some(WeightsSource::Bundled) => self.recipe.resolve_as(&bundled::read()?.recipe),
            _ => self.recipe.resolve(self.arch.default_input(), views),
        };
        let augmentation = self.augmentation.resolve(preset.augmentation.clone());
        Ok(RunSettings {
            hilum_version: env!("CARGO_PKG_VERSION").to_owned(),
            data: self.data.settings(&self.gate),
            network: NetworkSettings {
                architecture: self.arch,
                weights: weights.map(StartingWeights::from),
                partial_weights: self.partial_weights,
                dropout: self.training.dropout,
            },
            machine: MachineSettings {
                device: self.device.device.clone(),
                threads: self.device.threads(),
                engine: None,
            },
            recipe,
            training: self.training.resolve(preset, augmentation),
        })
    }
}
