//! Finding the run to go on with, and making sure that it is meant.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hilum_train::RunFolder;

use super::{Place, PlaceError, Run};
use crate::ExperimentError;
use crate::settings::{RunSettings, differences};

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
    /// Settings that the run must have; any, if absent.
    pub expected: Option<RunSettings>,
}

/// The run with its own settings.
///
/// # Errors
/// [`ExperimentError::Place`] if there is none, it learned from other data, or was started with
/// other settings than `expected`; [`ExperimentError::RunFolder`] if it cannot be read.
pub fn resume(wanted: &Resume) -> Result<Run, ExperimentError> {
    let folder = match (&wanted.out, &wanted.name) {
        (Some(path), _) => RunFolder::open(path)?,
        (None, Some(name)) => RunFolder::open(&wanted.runs.join(name))?,
        (None, None) => latest(&wanted.runs, &wanted.data).ok_or_else(|| PlaceError::None {
            runs: wanted.runs.clone(),
            data: wanted.data.clone(),
        })?,
    };
    let settings: RunSettings = folder.read_settings()?;
    let run = folder.path().to_owned();
    if !is_same(&settings.data.path, &wanted.data) {
        let (its, given) = (settings.data.path, wanted.data.clone());
        return Err(PlaceError::OtherData { run, its, given }.into());
    }
    if let Some(expected) = &wanted.expected {
        let differences = differences(&settings, expected, is_choice);
        if !differences.is_empty() {
            return Err(PlaceError::OtherSettings { run, differences }.into());
        }
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

/// Whether a setting was chosen, and not where the data lies or what was found.
fn is_choice(name: &str) -> bool {
    !name.starts_with("data.") && !matches!(name, "machine.engine" | "network.weights.sha256")
}
