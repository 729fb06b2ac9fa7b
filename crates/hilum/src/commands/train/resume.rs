//! Finding the run to go on with, and making sure that it is meant.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::ArgMatches;
use clap::parser::ValueSource;
use hilum_train::RunFolder;
use thiserror::Error;

use super::{Place, Run};
use crate::differences::differences;
use crate::error::CommandError;
use crate::settings::RunSettings;

/// Flags that say which run is meant and not how it is trained.
const CHOOSING: [&str; 5] = ["data", "name", "runs", "resume", "allow"];

/// Which run the user wants to go on with.
pub(super) struct Wanted<'a> {
    pub(super) runs: &'a Path,
    pub(super) name: Option<&'a str>,
    /// What the command line amounts to.
    pub(super) settings: &'a RunSettings,
    /// Which flags the user wrote.
    pub(super) given: &'a ArgMatches,
}

#[derive(Debug, Error)]
enum ResumeError {
    #[error("no run in `{}` was trained on `{}`\nhint: choose one with `--name`, or its folder with `--runs`", runs.display(), data.display())]
    None { runs: PathBuf, data: PathBuf },
    #[error("`{}` was trained on `{}`, not on `{}`", run.display(), its.display(), given.display())]
    OtherData {
        run: PathBuf,
        its: PathBuf,
        given: PathBuf,
    },
    #[error("`{}` was started with other settings{differences}\nhint: give no flag but `--resume` to go on with the run's own", run.display())]
    OtherSettings { run: PathBuf, differences: String },
}

/// The run with its own settings.
pub(super) fn find(wanted: &Wanted<'_>) -> Result<Run, CommandError> {
    let data = &wanted.settings.data.path;
    let folder = match wanted.name {
        Some(name) => RunFolder::open(&wanted.runs.join(name)).map_err(CommandError::bad_input)?,
        None => latest(wanted.runs, data).ok_or_else(|| {
            let runs = wanted.runs.to_owned();
            CommandError::bad_input(ResumeError::None {
                runs,
                data: data.clone(),
            })
        })?,
    };
    let settings: RunSettings = folder.read_settings().map_err(CommandError::bad_input)?;
    let run = folder.path().to_owned();
    if !is_same(&settings.data.path, data) {
        let (its, given) = (settings.data.path, data.clone());
        return Err(CommandError::bad_input(ResumeError::OtherData {
            run,
            its,
            given,
        }));
    }
    let has_flags = wanted.given.ids().any(|id| {
        wanted.given.value_source(id.as_str()) == Some(ValueSource::CommandLine)
            && !CHOOSING.contains(&id.as_str())
            && wanted.given.try_get_raw(id.as_str()).is_ok()
    });
    if has_flags {
        let differences = differences(&settings, wanted.settings, is_choice);
        if !differences.is_empty() {
            let error = ResumeError::OtherSettings { run, differences };
            return Err(CommandError::bad_input(error));
        }
    }
    Ok(Run {
        place: Place::Existing(folder),
        settings,
    })
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
