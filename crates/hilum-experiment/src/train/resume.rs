//! Finding the run to go on with, and making sure that it is meant.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hilum_train::{RunFolder, Schedule};

use super::{Place, PlaceError, Run};
use crate::ExperimentError;
use crate::settings::{ArchitectureChoice, Choices, RunSettings, chosen_differences};
use crate::weights::WeightsChoice;

/// Which run is to go on.
#[derive(Debug, Clone)]
pub struct Resume {
    /// The folder of the run itself; if absent, it is looked for.
    pub out: Option<PathBuf>,
    /// The folder of all runs.
    pub runs: PathBuf,
    /// What the run is called; if absent, it is the latest on `data`.
    pub name: Option<String>,
    /// What it learns from.
    pub data: PathBuf,
    /// Settings that the run must have; more epochs than it has are added to it.
    pub given: Choices,
}

/// The run with its own settings.
///
/// # Errors
/// [`ExperimentError::Place`] if there is none, it learned from other data, was started with other
/// settings than those given, or cannot have more epochs; [`ExperimentError::RunFolder`] if it cannot be read.
pub fn resume(wanted: &Resume) -> Result<Run, ExperimentError> {
    let folder = match (&wanted.out, &wanted.name) {
        (Some(path), _) => RunFolder::open(path)?,
        (None, Some(name)) => RunFolder::open(&wanted.runs.join(name))?,
        (None, None) => latest(&wanted.runs, &wanted.data).ok_or_else(|| PlaceError::None {
            runs: wanted.runs.clone(),
            data: wanted.data.clone(),
        })?,
    };
    let mut settings: RunSettings = folder.read_settings()?;
    let run = folder.path().to_owned();
    if !is_same(&settings.data.path, &wanted.data) {
        let (its, given) = (settings.data.path, wanted.data.clone());
        return Err(PlaceError::OtherData { run, its, given }.into());
    }
    if let Some(epochs) = more_epochs(&settings, &wanted.given) {
        lengthen(&mut settings, epochs, &run)?;
    }
    let expected = on_top_of(&settings, &wanted.given)?;
    let differences = chosen_differences(&settings, &expected, &wanted.given);
    if !differences.is_empty() {
        return Err(PlaceError::OtherSettings { run, differences }.into());
    }
    let place = Place::Existing(folder);
    Ok(Run { place, settings })
}

/// The run on `data` whose files changed last.
fn latest(runs: &Path, data: &Path) -> Option<RunFolder> {
    let entries = fs_err::read_dir(runs).ok()?;
    let candidates = entries.flatten().filter_map(|entry| {
        let folder = RunFolder::open(&entry.path()).ok()?;
        let settings: RunSettings = folder.read_settings().ok()?;
        is_same(&settings.data.path, data).then(|| (changed(&folder), folder))
    });
    candidates
        .max_by_key(|(time, _)| *time)
        .map(|(_, folder)| folder)
}

fn changed(folder: &RunFolder) -> Option<SystemTime> {
    [folder.checkpoint(), folder.settings()]
        .iter()
        .filter_map(|path| fs_err::metadata(path).ok()?.modified().ok())
        .max()
}

fn is_same(left: &Path, right: &Path) -> bool {
    match (fs_err::canonicalize(left), fs_err::canonicalize(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

fn more_epochs(settings: &RunSettings, given: &Choices) -> Option<usize> {
    given
        .epochs
        .filter(|epochs| *epochs > settings.training.epochs)
}

/// Lets a run go on to `epochs`, where what is done is what it would have been, had they been
/// asked for at first.
fn lengthen(settings: &mut RunSettings, epochs: usize, run: &Path) -> Result<(), PlaceError> {
    let planned = match settings.training.schedule {
        Schedule::Constant | Schedule::Plateau { .. } => {
            settings.training.epochs = epochs;
            return Ok(());
        }
        Schedule::OneCycle => "one-cycle",
        Schedule::Cosine { .. } => "cosine",
    };
    Err(PlaceError::Planned {
        run: run.to_owned(),
        data: settings.data.path.clone(),
        epochs: settings.training.epochs,
        schedule: planned,
        architecture: settings.network.architecture,
        more: epochs - settings.training.epochs,
    })
}

/// What was `given`, on top of the network and the weights of the run where it says nothing of
/// them: the presets are those of the run.
fn on_top_of(settings: &RunSettings, given: &Choices) -> Result<RunSettings, ExperimentError> {
    let network = &settings.network;
    let mut choices = given.clone();
    let architecture = ArchitectureChoice::Named(network.architecture);
    choices.architecture.get_or_insert(architecture);
    let source = network
        .weights
        .as_ref()
        .map(|weights| weights.source.clone());
    choices.weights.get_or_insert(WeightsChoice(source));
    let mut expected = choices.settings(&settings.data.path)?;
    // A record, which nobody chooses.
    if let (Some(own), Some(given)) = (&network.weights, &mut expected.network.weights) {
        given.sha256.clone_from(&own.sha256);
    }
    Ok(expected)
}
